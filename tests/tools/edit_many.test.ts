// Several edits in one call, what an agent must have read before it writes, and the one file of plan mode.
import { afterEach, beforeEach, expect, test } from "vitest";
import { createHash } from "node:crypto";
import { chmod, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { JsonObject } from "../../src/protocol/json.ts";
import { editsCharsMax, editTool } from "../../tools/edit.ts";
import { editsMax, replacementsMax } from "../../tools/edit_text.ts";
import { changedFileBytesMax } from "../../tools/file_change.ts";
import { notebookEditTool } from "../../tools/notebook_edit.ts";
import { readTool } from "../../tools/read.ts";
import { writeTool } from "../../tools/write.ts";
import { type RecordedSession, recordSession } from "./recorded_session.ts";
import { makeWorkspace, type TestWorkspace, textOf } from "./workspace.ts";

let space: TestWorkspace;
let session: RecordedSession;
beforeEach(async () => {
  space = await makeWorkspace();
  session = recordSession(space);
});
afterEach(() => space.remove());

const at = (name: string) => join(space.dir, name);
const put = (text: string) => writeFile(at("f"), text);
const content = () => readFile(at("f"), "utf8");
const edit = async (edits: { old_string: string; new_string: string; replace_all?: boolean }[]) =>
  textOf(await session.run(editTool, { file_path: "f", edits }));
const hash = (text: string) => createHash("sha256").update(text).digest("hex");

test("several edits are made in their order, each on the result of those before", async () => {
  await put("one two two\n");
  expect(
    await edit([
      { old_string: "one", new_string: "three" },
      { old_string: "three", new_string: "3" },
      { old_string: "two", new_string: "2", replace_all: true },
    ]),
  ).toBe('Edited "f": 4 replacements, first at line 1');
  expect(await content()).toBe("3 2 2\n");
});

test("one edit that does not fit leaves the file as it is, and is named", async () => {
  await put("one two two\n");
  const fits = { old_string: "one", new_string: "1" };
  expect(await edit([fits, { old_string: "gone", new_string: "x" }])).toBe(
    'Cannot edit "f": edits[1]: old_string does not occur in it, read the file again and copy the text exactly',
  );
  expect(await edit([fits, fits])).toContain("edits[1]: old_string does not occur");
  expect(await edit([{ old_string: "two", new_string: "x" }, fits])).toContain(
    "edits[0]: old_string occurs 2 times",
  );
  expect(await edit([{ old_string: "one", new_string: "one" }])).toContain(
    "edits[0]: old_string and new_string are the same",
  );
  expect(await content()).toBe("one two two\n");
});

test("an edit has one form: two strings, or a list", async () => {
  await put("a");
  const one = { old_string: "a", new_string: "b" };
  const wrong: JsonObject[] = [{}, { old_string: "a" }, { new_string: "b" }, { ...one, edits: [one] }, {
    edits: [one],
    replace_all: true,
  }];
  for (const args of wrong) {
    expect(textOf(await session.run(editTool, { file_path: "f", ...args }))).toContain(
      "give both old_string and new_string, or only edits",
    );
  }
  expect(await content()).toBe("a");
});

test("edits have limits, and work at them", async () => {
  await put("a");
  const turns = Array.from(
    { length: editsMax },
    (_, n) => n % 2 ? { old_string: "b", new_string: "a" } : { old_string: "a", new_string: "b" },
  );
  expect(await edit(turns)).toContain(`${editsMax} replacements`);
  expect(await edit([...turns, ...turns])).toContain('"edits" is wrong');
  const long = "x".repeat(editsCharsMax / 5);
  expect(await edit(Array.from({ length: 6 }, () => ({ old_string: "a", new_string: long })))).toContain(
    `the most is ${editsCharsMax}`,
  );
  session = recordSession(space);
  await put("y".repeat(replacementsMax));
  expect(await edit([{ old_string: "y", new_string: "z".repeat(2000), replace_all: true }])).toContain(
    `more than ${changedFileBytesMax} characters`,
  );
  expect(await edit([{ old_string: "y", new_string: "z", replace_all: true }])).toContain(
    `${replacementsMax} replacements`,
  );
  session = recordSession(space);
  await put("y".repeat(replacementsMax + 1));
  expect(await edit([{ old_string: "y", new_string: "z", replace_all: true }])).toContain(
    `the most is ${replacementsMax}`,
  );
});

test("the approval shows every edit of the list", () => {
  const parsed = editTool.parse({
    file_path: "f",
    edits: [{ old_string: "a", new_string: "b" }, { old_string: "c", new_string: "", replace_all: true }],
  });
  expect(parsed.ok && parsed.call.prompt).toBe('Edit "f"\n\n- a\n+ b\n\n(every occurrence)\n- c');
});

test("a file that exists is written over only by who read it", async () => {
  await put("theirs");
  const write = async (more = {}) =>
    textOf(await session.run(writeTool, { file_path: "f", content: "mine" }, more));
  expect(await write()).toBe('Cannot change "f": it exists and you have not read it, read it first');
  expect(await content()).toBe("theirs");
  const outcome = await session.run(readTool, { file_path: "f", offset: 1, limit: 1 });
  expect(outcome).toMatchObject({ files: [{ path: at("f"), sha256: hash("theirs") }] });
  expect(await write()).toBe('Replaced "f" (4 bytes)');
  expect(await write()).toBe('Replaced "f" (4 bytes)');
  await put("theirs again");
  expect(await write()).toContain("conflict, it was changed since it was read; read it again");
  session = recordSession(space);
  expect(await write({ by: "user" })).toBe('Replaced "f" (4 bytes)');
});

test("a change says what was there before, in the write of its result", async () => {
  await put("before");
  await chmod(at("f"), 0o640);
  const outcome = await session.run(editTool, { file_path: "f", old_string: "before", new_string: "after" });
  const kept = hash("before");
  expect(outcome).toEqual({
    status: "finished",
    output: 'Edited "f": 1 replacement, first at line 1',
    truncated: false,
    files: [{ path: at("f"), sha256: hash("after") }],
    facts: [{
      type: "file.changed",
      data: {
        call_id: "c1",
        path: at("f"),
        before: { sha256: kept, content: kept, mode: 0o640 },
        after: { sha256: hash("after") },
      },
    }],
  });
  expect(new TextDecoder().decode(await session.context().session.kept(kept))).toBe("before");
});

test("plan mode lets the plan be written and nothing else", () => {
  const where = { planFile: join(space.outside, "plan.md"), workspace: space.dir };
  const isAllowed = (tool: typeof writeTool, args: Record<string, string>) => {
    const parsed = tool.parse(args);
    return parsed.ok && parsed.call.allowedInPlan(where);
  };
  for (
    const [path, expected] of [[where.planFile, true], ["../outside/plan.md", true], ["plan.md", false], [
      space.outside,
      false,
    ]] as const
  ) {
    expect(isAllowed(writeTool, { file_path: path, content: "" })).toBe(expected);
    expect(isAllowed(editTool, { file_path: path, old_string: "a", new_string: "b" })).toBe(expected);
    expect(isAllowed(notebookEditTool, { notebook_path: path })).toBe(expected);
  }
  expect(isAllowed(readTool, { file_path: "f" })).toBe(true);
});
