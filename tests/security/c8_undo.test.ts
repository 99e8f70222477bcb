// C8: whatever an agent overwrites, edits or makes in the workspace comes back byte for byte, in a real session over a restart.
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { JsonObject } from "../../src/protocol/json.ts";
import { changesBetween, fileHashes } from "../support/file_hashes.ts";
import { until } from "../support/daemon.ts";
import { openTestRuntime, script, type TestRuntime } from "../support/runtime.ts";
import { tally } from "../support/tally.ts";

let test: TestRuntime;
beforeAll(async () => void (test = await openTestRuntime()));
afterAll(() => test.close());

const bytesOf = (text: string) => new TextEncoder().encode(text);
const notebook = (source: string) =>
  `${
    JSON.stringify(
      {
        cells: [{ cell_type: "code", source, metadata: {}, outputs: [] }],
        metadata: {},
        nbformat: 4,
        nbformat_minor: 5,
      },
      null,
      1,
    )
  }\n`;

/** Contents that a tool could leave other than they were: in their bytes, their ends, their size. */
const contents: Readonly<Record<string, Uint8Array>> = {
  "plain.txt": bytesOf("first\nsecond\n"),
  "empty.txt": bytesOf(""),
  "no-end.txt": bytesOf("first\nsecond"),
  "windows.txt": bytesOf("first\r\nsecond\r\n"),
  "mixed.txt": bytesOf("first\r\nsecond\nthird\r"),
  "mark.txt": bytesOf("\ufefffirst\nsecond\n"),
  "unicode.txt": bytesOf("a\u0301 \u{1f469}\u200d\u{1f4bb} \u202e first second\n"),
  "long.txt": bytesOf(`${"first second ".repeat(20_000)}\n`),
  "blanks.txt": bytesOf("\tfirst  \n\n\n  second\t\n"),
  "deep/er/file.txt": bytesOf("first second\n"),
  "book.ipynb": bytesOf(notebook("first\nsecond")),
  "bytes.bin": new Uint8Array([0, 255, 254, 128, 10, 13, 0, 195, 40, 102]),
  "half.txt": new Uint8Array([102, 105, 114, 115, 116, 0xe2, 0x82]),
};
/** What is done to each, one after the other, as a person or a model would. */
const written = ["changed\n", "", "changed again\r\nand longer\n"];
const modes = [0o600, 0o644, 0o755, 0o640];

/** What a call that a person makes says at its end. */
async function byHand(session: string, name: string, args: JsonObject): Promise<string> {
  const { call_id } = await test.runtime.command(
    session,
    { type: "tool.run", tool_call: { name, args } },
    "a person",
  );
  return await until(`the end of ${name}`, async () => {
    const facts = await test.facts(session);
    for (const { type, data } of facts.toReversed()) {
      const isEnd = type === "call.finished" || type === "call.failed";
      if (isEnd && data.call_id === call_id) return String("output" in data ? data.output : data.error);
    }
    return null;
  });
}

it("C8: every change of files in the workspace is taken back, byte for byte and with its mode", async () => {
  for (const [place, [name, bytes]] of Object.entries(contents).entries()) {
    const path = join(test.workspace, name);
    await Deno.mkdir(join(path, ".."), { recursive: true });
    await Deno.writeFile(path, bytes);
    await Deno.chmod(path, modes[place % modes.length] ?? 0o600);
  }
  const before = fileHashes(test.workspace);
  const session = await test.session("acceptEdits");
  // The agent reads, edits and writes over what is text, and makes files of its own.
  const texts = Object.keys(contents).filter((name) => name.endsWith(".txt") && name !== "half.txt");
  const edit = (file_path: string) => ({
    name: "Edit",
    args: { file_path, old_string: "first", new_string: "FIRST" },
  });
  const steps = texts.flatMap((file_path) => [
    { calls: [{ name: "Read", args: { file_path } }] },
    { calls: [edit(file_path)] },
    ...written.map((content) => ({ calls: [{ name: "Write", args: { file_path, content } }] })),
    { calls: [{ name: "Write", args: { file_path: `made/${file_path}`, content: "new\n" } }] },
  ]);
  await test.turn(session, script(...steps, { text: "done" }));
  // What is no text is written over by a person.
  for (const name of ["bytes.bin", "half.txt"]) {
    await byHand(session, "Write", { file_path: name, content: "changed\n" });
  }
  await byHand(session, "NotebookEdit", {
    notebook_path: "book.ipynb",
    cell_number: 0,
    new_source: "changed",
  });
  const facts = await test.facts(session);
  const changes = facts.filter(({ type }) => type === "file.changed").length;
  const after = fileHashes(test.workspace);
  expect(changesBetween(before, after).length).toBeGreaterThan(Object.keys(contents).length);

  await test.restart();
  for (let undone = 0; undone < changes; undone++) {
    expect(await byHand(session, "Undo", {})).toMatch(/^Undid /);
  }
  const left = changesBetween(before, fileHashes(test.workspace))
    // Folders that were made for a file stay, empty.
    .filter((path) => path !== "made" && !path.startsWith("made/deep"));
  tally({
    family: "C8",
    what: "changes of files, undone",
    tried: changes,
    refused: changes - left.length,
    escapes: left.length,
  });
  expect(left).toEqual([]);
  expect(changes).toBeGreaterThanOrEqual(50);
}, 60_000);
