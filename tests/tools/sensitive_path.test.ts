// Files by which something may run later: allowed one at a time, and never behind a link.
import { afterEach, beforeEach, expect, test } from "vitest";
import { mkdir, symlink } from "node:fs/promises";
import { join } from "node:path";
import { editTool } from "../../tools/edit.ts";
import { writeTool } from "../../tools/write.ts";
import { makeWorkspace, runTool, type TestWorkspace, textOf } from "./workspace.ts";

let space: TestWorkspace;
beforeEach(async () => void (space = await makeWorkspace()));
afterEach(() => space.remove());

const grantOf = (file_path: string) => {
  const write = writeTool.parse({ file_path, content: "x" });
  const edit = editTool.parse({ file_path, old_string: "a", new_string: "b" });
  return [write.ok && write.call.grant, edit.ok && edit.call.grant];
};

test("a standing allowance to write covers no file by which something runs later", () => {
  expect(grantOf("src/a.ts")).toEqual(["Write", "Edit"]);
  for (
    const path of [
      ".git/config",
      "sub/.GIT/hooks/pre-commit",
      ".claude/settings.json",
      ".jamey/x",
      ".mcp.json",
    ]
  ) {
    expect(grantOf(path)).toEqual([`Write(${path})`, `Edit(${path})`]);
  }
});

test("a link to such a place is not written through, its own path is", async () => {
  await mkdir(join(space.dir, ".git", "hooks"), { recursive: true });
  await symlink(join(space.dir, ".git", "hooks"), join(space.dir, "notes"));
  const write = (file_path: string) => runTool(writeTool, { file_path, content: "x" }, space.context());
  expect(textOf(await write("notes/pre-commit"))).toMatch(
    /Cannot change "notes\/pre-commit": it leads to .*through a link/,
  );
  expect(await write(".git/hooks/pre-commit")).toMatchObject({ status: "finished" });
});
