// Write and Edit across a crash, at each step: the change is there exactly once, or a conflict is reported.
import { afterEach, beforeEach, expect, test } from "vitest";
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { JsonObject } from "../../src/protocol/json.ts";
import type { Tool } from "../../tools/contract.ts";
import { editTool } from "../../tools/edit.ts";
import { temporaryName } from "../../tools/temporary_file.ts";
import { writeTool } from "../../tools/write.ts";
import { makeWorkspace, prepareTool, recoverTool, testSession, type TestWorkspace } from "./workspace.ts";

let space: TestWorkspace;
beforeEach(async () => {
  space = await makeWorkspace();
  await writeFile(join(space.dir, "f"), "one two");
});
afterEach(() => space.remove());

/** Of a call by hand, which may write over a file that nobody read. */
const context = () => space.context({ session: testSession("call_1", { by: "user" }) });

const cases: { name: string; tool: Tool; args: JsonObject; after: string }[] = [
  {
    name: "Edit",
    tool: editTool,
    args: { file_path: "f", old_string: "one", new_string: "one one" },
    after: "one one two",
  },
  { name: "Write", tool: writeTool, args: { file_path: "f", content: "three" }, after: "three" },
];
const content = () => readFile(join(space.dir, "f"), "utf8");

test.each(cases)("$name: a crash before the change makes it on recovery", async ({ tool, args, after }) => {
  const { evidence } = await prepareTool(tool, args, context());
  expect(await recoverTool(tool, args, evidence, context())).toMatchObject({ status: "finished" });
  expect(await content()).toBe(after);
});

test.each(cases)(
  "$name: a crash with a half-written temporary file leaves no trace of it",
  async ({ tool, args, after }) => {
    const { evidence } = await prepareTool(tool, args, context());
    await writeFile(join(space.dir, temporaryName(join(space.effects, "call_1"))), "hal");
    expect(await recoverTool(tool, args, evidence, context())).toMatchObject({ status: "finished" });
    expect(await content()).toBe(after);
    expect(await readdir(space.dir)).toEqual(["f"]);
  },
);

test.each(cases)("$name: a crash after the change does not make it twice", async ({ tool, args, after }) => {
  const prepared = await prepareTool(tool, args, context());
  const outcome = await prepared.run();
  expect(await recoverTool(tool, args, prepared.evidence, context())).toEqual(outcome);
  expect(await content()).toBe(after);
});

test.each(cases)(
  "$name: a file that others changed meanwhile is a conflict and stays as it is",
  async ({ tool, args }) => {
    const { evidence } = await prepareTool(tool, args, context());
    await writeFile(join(space.dir, "f"), "theirs");
    await writeFile(join(space.dir, temporaryName(join(space.effects, "call_1"))), "hal");
    expect(await recoverTool(tool, args, evidence, context())).toMatchObject({ status: "interrupted" });
    expect(await content()).toBe("theirs");
    expect(await readdir(space.dir)).toEqual(["f"]);
  },
);

test.each(cases)("$name: when the kept bytes are lost, the call starts afresh", async ({ tool, args }) => {
  const { evidence } = await prepareTool(tool, args, context());
  await rm(space.effects, { recursive: true });
  expect(await recoverTool(tool, args, evidence, context())).toBe("again");
  expect(await content()).toBe("one two");
});

test("a new file in a new folder is made on recovery", async () => {
  const args = { file_path: "a/b/new", content: "x" };
  const { evidence } = await prepareTool(writeTool, args, context());
  expect(await recoverTool(writeTool, args, evidence, context())).toMatchObject({ status: "finished" });
  expect(await readFile(join(space.dir, "a/b/new"), "utf8")).toBe("x");
});
