// Teams in a whole runtime: real log, real tools, the scripted provider.
import { afterEach, expect, it } from "vitest";
import { join } from "node:path";
import type { z } from "zod";
import { teamSpec } from "../../src/protocol/team_spec.ts";
import { openTestRuntime, script, type TestRuntime } from "../support/runtime.ts";
import { until } from "../support/daemon.ts";
import { git, makeRepository } from "../tools/worktree_repository.ts";
import { checkFive, five, membersInLedger, tasks } from "../support/team_scenario.ts";

let test: TestRuntime;
afterEach(() => test.close());

async function begin(session: string, spec: z.input<typeof teamSpec>): Promise<string> {
  const command = { type: "team.start", spec: teamSpec.parse(spec) } as const;
  return (await test.runtime.command(session, command, "test")).team ?? "";
}

async function makeTasks(session: string): Promise<void> {
  for (const { id, args } of tasks) {
    const command = { type: "tool.run", tool_call: { name: "TaskCreate", args }, id } as const;
    await test.runtime.command(session, command, "test");
    await test.runtime.call(session, id, AbortSignal.timeout(20_000));
  }
}

it("a team of five works by mail and tasks to its end, and an approval of a member is a person's to give", async () => {
  test = await openTestRuntime();
  const id = await test.session();
  await makeTasks(id);
  await begin(id, five);
  const [asked] = await until("the question", async () => {
    const waiting = await test.runtime.approvals(id);
    return waiting.length > 0 ? waiting : null;
  });
  expect(asked).toMatchObject({ actor: "team:five/agent:guard", name: "Bash" });
  await until("the others", async () => {
    const [view] = await test.runtime.teams(id);
    return view?.members.filter(({ state }) => state === "done").length === 4 ? view : null;
  });
  expect((await test.runtime.teams(id))[0]?.members[4]).toMatchObject({
    state: "waiting",
    detail: "waits for an approval",
  });
  await test.restart();
  expect(await test.runtime.approvals(id)).toEqual([asked]);
  const { call_id = "", digest } = asked ?? {};
  const answer = { type: "call.answer", call_id, decision: "allow_once", digest } as const;
  await test.runtime.command(id, { ...answer, digest: String(digest) }, "test");
  await test.fact(id, "team.finished");
  checkFive(await test.facts(id));
  const lines = (await Deno.readTextFile(join(test.workspace, "ledger"))).trim().split("\n");
  expect(lines.sort()).toEqual(membersInLedger);
});

it("the agent that calls Team leads it: mail reaches it as lead, it can write to members, and gets one result", async () => {
  test = await openTestRuntime();
  const id = await test.session();
  const member = script(
    { calls: [{ name: "SendMessage", args: { to: "lead", message: "I have a question" } }] },
    { calls: [{ name: "WorkDone", args: { summary: "all of it" } }] },
    { text: "over" },
  );
  const spec = {
    name: "pair",
    goal: "g",
    members: [{ name: "ann", prompt: member }, { name: "ben", prompt: member }],
  };
  const turn = await test.turn(
    id,
    script({ calls: [{ name: "Team", args: spec }] }, { text: "the team is done" }),
  );
  expect(turn.tool_calls).toHaveLength(1);
  expect(JSON.stringify(turn.tool_calls)).toContain("- ann (done): all of it");
  const mail = (await test.facts(id)).filter(({ type }) => type === "team.message_sent");
  expect(mail.map(({ data }) => data)).toMatchObject([{ to: ["main"] }, { to: ["main"] }]);
});

it("a bad team is an error to the model that names the field, and nothing is started", async () => {
  test = await openTestRuntime();
  const id = await test.session();
  const twice = {
    name: "x",
    goal: "g",
    members: [{ name: "ann", prompt: "p" }, { name: "ann", prompt: "p" }],
  };
  const turn = await test.turn(id, script({ calls: [{ name: "Team", args: twice }] }, { text: "so be it" }));
  expect(JSON.stringify(turn.tool_calls)).toContain('\\"ann\\" is taken already');
  expect(await test.types(id)).not.toContain("team.started");
});

it("a member has the tools it was given and those of the team, and no others, whatever its model calls", async () => {
  test = await openTestRuntime();
  const id = await test.session();
  const prompt = script(
    { calls: [{ name: "Bash", args: { command: "touch not-allowed" } }] },
    { calls: [{ name: "Team", args: { name: "y", goal: "g", members: [{ name: "z", prompt: "p" }] } }] },
    { calls: [{ name: "WorkDone", args: { summary: "s" } }] },
    { text: "over" },
  );
  await begin(id, { name: "few", goal: "g", members: [{ name: "ann", prompt, tools: ["Read"] }] });
  await test.fact(id, "team.finished");
  const facts = await test.facts(id);
  const failed = facts.filter(({ type }) => type === "call.failed").map(({ data }) => JSON.stringify(data));
  expect(failed[0]).toContain('Unknown tool \\"Bash\\"');
  expect(failed).toHaveLength(2);
  expect(await Deno.stat(join(test.workspace, "not-allowed")).catch(() => null)).toBeNull();
});

it("a person writes to a member by its name, and cancels a team", async () => {
  test = await openTestRuntime();
  const id = await test.session();
  const slow = script({ calls: [{ name: "Bash", args: { command: "sleep 20" } }] }, { text: "over" });
  await begin(id, {
    name: "slow",
    goal: "g",
    members: [{ name: "ann", prompt: slow }, { name: "ben", prompt: "hello" }],
  });
  await test.fact(id, "call.started");
  const message = { type: "message.send", message: "hurry", delivery: "steer", to: "ann" } as const;
  await test.runtime.command(id, message, "test");
  expect(
    (await test.facts(id)).some(({ type, actor }) => type === "message.received" && actor.endsWith(":ann")),
  )
    .toBe(true);
  await test.runtime.command(id, { type: "turn.cancel", actor: "team:slow" }, "test");
  const { data } = await test.fact(id, "team.finished");
  expect(data).toMatchObject({ outcome: "stopped" });
  expect((await test.runtime.view(id)).state.summary.status).toBe("idle");
});

it("members with worktrees work apart: what one wrote is kept on its branch, the other's is gone", async () => {
  test = await openTestRuntime();
  await makeRepository(test.workspace);
  const id = await test.session();
  const working = (command: string) =>
    script(
      { calls: [{ name: "Bash", args: { command } }] },
      { calls: [{ name: "WorkDone", args: { summary: "s" } }] },
      { text: "over" },
    );
  await begin(id, {
    name: "apart",
    goal: "g",
    members: [
      { name: "ann", prompt: working("echo ann > mine.txt"), isolation: "worktree" },
      { name: "ben", prompt: working("ls"), isolation: "worktree" },
    ],
  });
  await test.fact(id, "team.finished");
  await until("both worktrees", async () => {
    const left = (await test.facts(id)).filter(({ type }) => type === "agent.worktree_left");
    return left.length === 2 ? left : null;
  });
  const facts = await test.facts(id);
  const left = facts.flatMap((fact) => fact.type === "agent.worktree_left" ? [fact.data] : []);
  const [ann, ben] = ["ann", "ben"].map((name) => left.find(({ agent }) => agent === name));
  expect(ann).toMatchObject({ removed: false });
  expect(ben).toMatchObject({ removed: true });
  expect(await Deno.readTextFile(join(ann?.path ?? "", "mine.txt"))).toBe("ann\n");
  expect(await Deno.stat(join(test.workspace, "mine.txt")).catch(() => null)).toBeNull();
  expect(await git(test.workspace, "worktree", "list")).not.toContain("-ben");
  expect(JSON.stringify(facts.find(({ type }) => type === "team.finished"))).toContain(ann?.branch);
  await git(test.workspace, "worktree", "remove", "--force", ann?.path ?? "");
});

it("a team whose worktree cannot be made is not begun, and leaves nothing behind", async () => {
  test = await openTestRuntime();
  const id = await test.session();
  const spec = {
    name: "apart",
    goal: "g",
    members: [{ name: "ann", prompt: "p", isolation: "worktree" as const }],
  };
  await expect(begin(id, spec)).rejects.toThrow(/git repository/);
  const turn = await test.turn(id, script({ calls: [{ name: "Team", args: spec }] }, { text: "so be it" }));
  expect(JSON.stringify(turn.tool_calls)).toContain("git repository");
  expect(await test.types(id)).not.toContain("team.started");
});

it("a member that waits for the team it is in is told so at once, not when its time is up", async () => {
  test = await openTestRuntime();
  const id = await test.session();
  const waits = script(
    { calls: [{ name: "AgentWait", args: { agents: ["team:ring"] } }] },
    { calls: [{ name: "WorkDone", args: { summary: "waited for nobody" } }] },
    { text: "over" },
  );
  await begin(id, { name: "ring", goal: "g", members: [{ name: "ann", prompt: waits }] });
  await test.fact(id, "team.finished");
  const errors = (await test.facts(id)).flatMap((fact) =>
    fact.type === "call.failed" ? [fact.data.error] : []
  );
  expect(errors).toEqual(['Cannot wait for "team:ring": it waits for you']);
});
