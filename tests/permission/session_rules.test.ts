import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { rulesOfSession } from "../../src/permission/session_rules.ts";
import { openStoreDesk, type StoreDesk, texts } from "./store_desk.ts";

let desk: StoreDesk;
beforeEach(async () => void (desk = await openStoreDesk()));
afterEach(() => desk.close());

const none = { allow: [], ask: [], deny: [] };

test("the rules given for a session hold beside those of its folder, and without a store", async () => {
  await desk.write(desk.userFile, '[permissions]\ndeny = ["WebSearch"]\n');
  const meta = {
    workspace: desk.workspace,
    worktree: null,
    rules: { allow: ["Read"], ask: [], deny: ["WebFetch"] },
  };
  expect(texts(await rulesOfSession(await desk.open(), meta))).toEqual([
    "deny WebSearch",
    "allow Read",
    "deny WebFetch",
  ]);
  const { rules } = await rulesOfSession(undefined, meta);
  expect(rules.map(({ layer, source }) => [layer, source])).toEqual(
    [["session", "given for this session"], ["session", "given for this session"]],
  );
});

test("a session that went into a worktree has left no rule behind, and has each rule once", async () => {
  await desk.write(desk.userFile, '[permissions]\ndeny = ["WebSearch"]\n');
  const tree = join(desk.workspace, ".trees", "fix");
  await desk.write(join(desk.workspace, ".claude/settings.json"), '{"permissions":{"deny":["WebFetch"]}}');
  await desk.write(join(tree, ".claude/settings.json"), '{"permissions":{"ask":["Bash(make)"]}}');
  const store = await desk.open();
  await store.add({ action: "deny", text: "Bash(git push:*)", workspace: desk.workspace });
  const worktree = {
    path: tree,
    branch: "b",
    repository: desk.workspace,
    base: "x",
    came_from: desk.workspace,
  };
  expect(texts(await rulesOfSession(store, { workspace: tree, worktree, rules: none }))).toEqual([
    "deny WebSearch",
    "deny Bash(git push:*)",
    "deny WebFetch",
    "ask Bash(make)",
  ]);
});
