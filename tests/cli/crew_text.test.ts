// The facts of other agents, of what leads them and of the session itself in words, and that no type of fact has none.
import { expect, test } from "vitest";
import pc from "picocolors";
import { agentFacts } from "../../src/protocol/agent_facts.ts";
import { factData } from "../../src/protocol/facts.ts";
import type { JsonObject } from "../../src/protocol/json.ts";
import { modeFacts } from "../../src/protocol/mode_facts.ts";
import { teamFacts } from "../../src/protocol/team_facts.ts";
import { sessionWorkFacts } from "../../src/protocol/work_facts.ts";
import { workflowFacts } from "../../src/protocol/workflow_facts.ts";
import { crewWords } from "../../src/cli/crew_text.ts";
import { renderEvent } from "../../src/cli/render.ts";
import { workText } from "../../src/cli/work_text.ts";

const restart = { max: 1, backoff_ms: 10 };
const plan = { ids: [], kinds: [], starts: [], to: [], loops: [], max_parallel: 1, more: {} };
const key = "k";
const failure = { key, member: "ann", error: "no net", attempt: 1, restarts: true, after_ms: 20 };

const told: [type: string, data: JsonObject, words: string][] = [
  ["session.renamed", { name: "dig" }, "is called dig now"],
  ["session.forked", { session_id: "s", from: "r", at: 7 }, "forked from r at #7"],
  ["session.archived", {}, "moved to the trash"],
  ["session.restored", {}, "taken out of the trash"],
  [
    "session.owned",
    { epoch: 2, version: "1.0", recovered: true },
    "taken up again after a restart by 1.0 (epoch 2)",
  ],
  ["session.owned", { epoch: 2, version: "1.0", recovered: false }, "taken up by 1.0 (epoch 2)"],
  ["session.upgraded", { from: "a", to: "b" }, "folded by newer machines from here on: a -> b"],
  ["turn.cancelled", { by: "me", outcome: "cancelled" }, "cancelled by me"],
  [
    "agent.started",
    {
      agent: "c1",
      name: "ann",
      parent: "main",
      description: "Dig here",
      prompt: "p",
      kind: "member",
      role: "digger",
    },
    "agent ann started by main (member, digger): Dig here",
  ],
  [
    "agent.started",
    { agent: "c1", parent: "main", description: "", prompt: "p" },
    "agent c1 started by main (task)",
  ],
  ["agent.resumed", { agent: "c1" }, "agent c1 taken up again after a restart"],
  [
    "agent.restarted",
    { agent: "c1", attempt: 1, after_ms: 1500, error: "no net" },
    "agent c1 begins again in 1.5 s (restart 1): no net",
  ],
  ["agent.finished", { agent: "c1", result: "done" }, "agent c1 finished: done"],
  ["agent.failed", { agent: "c1", error: "no" }, "agent c1 failed: no"],
  ["agent.stopped", { agent: "c1", reason: "cancelled" }, "agent c1 stopped: cancelled"],
  [
    "agent.worktree_left",
    { agent: "c1", path: "/w", branch: "dig", removed: false, reason: "it has changes" },
    "agent c1 left its worktree /w (branch dig): kept: it has changes",
  ],
  ["timer.fired", { timer_id: "team:t#ann" }, "the time has come: team:t#ann"],
  [
    "team.message_sent",
    { message_id: "m", from: "ann", to: ["team:t/agent:bob", "main"], text: "hi" },
    "ann to team:t/agent:bob, main: hi",
  ],
  [
    "team.started",
    {
      team: "t",
      name: "diggers",
      goal: "a hole",
      parent: "main",
      by: "model",
      wait: "hybrid",
      milestones: ["half"],
      members: [{ name: "ann", prompt: "p", role: "digger" }, { name: "bob", prompt: "p" }],
      restart,
      budget: { tokens: 100 },
    },
    "team diggers started (model, hybrid): a hole, budget tokens 100\nann (digger)\nbob\nmilestone half",
  ],
  ["team.work_done", { member: "ann", summary: "dug", call_id: "c" }, "ann is done: dug"],
  ["team.milestone_reached", { milestone: "half", member: "ann", call_id: "c" }, "ann reached half"],
  ["team.member_failed", failure, "ann failed (attempt 1) and begins again in 20 ms: no net"],
  ["team.round_ended", { key, round: 2, resting: ["ann"], reason: "quiet" }, "round 2 ended: quiet (ann)"],
  [
    "team.finished",
    {
      key,
      team: "t",
      outcome: "failed",
      reason: "bob slept",
      members: [{ name: "bob", state: "idle", summary: "zzz" }],
    },
    "team t ended, failed: bob slept\nbob (idle): zzz",
  ],
  [
    "mode.started",
    {
      key,
      run: "5",
      mode: "debate",
      parent: "main",
      of_seq: 5,
      settings: { members: [{ name: "ann", part: "judge" }], rounds_max: 3, restart },
    },
    "debate begins for message #5, at most 3 rounds\nann (judge)",
  ],
  [
    "mode.said",
    { key, member: "ann", part: "reviewer", round: 1, what: "review", verdict: "approve", request_id: "r" },
    "ann (reviewer), round 1: review, approve",
  ],
  ["mode.member_failed", { ...failure, restarts: false }, "ann failed (attempt 1) and is given up: no net"],
  ["mode.round_ended", { key, round: 1, reason: "all agree" }, "round 1 ended: all agree"],
  [
    "mode.finished",
    { key, run: "5", outcome: "completed", reason: "", text: "42" },
    "the mode ended, completed\n42",
  ],
  [
    "workflow.started",
    {
      workflow: "w",
      name: "release",
      parent: "main",
      by: "user",
      definition: {},
      plan,
      inputs: { tag: "v1" },
      source: "r.yaml",
    },
    'workflow release (w) started by user from r.yaml\ntag = "v1"',
  ],
  [
    "workflow.node_started",
    { key, node: "build", run: "build.2", visit: 2, attempt: 3 },
    "node build started (build.2), visit 2, attempt 3",
  ],
  [
    "workflow.node_finished",
    { key, node: "build", run: "build.1", output: "ok", next: ["test"] },
    'node build finished (build.1), then test: "ok"',
  ],
  [
    "workflow.node_failed",
    { key, node: "b", run: "b.1", attempt: 1, error: "no", retries: true, after_ms: 5, next: [] },
    "node b failed (b.1, attempt 1): no; again in 5 ms",
  ],
  ["workflow.paused", { by: "me", reason: "lunch" }, "paused by me: lunch"],
  ["workflow.resumed", { by: "me" }, "goes on, resumed by me"],
  [
    "workflow.edited",
    { by: "me", definition: {}, plan, follows: [] },
    "edited by me",
  ],
  [
    "workflow.finished",
    { key, workflow: "w", outcome: "completed", reason: "all done", outputs: { n: 1 } },
    "workflow w ended, completed: all done\nn = 1",
  ],
];

test("each fact of agents, teams, modes and workflows is told in one line that says what matters", () => {
  for (const [type, data, words] of told) expect(workText({ type, data })?.join("\n"), type).toBe(words);
  const types = new Set(told.map(([type]) => type));
  const crew = Object.keys({ ...agentFacts, ...teamFacts, ...modeFacts, ...workflowFacts });
  expect(crew.filter((type) => !types.has(type))).toEqual([]);
  console.log(`words: ${types.size} types of facts of the crew and the session told in ${told.length} ways`);
});

test("no type of fact is shown as raw JSON", () => {
  const inRender = /^(?:session\.created|message\.|model\.|call\.|turn\.ended)/;
  const inWork = new Set(Object.keys(sessionWorkFacts));
  const here = new Set(told.map(([type]) => type));
  const silent = Object.keys(factData).filter((type) =>
    !inRender.test(type) && !inWork.has(type) && !here.has(type)
  );
  expect(silent).toEqual([]);
  for (const [type, data] of told) {
    const event = { seq: 1, at: "2026-01-01T00:00:00.000Z", actor: "main", type, v: 1, data };
    expect(renderEvent(event, { colours: pc.createColors(false), columns: 100 })).not.toContain('{"');
  }
  expect(Object.keys(crewWords).filter((type) => !Object.hasOwn(factData, type))).toEqual([]);
});

test("no string of any of these facts reaches the terminal as it is", () => {
  const fixed = ["kind", "wait", "by", "outcome", "mode", "part", "what", "verdict", "state"];
  const evil = (value: unknown): unknown => {
    if (typeof value === "string") return `${value}\x1b[2J\n\u202e`;
    if (Array.isArray(value)) return value.map(evil);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([name, one]) => [name, fixed.includes(name) ? one : evil(one)]),
    );
  };
  for (const [type, data] of told) {
    const lines = workText({ type, data: evil(data) as JsonObject }); // The same shape, other strings.
    expect(lines, type).toBeDefined();
    // deno-lint-ignore no-control-regex
    for (const line of lines ?? []) expect(line).not.toMatch(/[\x00-\x1f\x7f-\x9f\u202a-\u202e]/);
  }
});
