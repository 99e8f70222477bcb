// C5: in plan mode nothing is changed, from whatever depth, by whatever tool, and whatever allows it.
import { expect, it } from "vitest";
import { rule } from "../permission/judged.ts";
import { script } from "../support/runtime.ts";
import { tally } from "../support/tally.ts";
import { type Call, inSubAgent, openPermissionDesk } from "./permission_desk.ts";

const changing: Call[] = [
  { name: "Write", args: { file_path: "b.txt", content: "x" } },
  { name: "Write", args: { file_path: "a.txt", content: "x" } },
  { name: "Write", args: { file_path: "../plan.md", content: "x" } },
  { name: "Edit", args: { file_path: "a.txt", old_string: "before", new_string: "after" } },
  {
    name: "NotebookEdit",
    args: { notebook_path: "n.ipynb", new_source: "x", edit_mode: "insert", cell_type: "code" },
  },
  { name: "Bash", args: { command: "touch c.txt" } },
  { name: "Bash", args: { command: "ls" } },
  { name: "Bash", args: { command: "touch c.txt", run_in_background: true } },
  { name: "Bash", args: { command: "touch c.txt", outside_sandbox: true } },
  { name: "EnterWorktree", args: {} },
  { name: "KillShell", args: { bash_id: "b1-1" } },
  { name: "Hook", args: { event: "Stop", command: "touch c.txt" } },
  { name: "mcp__srv__echo", args: { text: "said to read only" } },
  { name: "mcp__srv__other", args: { text: "x" } },
];

it("C5: no tool changes anything in plan mode, called by the agent or a sub-agent, with rules, hooks and answers that allow", async () => {
  const allow = `echo '{"hookSpecificOutput":{"hookEventName":"PreToolUse","permissionDecision":"allow"}}'`;
  const desk = await openPermissionDesk([{ event: "PreToolUse", matcher: "Write", command: allow }]);
  const before = desk.treeHash();
  const sets = [[], [
    rule("allow", "*"),
    rule("allow", "Bash"),
    rule("allow", "Edit"),
    rule("allow", "mcp__srv"),
  ]];
  let tried = 0;
  const escapes: string[] = [];
  for (const rules of sets) {
    desk.setRules(rules);
    for (const made of [changing, [inSubAgent(changing)]]) {
      const id = await desk.session("plan");
      await desk.test.turn(id, script({ calls: made }, { text: "tried" }));
      const denied = await desk.denied(id);
      tried += changing.length;
      const others = denied.filter(({ reason }) => !reason.includes("plan mode"));
      const unrun = (await desk.unrun(id)).length;
      if (unrun !== changing.length || others.length > 0) {
        escapes.push(`${unrun} did not run, ${JSON.stringify(others)}`);
      }
      if ((await desk.started(id)).length !== (made === changing ? 0 : 1)) escapes.push("something ran");
    }
  }
  if (desk.treeHash() !== before) escapes.push("a file changed");
  tally({
    family: "C5",
    what: "changes in plan mode at two depths",
    tried,
    refused: tried - escapes.length,
    escapes: escapes.length,
  });
  expect(escapes).toEqual([]);
});

it("C5: a session that enters plan mode itself is held to it, whatever was allowed in it before", async () => {
  const desk = await openPermissionDesk();
  const id = await desk.session("bypassPermissions");
  const before = desk.treeHash();
  const made = [...changing, {
    name: "Agent",
    args: { description: "sub", prompt: script({ calls: changing }) },
  }];
  await desk.test.turn(
    id,
    script({ calls: [{ name: "EnterPlanMode", args: {} }] }, { calls: made }, { text: "tried" }),
  );
  const denied = (await desk.unrun(id)).length;
  const escapes = (desk.treeHash() === before ? 0 : 1) + (2 * changing.length - denied);
  tally({
    family: "C5",
    what: "changes after EnterPlanMode",
    tried: 2 * changing.length,
    refused: denied,
    escapes,
  });
  expect(escapes).toBe(0);
});
