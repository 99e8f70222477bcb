import fc from "fast-check";
import { expect, it } from "vitest";
import { descriptionCharsMax, listingCharsMax, makeListing } from "../../tools/mcp/listing.ts";
import { splitLines } from "../../tools/mcp/line_splitter.ts";
import { nameCharsMax, toolName } from "../../tools/mcp/names.ts";

it("tools are named mcp__server__tool", () => {
  expect(toolName("files", "read_file")).toBe("mcp__files__read_file");
  expect(toolName("my files", "read.file")).toMatch(/^mcp__my_files__read_file_[0-9a-f]{8}$/);
  expect(toolName("files", "x".repeat(100))).toHaveLength(nameCharsMax);
});

it("every name can be sent to every provider, and different tools have different names", () => {
  const part = fc.oneof(fc.string({ maxLength: 80 }), fc.stringMatching(/^[ab_]{0,6}$/));
  const runs = 5_000;
  const seen = new Map<string, string>();
  fc.assert(
    fc.property(part, part, (server, tool) => {
      const [name, original] = [toolName(server, tool), JSON.stringify([server, tool])];
      expect(name).toMatch(/^[A-Za-z0-9_-]{1,64}$/);
      expect(seen.get(name) ?? original).toBe(original);
      seen.set(name, original);
    }),
    { numRuns: runs },
  );
  console.log(`names: ${seen.size} different ones in ${runs} runs, no two tools shared one`);
});

it("where the server ends and the tool begins is never in doubt", () => {
  const pairs = [["a", "b__c"], ["a__b", "c"], ["a_", "b"], ["a", "_b"], ["a__b__c", ""], [
    "",
    "a__b",
  ]] as const;
  expect(new Set(pairs.map(([server, tool]) => toolName(server, tool))).size).toBe(pairs.length);
});

it("characters that people cannot see do not reach the model in a description", () => {
  const hidden = "\u{e0041}\u200b\u202e";
  const inputSchema = { type: "object", properties: { a: { description: hidden, default: hidden } } };
  const { tools: [tool] } = makeListing([{ name: "t", description: `x${hidden}`, inputSchema }]);
  expect(tool?.description).toBe("x\\u{e0041}\\u{200b}\\u{202e}");
  expect(tool?.parameters).toMatchObject({
    properties: { a: { description: "\\u{e0041}\\u{200b}\\u{202e}", default: hidden } },
  });
});

it("a listing is bounded as a whole", () => {
  const inputSchema = { type: "object", properties: { a: { type: "string", pattern: "x".repeat(10_000) } } };
  const served = Array.from({ length: 100 }, (_, index) => ({ name: `t${index}`, inputSchema }));
  const listing = makeListing(served);
  expect(listing.text.length).toBeLessThan(listingCharsMax + 1_000);
  expect(listing.tools.length).toBeGreaterThan(30);
  expect(listing.notes).toEqual([
    `${100 - listing.tools.length} tools beyond ${listingCharsMax} characters were left out`,
  ]);
  const [long] = makeListing([{
    name: "t",
    description: "y".repeat(descriptionCharsMax),
    inputSchema: { type: "object" },
  }]).tools;
  expect(long?.description).toHaveLength(descriptionCharsMax);
});

it("lines are put together however the bytes fall, up to a limit", () => {
  const text = "eins\r\nzwölf\n\n😀 drei\nrest";
  const bytes = new TextEncoder().encode(text);
  for (let size = 1; size <= bytes.length; size++) {
    const lines = splitLines(100);
    const found: string[] = [];
    for (let at = 0; at < bytes.length; at += size) found.push(...lines.push(bytes.subarray(at, at + size)));
    expect(found).toEqual(["eins", "zwölf", "", "😀 drei"]);
  }
  expect(splitLines(4).push(new TextEncoder().encode("four\n"))).toEqual(["four"]);
  expect(() => splitLines(4).push(new TextEncoder().encode("fives"))).toThrow("a line has more than 4 bytes");
});
