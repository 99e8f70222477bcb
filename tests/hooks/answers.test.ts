import { expect, it } from "vitest";
import { contextCharsMax, reasonCharsMax } from "../../src/hooks/answer.ts";
import type { HookEvent } from "../../src/protocol/work_facts.ts";
import { processesWith } from "../tools/workspace.ts";
import { hookFolder } from "./folder.ts";

/** How long the programs sleep: no other run of these tests on this machine has the same. */
const nap = `9${Deno.pid}.98770`;

async function verdict(event: HookEvent, command: string, timeoutS?: number) {
  const hook = { event, command, ...(timeoutS === undefined ? {} : { timeoutS }) };
  const folder = await hookFolder({ settings: [hook] });
  const [run] = await folder.run(event, { tool_name: "Bash" });
  return run;
}

it("a hook reads what happens as JSON, and runs in the workspace without the daemon's secrets", async () => {
  Deno.env.set("JAMEY_TEST_SECRET", "s3cret");
  const folder = await hookFolder({
    settings: [{
      event: "PostToolUse",
      command: 'cat > seen.json; pwd > where; env > env; echo "$JAMEY_PROJECT_DIR"',
    }],
  });
  const fields = { tool_input: { command: "ls" }, hook_event_name: "forged", session_id: "forged" };
  await folder.run("PostToolUse", { tool_name: "Bash", fields });
  const read = (name: string) => Deno.readTextFileSync(`${folder.dir}/${name}`);
  expect(JSON.parse(read("seen.json"))).toEqual({
    session_id: "s1",
    cwd: folder.dir,
    hook_event_name: "PostToolUse",
    tool_name: "Bash",
    tool_input: { command: "ls" },
  });
  expect(read("where").trim()).toBe(folder.dir);
  expect(read("env")).toContain(`CLAUDE_PROJECT_DIR=${folder.dir}`);
  expect(read("env")).not.toContain("s3cret");
});

const json = (answer: unknown) => `echo '${JSON.stringify(answer)}'`;
const specific = (fields: Record<string, string>) => json({ hookSpecificOutput: fields });

const answers = [
  ["exit 0 lets a call pass", "exit 0", { outcome: "passed" }],
  ["exit 2 blocks with what was written to stderr", "echo never >&2; exit 2", {
    outcome: "blocked",
    reason: "never",
  }],
  ["a decision blocks with its reason", json({ decision: "block", reason: "no" }), {
    outcome: "blocked",
    reason: "no",
  }],
  [
    "a denied permission blocks",
    specific({ permissionDecision: "deny", permissionDecisionReason: "not here" }),
    { outcome: "blocked", reason: "not here" },
  ],
  ["ask asks a person", specific({ permissionDecision: "ask" }), { outcome: "asked" }],
  ["allow is no more than no objection", specific({ permissionDecision: "allow" }), { outcome: "passed" }],
  ["approve is no more than no objection", json({ decision: "approve" }), { outcome: "passed" }],
  ["continue false blocks", json({ continue: false, stopReason: "enough" }), {
    outcome: "blocked",
    reason: "enough",
  }],
  [
    "a deny next to an allow blocks",
    json({ decision: "approve", hookSpecificOutput: { permissionDecision: "deny" } }),
    {
      outcome: "blocked",
    },
  ],
  ["words for the model are passed on", specific({ additionalContext: "mind the gap" }), {
    outcome: "passed",
    context: "mind the gap",
  }],
  ["a broken answer of a gate blocks", "echo '{\"decision\":'", { outcome: "blocked" }],
  ["exit 1 is a failed hook, which does not block", "echo bug >&2; exit 1", {
    outcome: "failed",
    reason: 'Cannot use hook "echo bug >&2; exit 1": exit code 1, bug',
  }],
  ["a gate that is not there blocks", "no-such-hook-program", { outcome: "blocked", exit_code: 127 }],
] as const;

it.each(answers)("%s", async (_, command, expected) => {
  expect(await verdict("PreToolUse", command)).toMatchObject({
    event: "PreToolUse",
    name: command,
    ...expected,
  });
});

it("what a hook prints at a prompt or a start is for the model, elsewhere it is not", async () => {
  expect(await verdict("UserPromptSubmit", "echo hi")).toMatchObject({ outcome: "passed", context: "hi" });
  expect(await verdict("SessionStart", "echo hi")).toMatchObject({ outcome: "passed", context: "hi" });
  expect(await verdict("PreToolUse", "echo hi")).not.toHaveProperty("context");
});

it("hooks that only hear of something cannot block it", async () => {
  for (const event of ["SessionStart", "SessionEnd", "Notification", "SubagentStart"] as const) {
    expect(await verdict(event, "exit 2")).toMatchObject({ outcome: "failed", exit_code: 2 });
  }
  expect(await verdict("Notification", "no-such-hook-program")).toMatchObject({ outcome: "failed" });
});

it("R7: whatever a hook does, it ends within its limit, and nothing of it is left", async () => {
  const cases = [
    ["hangs", `sleep ${nap}1`, "timed_out"],
    ["ignores SIGTERM", `trap '' TERM; sleep ${nap}2; sleep ${nap}2`, "timed_out"],
    ["exits 1", "exit 1", "failed"],
    ["leaves a child behind", `sleep ${nap}3 & exit 0`, "passed"],
    ["leaves a child in a session of its own", `setsid sleep ${nap}4 & exit 0`, "passed"],
    ["prints 100 MB", "head -c 100000000 /dev/zero | tr '\\0' y", "passed"],
    [
      "prints 100 MB of errors and objects",
      "head -c 100000000 /dev/zero | tr '\\0' y >&2; exit 2",
      "blocked",
    ],
    ["prints half an answer of 100 MB", "printf '{'; head -c 100000000 /dev/zero | tr '\\0' y", "blocked"],
    ["kills itself", "kill -9 $$", "failed"],
  ] as const;
  let held = 0;
  for (const [what, command, outcome] of cases) {
    const run = await verdict("UserPromptSubmit", command, what.includes("MB") ? 10 : 0.3);
    expect([what, run?.outcome]).toEqual([what, outcome]);
    expect(run?.context?.length ?? 0).toBeLessThanOrEqual(contextCharsMax + " [cut]".length);
    expect(run?.reason?.length ?? 0).toBeLessThanOrEqual(reasonCharsMax + " [cut]".length);
    expect(await processesWith(nap)).toEqual([]);
    held++;
  }
  console.log(
    `R7 hooks: ${held} of ${cases.length} misbehaving hooks ended with an outcome, 0 processes left`,
  );
});

it("a cancel ends a hook at once, and a gate then blocks", async () => {
  const folder = await hookFolder({ settings: [{ event: "PreToolUse", command: `sleep ${nap}5` }] });
  const cancel = new AbortController();
  setTimeout(() => cancel.abort(), 100);
  const [run] = await folder.run("PreToolUse", { tool_name: "Bash" }, cancel.signal);
  expect(run).toMatchObject({ outcome: "blocked" });
  expect(await processesWith(`${nap}5`)).toEqual([]);
});

it("all hooks of an event run side by side and each gives its own verdict", async () => {
  const commands = ["exit 0", "exit 2", "exit 1", "sleep 0.2"];
  const folder = await hookFolder({
    settings: commands.map((command) => ({ event: "PreToolUse", command })),
  });
  const runs = await folder.run("PreToolUse", { tool_name: "Bash" });
  expect(runs.map(({ outcome }) => outcome)).toEqual(["passed", "blocked", "failed", "passed"]);
});
