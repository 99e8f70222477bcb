// A team of five whose members mail, wait for tasks, run commands and ask once for approval. It comes to the same end
// whenever it is cut short: the scripted provider answers by the conversation alone.
import { expect } from "vitest";
import type { z } from "zod";
import type { JsonObject } from "../../src/protocol/json.ts";
import type { teamSpec } from "../../src/protocol/team_spec.ts";
import { script, type Step } from "./runtime.ts";

/** Words of a step are said in pieces, each after this: so that there is time to be killed in. */
const slowMs = 15;
const words = "I have looked at what there is to do, and this is what comes next in my part of it.";
const call = (name: string, args: JsonObject): Step => ({
  text: words,
  delay_ms: slowMs,
  calls: [{ name, args }],
});
const ledger = (who: string) => call("Bash", { command: `echo ${who} >> ledger; sleep 0.05` });
const done = (who: string): Step[] => [
  call("WorkDone", { summary: `${who} has done its part` }),
  { text: `${who} is done` },
];

/** The tasks, by the ids of the calls by hand that make them; each is the next one's blocker. */
export const tasks: { id: string; args: JsonObject }[] = [
  { id: "1", args: { subject: "Write it", description: "The code", owner: "coder" } },
  {
    id: "2",
    args: { subject: "Test it", description: later("tester", "t2"), owner: "tester", blocked_by: ["t1"] },
  },
  {
    id: "3",
    args: { subject: "Tell it", description: later("writer", "t3"), owner: "writer", blocked_by: ["t2"] },
  },
];

/** What a member does once its task can be begun. */
function later(who: string, task: string): string {
  const steps = [
    ledger(who),
    call("TaskUpdate", { task_id: task, status: "completed" }),
    call("SendMessage", { to: "lead", message: `${task} is done` }),
    ...done(who),
  ];
  return `\`\`\`${script(...steps)}\n\`\`\``;
}

export const five: z.input<typeof teamSpec> = {
  name: "five",
  goal: "Make something small together",
  milestones: ["coded"],
  members: [
    {
      name: "planner",
      prompt: script(
        call("SendMessage", { to: "coder", message: "begin with t1" }),
        call("SendMessage", { to: "@all", message: "we have begun" }),
        ...done("planner"),
      ),
    },
    {
      name: "coder",
      role: "writes the code",
      prompt: script(
        ledger("coder"),
        call("TaskUpdate", { task_id: "t1", status: "completed" }),
        call("WorkDone", { summary: "it is written", milestone: "coded" }),
        ...done("coder"),
      ),
    },
    { name: "tester", prompt: script({ text: "I wait for the code" }) },
    { name: "writer", prompt: script({ text: "I wait for the tests" }) },
    {
      name: "guard",
      // Stricter than its session: what it runs is asked about.
      permission_mode: "default",
      prompt: script(
        call("Bash", { command: "touch guarded && echo guard >> ledger" }),
        call("SendMessage", { to: "lead", message: "guarded" }),
        ...done("guard"),
      ),
    },
  ],
};

export const membersInLedger = ["coder", "guard", "tester", "writer"];

/** What must be so in the log of a team of five that was left to its end. */
export function checkFive(facts: readonly { type: string; actor: string; data: object }[]): void {
  const of = (type: string) => facts.filter((fact) => fact.type === type);
  const names = five.members.map(({ name }) => name);
  expect(of("team.finished").map(({ data }) => data)).toMatchObject([{
    outcome: "completed",
    members: names.map((name) => ({ name, state: "done", summary: `${name} has done its part` })),
  }]);
  expect(of("agent.finished").map(({ actor }) => actor).sort()).toEqual(names.map(pathOf).sort());
  expect([...of("agent.failed"), ...of("agent.stopped")]).toEqual([]);
  expect(of("team.milestone_reached")).toHaveLength(1);
  expect(of("team.work_done")).toHaveLength(5);
  // Mail: each once, whatever was cut short.
  const mail = of("team.message_sent").map(({ data }) => `${field(data, "from")}: ${field(data, "text")}`)
    .sort();
  expect(mail).toEqual([
    "guard: guarded",
    "planner: begin with t1",
    "planner: we have begun",
    "tester: t2 is done",
    "writer: t3 is done",
  ]);
  // Calls: one end each, and one start for each attempt of its own.
  const proposed = of("call.proposed").map(({ data }) => field(data, "call_id"));
  expect(new Set(proposed).size).toBe(proposed.length);
  for (const id of proposed) {
    const ends = facts.filter(({ type, data }) =>
      /^call\.(finished|failed|denied|interrupted)$/.test(type) && field(data, "call_id") === id
    );
    expect(ends, `ends of call ${id}`).toHaveLength(1);
  }
  expect(of("call.approval_requested")).toHaveLength(1);
  expect(of("call.approved")).toHaveLength(1);
}

export function pathOf(name: string): string {
  return `team:five/agent:${name}`;
}

function field(data: unknown, name: string): string {
  // Read only to be compared.
  return String((data as Record<string, unknown>)[name]);
}
