// Undo on real files: byte for byte back, and forth again, and never over somebody else's work.
import { afterEach, beforeEach, expect, test } from "vitest";
import { chmod, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { editTool } from "../../tools/edit.ts";
import { undoRowsMax, undoTool } from "../../tools/undo.ts";
import { writeTool } from "../../tools/write.ts";
import { type RecordedSession, recordSession } from "./recorded_session.ts";
import { makeWorkspace, recoverTool, type TestWorkspace, textOf } from "./workspace.ts";

let space: TestWorkspace;
let session: RecordedSession;
beforeEach(async () => {
  space = await makeWorkspace();
  session = recordSession(space);
});
afterEach(() => space.remove());

const at = (name: string) => join(space.dir, name);
const write = (file_path: string, content: string) =>
  session.run(writeTool, { file_path, content }, { by: "user" });
const undo = async (args = {}) => textOf(await session.run(undoTool, args, { by: "user" }));

test("an edit is undone byte for byte, with the file's mode, and done again", async () => {
  await writeFile(at("f"), new TextEncoder().encode("\ufeffa\r\nb"));
  await chmod(at("f"), 0o640);
  await session.run(editTool, { file_path: "f", old_string: "b", new_string: "c" });
  await chmod(at("f"), 0o600);
  expect(await undo()).toBe('Undid c1: restored "f"');
  expect([...await readFile(at("f"))]).toEqual([...new TextEncoder().encode("\ufeffa\r\nb")]);
  expect((await stat(at("f"))).mode & 0o777).toBe(0o640);
  expect(await undo({ call_id: "c2" })).toBe('Undid c2: restored "f"');
  expect(await readFile(at("f"), "utf8")).toBe("\ufeffa\r\nc");
  expect(session.changes.map(({ call_id, undoes }) => [call_id, undoes])).toEqual([
    ["c1", undefined],
    ["c2", "c1"],
    ["c3", "c2"],
  ]);
});

test("a file that a call made is removed, and comes back when that is undone", async () => {
  await write("a/new", "content");
  expect(await undo()).toBe('Undid c1: removed "a/new"');
  expect(await readdir(at("a"))).toEqual([]);
  await Deno.remove(at("a"));
  expect(await undo({ call_id: "c2" })).toBe('Undid c2: brought back "a/new"');
  expect(await readFile(at("a/new"), "utf8")).toBe("content");
});

test("undo goes back one change after the other, and says when there is none left", async () => {
  await write("f", "one");
  await write("f", "two");
  await write("g", "other");
  for (const expected of ['removed "g"', 'restored "f"', 'removed "f"']) {
    expect(await undo()).toContain(expected);
  }
  expect(await readdir(space.dir)).toEqual([]);
  expect(await undo()).toContain("every change is undone already");
});

test("work that came after the change is never undone with it", async () => {
  await write("f", "one");
  await write("f", "two");
  expect(await undo({ call_id: "c1" })).toContain('"c2" changed "f" since, undo that first');
  await writeFile(at("f"), "by hand");
  expect(await undo()).toContain("something else changed it");
  expect(await readFile(at("f"), "utf8")).toBe("by hand");
  await Deno.remove(at("f"));
  expect(await undo()).toContain("is not as that call left it");
  expect(await readdir(space.dir)).toEqual([]);
});

test("what cannot be undone is said: no change, an unknown call, one that is undone already", async () => {
  expect(await undo()).toContain("this session changed no file");
  expect(await undo({ call_id: "c99" })).toContain("it changed no file");
  await write("f", "one");
  const id = session.changes[0]?.call_id ?? "";
  await undo();
  expect(await undo({ call_id: id })).toMatch(/undone already by "c\d+"/);
});

test("the list shows the newest first, what was undone, and where it ends", async () => {
  expect(await undo({ list: true })).toBe("No file was changed");
  await write("f", "one");
  await write("f", "two");
  await undo();
  expect(await undo({ list: true })).toBe(
    'c4\tchanged\t"f" (undid c3)\nc3\tchanged\t"f" (undone by c4)\nc2\tcreated\t"f"',
  );
  const [first] = session.changes;
  if (first === undefined) throw new Error("there is no change");
  session.changes.push(...Array.from({ length: undoRowsMax }, () => first));
  expect(await undo({ list: true })).toContain("[3 older changes are not shown]");
});

test("a model cannot undo", async () => {
  expect(undoTool.audience).toBe("user");
  await write("f", "one");
  expect(textOf(await session.run(undoTool, {}))).toBe(
    "Cannot undo: only a person may, change the file with Edit or Write",
  );
  expect(await readFile(at("f"), "utf8")).toBe("one");
});

test.each(["restores", "removes"])("an undo that %s is made exactly once over a crash", async (what) => {
  if (what === "restores") await writeFile(at("f"), "one");
  await write("f", "two");
  for (const crashesAfter of [false, true]) {
    const context = session.context({ by: "user" });
    const parsed = undoTool.parse({});
    if (!parsed.ok) throw new Error(parsed.error);
    const prepared = await parsed.call.prepare(context);
    if ("status" in prepared) throw new Error(textOf(prepared));
    if (crashesAfter) await prepared.run();
    const outcome = await recoverTool(undoTool, {}, prepared.evidence, context);
    expect(outcome).toMatchObject({ status: "finished", facts: [{ data: { path: at("f") } }] });
    const names = what === "restores" ? ["f"] : [];
    expect(await readdir(space.dir)).toEqual(names);
    if (what === "restores") expect(await readFile(at("f"), "utf8")).toBe("one");
    // As before the undo, of which the session was told nothing.
    await writeFile(at("f"), "two");
  }
});

const contents = fc.constantFrom("", "a", "a\r\n", "\ufeffb\n", "x😀\n".repeat(50), "no end\nnewline");
const steps = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant("write" as const), file: fc.constantFrom("f", "d/g"), content: contents }),
    fc.record({ kind: fc.constant("edit" as const), file: fc.constantFrom("f", "d/g"), content: contents }),
    fc.record({ kind: fc.constant("undo" as const) }),
    fc.record({ kind: fc.constant("undo one" as const), which: fc.nat(20) }),
  ),
  { minLength: 1, maxLength: 14 },
);

test("any run of writes, edits, undos and redos can be undone to the first byte", async () => {
  const counts = { runs: 0, calls: 0, undone: 0 };
  const original = new Uint8Array([0xef, 0xbb, 0xbf, 97, 13, 10, 98]);
  await fc.assert(
    fc.asyncProperty(steps, async (plan) => {
      await space.remove();
      space = await makeWorkspace();
      session = recordSession(space);
      await writeFile(at("f"), original);
      await chmod(at("f"), 0o604);
      for (const step of plan) {
        counts.calls++;
        if (step.kind === "write") await write(step.file, step.content);
        else if (step.kind === "edit") {
          const old_string = "a";
          const args = {
            file_path: step.file,
            old_string,
            new_string: `${step.content}b`,
            replace_all: true,
          };
          await session.run(editTool, args, { by: "user" });
        } else if (step.kind === "undo") await undo();
        else {await undo({
            call_id: session.changes[step.which % Math.max(session.changes.length, 1)]?.call_id ?? "x",
          });}
      }
      // Each undo takes one change that stands, so this ends; the newest stands as its call left it.
      for (let left = plan.length + 1; left > 0; left--) {
        const text = await undo();
        if (text.includes("undone already") || text.includes("changed no file")) break;
        expect(text).toMatch(/^Undid /);
        counts.undone++;
      }
      expect([...await readFile(at("f"))]).toEqual([...original]);
      expect((await stat(at("f"))).mode & 0o777).toBe(0o604);
      expect((await readdir(space.dir, { recursive: true })).filter((name) => name !== "d")).toEqual(["f"]);
      counts.runs++;
    }),
    { numRuns: 150 },
  );
  console.log(`undo: ${counts.runs} runs, ${counts.calls} calls, ${counts.undone} undone, all bytes back`);
}, 120_000);
