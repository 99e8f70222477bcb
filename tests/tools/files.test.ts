// Read, Write and Edit on real files: what they do, and every byte they leave alone.
import { afterEach, beforeEach, expect, test } from "vitest";
import { chmod, link, mkdir, readdir, readFile, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { editTool } from "../../tools/edit.ts";
import { readBytesMax, readTool } from "../../tools/read.ts";
import { writeTool } from "../../tools/write.ts";
import { makeWorkspace, prepareTool, runTool, testSession, type TestWorkspace, textOf } from "./workspace.ts";

let space: TestWorkspace;
beforeEach(async () => void (space = await makeWorkspace()));
afterEach(() => space.remove());

const at = (name: string) => join(space.dir, name);
const read = async (file_path: string, more = {}) =>
  textOf(await runTool(readTool, { file_path, ...more }, space.context()));
/** By a person, who need not read first. */
const write = async (file_path: string, content: string) =>
  textOf(await runTool(writeTool, { file_path, content }, byHand()));
const byHand = () => space.context({ session: testSession("call_1", { by: "user" }) });
const edit = async (old_string: string, new_string: string, more = {}) =>
  textOf(await runTool(editTool, { file_path: "f", old_string, new_string, ...more }, space.context()));

test("Read numbers the lines and goes on where it is told", async () => {
  await writeFile(at("f"), "one\ntwo\r\nthree");
  expect(await read("f")).toBe("     1\tone\n     2\ttwo\n     3\tthree");
  expect(await read("f", { offset: 2, limit: 1 })).toBe(
    "     2\ttwo\n[1 more lines: continue with offset 3]",
  );
  expect(await read("f", { offset: 9 })).toBe('Cannot read "f" from line 9: it has 3 lines');
});

test("Read says when a file is empty, missing, binary, too large or a directory", async () => {
  await writeFile(at("empty"), "");
  await writeFile(at("binary"), "a\0b");
  await writeFile(at("large"), "");
  await Deno.truncate(at("large"), readBytesMax + 1);
  await mkdir(at("folder"));
  expect(await read("empty")).toBe("[the file is empty]");
  expect(await read("missing")).toBe('Cannot read "missing": it does not exist');
  expect(await read("binary")).toContain("binary file");
  expect(await read("large")).toContain("search it with Grep");
  expect(await read("folder")).toContain("it is a directory, list it with Glob");
});

test("Read cuts long lines and long files and says so", async () => {
  await writeFile(at("f"), "x".repeat(5000) + "\n" + "y\n".repeat(3000));
  const text = await read("f");
  expect(text).toContain("[line cut, it has 5000 characters]");
  expect(text).toContain("[1001 more lines: continue with offset 2001]");
});

test("pipes, sockets and devices are refused at once", async () => {
  await new Deno.Command("mkfifo", { args: [at("pipe")] }).output();
  const listener = Deno.listen({ transport: "unix", path: at("socket") });
  expect(await read("pipe")).toContain("not a regular file");
  expect(await write("pipe", "x")).toContain("not a regular file");
  expect(await read("socket")).toContain("not a regular file");
  expect(await write("socket", "x")).toContain("not a regular file");
  expect(textOf(await runTool(readTool, { file_path: "/dev/zero" }, space.context({ roots: ["/dev"] }))))
    .toContain(
      "not a regular file",
    );
  listener.close();
});

test("Write makes a file with its folders and leaves nothing else behind", async () => {
  expect(await write("a/b/c.txt", "hello\n")).toBe('Created "a/b/c.txt" (6 bytes)');
  expect(await readFile(at("a/b/c.txt"), "utf8")).toBe("hello\n");
  expect(await readdir(at("a/b"))).toEqual(["c.txt"]);
});

test("Write keeps the mode of a file it replaces", async () => {
  await writeFile(at("run.sh"), "old");
  await chmod(at("run.sh"), 0o751);
  expect(await write("run.sh", "new")).toBe('Replaced "run.sh" (3 bytes)');
  expect((await stat(at("run.sh"))).mode & 0o777).toBe(0o751);
});

test("a file changed since the call was shown is not overwritten", async () => {
  await writeFile(at("f"), "mine");
  const prepared = await prepareTool(writeTool, { file_path: "f", content: "model" }, byHand());
  await writeFile(at("f"), "yours");
  expect(textOf(await prepared.run())).toContain("conflict");
  expect(await readFile(at("f"), "utf8")).toBe("yours");
  const created = await prepareTool(
    writeTool,
    { file_path: "g", content: "model" },
    space.context({ callId: "call_2" }),
  );
  await writeFile(at("g"), "yours");
  expect(textOf(await created.run())).toContain("conflict");
  expect(await readFile(at("g"), "utf8")).toBe("yours");
  expect((await readdir(space.dir)).sort()).toEqual(["f", "g"]);
});

test("an abandoned call changes nothing", async () => {
  const prepared = await prepareTool(writeTool, { file_path: "a/f", content: "x" }, space.context());
  await prepared.abandon();
  expect(await readdir(space.dir)).toEqual([]);
});

test("a file with a hard link is not changed", async () => {
  await writeFile(join(space.outside, "other"), "safe");
  await link(join(space.outside, "other"), at("f"));
  expect(await write("f", "x")).toContain("hard links");
  expect(await edit("safe", "x")).toContain("hard links");
  expect(await readFile(join(space.outside, "other"), "utf8")).toBe("safe");
});

test("Write through a link inside the workspace changes the file and keeps the link", async () => {
  await writeFile(at("real"), "old");
  await symlink("real", at("f"));
  await write("f", "new");
  expect(await readFile(at("real"), "utf8")).toBe("new");
  expect(await Deno.readLink(at("f"))).toBe("real");
});

test("Edit replaces one exact piece and refuses what is not unique or not there", async () => {
  await writeFile(at("f"), "a b a");
  expect(await edit("a", "c")).toContain("occurs 2 times");
  expect(await edit("x", "c")).toContain("does not occur");
  expect(await edit("b", "b")).toContain("the same");
  expect(await edit("b", "$& $1")).toBe('Edited "f": 1 replacement, first at line 1');
  expect(await readFile(at("f"), "utf8")).toBe("a $& $1 a");
  expect(await edit("a", "z", { replace_all: true })).toContain("2 replacements");
  expect(await readFile(at("f"), "utf8")).toBe("z $& $1 z");
});

test("Edit sees that overlapping places are not unique", async () => {
  await writeFile(at("f"), "aaa");
  expect(await edit("aa", "b")).toContain("to make it unique");
});

test.each([
  ["CRLF", "a\r\nb\r\nc\r\n", "a\nb", "a\nB", "a\r\nB\r\nc\r\n"],
  ["mixed line ends", "a\r\nb\nc", "b", "B", "a\r\nB\nc"],
  ["a BOM", "\ufeffa\nb", "b", "B", "\ufeffa\nB"],
  ["no final newline", "a\nb", "a", "A", "A\nb"],
  ["characters beyond the basic plane", "x😀yz", "y", "Y", "x😀Yz"],
])("Edit leaves the other bytes as they are: %s", async (_, before, old_string, new_string, after) => {
  await writeFile(at("f"), before);
  await edit(old_string, new_string);
  expect([...await readFile(at("f"))]).toEqual([...new TextEncoder().encode(after)]);
});

test("half a character is refused, because it would damage its other half", async () => {
  await writeFile(at("f"), "x😀y");
  expect(await edit("\ud83d", "")).toContain("not well-formed");
  expect(await write("f", "\ud83d")).toContain("not well-formed");
  expect(await readFile(at("f"), "utf8")).toBe("x😀y");
});

test("Edit refuses a file that is not UTF-8 and leaves it alone", async () => {
  await writeFile(at("f"), new Uint8Array([97, 0xff, 98]));
  expect(await edit("a", "b")).toContain("not valid UTF-8");
  expect([...await readFile(at("f"))]).toEqual([97, 0xff, 98]);
});

test("the approval of Write and Edit shows the path and all of the change", () => {
  const shown = (tool: typeof writeTool, args: Record<string, string>) => {
    const parsed = tool.parse(args);
    return parsed.ok ? `${parsed.call.grant}: ${parsed.call.prompt}` : parsed.error;
  };
  expect(shown(writeTool, { file_path: "f\u202e", content: "one\u001b[2J\ntwo" })).toBe(
    'Write: Write "f\\u{202e}"\n\none\\u{1b}[2J\ntwo',
  );
  expect(shown(editTool, { file_path: "f", old_string: "a\nb", new_string: "c" })).toBe(
    'Edit: Edit "f"\n\n- a\n- b\n+ c',
  );
});
