// Model-based: shortest paths over each machine reach every state, and together take every transition.
import { expect, it } from "vitest";
import {
  type AnyEventObject,
  type AnyMachineSnapshot,
  type AnyStateMachine,
  type AnyStateNode,
  getMicrosteps,
} from "xstate";
import { getShortestPaths } from "xstate/graph";
import { agentMachine } from "../../machines/agent.ts";
import { backgroundTaskMachine } from "../../machines/background_task.ts";
import { debateMachine } from "../../machines/modes/debate.ts";
import { parallelMachine } from "../../machines/modes/parallel.ts";
import { reviewMachine } from "../../machines/modes/review.ts";
import { sequentialMachine } from "../../machines/modes/sequential.ts";
import { modeEvents, modeInput } from "../support/mode_events.ts";
import { stepMachine } from "../../machines/step.ts";
import { subAgentMachine } from "../../machines/sub_agent.ts";
import { teamMachine } from "../../machines/team.ts";
import type { TeamContext } from "../../machines/team_context.ts";
import { toolCallMachine } from "../../machines/tool_call.ts";

const seq = 1;
const agentEvents: AnyEventObject[] = [
  { type: "message.received", seq, delivery: "steer", max_steps: 2 },
  { type: "message.received", seq, delivery: "queue", max_steps: 1 },
  { type: "model.called", seq, request_id: "r1" },
  { type: "model.replied", seq, request_id: "r1", call_ids: [] },
  { type: "model.replied", seq, request_id: "r1", call_ids: ["a"] },
  { type: "model.replied", seq, request_id: "r1", call_ids: ["a", "b"] },
  { type: "model.failed", seq, request_id: "r1", error: { code: "x", message: "" } },
  { type: "call.approval_requested", seq, call_id: "a" },
  { type: "call.approval_requested", seq, call_id: "b" },
  { type: "call.approved", seq, call_id: "a" },
  { type: "call.approved", seq, call_id: "b" },
  { type: "call.ended", seq, call_id: "a" },
  { type: "call.ended", seq, call_id: "b" },
  { type: "budget.exceeded", seq },
  { type: "budget.exceeded", seq, stops: "a" },
  { type: "budget.extended", seq },
  { type: "background.ended", seq, wakes: true, nth: 0 },
  { type: "background.ended", seq, wakes: false, nth: 0 },
  ...["completed", "failed", "stopped", "limit"].map((outcome) => ({
    type: "mode.finished",
    seq,
    outcome,
    reason: "",
  })),
  { type: "turn.cancelled", seq, outcome: "cancelled" },
  ...["completed", "cancelled", "interrupted", "failed", "limit", "parked"].map((outcome) => ({
    type: "turn.ended",
    seq,
    outcome,
  })),
  { type: "session.forked", seq },
  { type: "session.archived", seq },
  { type: "session.restored", seq },
];
const callEvents = [
  "approval_requested",
  "approved",
  "denied",
  "started",
  "finished",
  "failed",
  "interrupted",
]
  .map((end) => ({ type: `call.${end}` }))
  .concat([{ type: "question.asked" }, { type: "question.answered" }]);
const childEvents: AnyEventObject[] = [
  { type: "turn.began" },
  { type: "turn.ended", outcome: "completed", transient: false },
  { type: "turn.ended", outcome: "failed", transient: true },
  { type: "turn.cancelled", outcome: "cancelled" },
  { type: "agent.restarted", at: "2026-01-01T00:00:00.000Z", after_ms: 1 },
  { type: "timer.fired" },
  ...["resumed", "worktree_left", "finished", "failed", "stopped"].map((end) => ({ type: `agent.${end}` })),
];

const again = { path: "main/agent:a", restart: { max: 1, backoff_ms: 1 } };

const at = "2026-01-01T00:00:00.000Z";
const teamEvents: AnyEventObject[] = [
  { type: "child.began", seq, at, child: "team:t/agent:a" },
  ...["completed", "failed", "limit", "cancelled"].map((outcome) => ({
    type: "child.rested",
    seq,
    at,
    child: "team:t/agent:a",
    outcome,
  })),
  ...["finished", "failed", "stopped"].map((how) => ({
    type: "child.ended",
    seq,
    at,
    child: "team:t/agent:a",
    how,
  })),
  { type: "timer.fired", seq, at, timer_id: "team:t#again:a" },
  { type: "timer.fired", seq, at, timer_id: "team:t#look" },
  { type: "task.created", seq, at, by: "main", data: { task_id: "1", owner: "a", blocked_by: [] } },
  { type: "task.updated", seq, at, by: "main", data: { task_id: "1", status: "completed" } },
  { type: "team.stirred", seq, at },
  { type: "team.work_done", seq, at, data: { member: "a", summary: "", call_id: "c" } },
  { type: "team.milestone_reached", seq, at, data: { member: "a", milestone: "m", call_id: "c" } },
  { type: "team.member_failed", seq, at, data: { member: "a" } },
  { type: "team.round_ended", seq, at, data: { round: 1, resting: [], waiting: [] } },
  { type: "team.round_ended", seq, at, data: { round: 1, resting: [], waiting: ["a"] } },
  { type: "team.finished", seq, at, data: {} },
  { type: "turn.cancelled", seq, at, outcome: "cancelled" },
  { type: "session.forked", seq, at },
];
const teamInput = {
  actor: "team:t",
  seq,
  at,
  data: {
    team: "t",
    name: "t",
    goal: "",
    parent: "main",
    by: "model",
    call_id: "c",
    wait: "hybrid",
    milestones: ["m"],
    members: [{ name: "a", prompt: "" }],
    restart: { max: 1, backoff_ms: 1 },
  },
};

/** What a machine may start with decides which of its states it comes to. */
const cases: [string, AnyStateMachine, AnyEventObject[], Record<string, unknown>[]][] = [
  ["agent", agentMachine, agentEvents, [
    { conducts: false },
    { conducts: true },
    { conducts: false, led: true, turnMax: 2 },
  ]],
  ["tool call", toolCallMachine, callEvents, [{ callId: "c", name: "n" }]],
  ["background task", backgroundTaskMachine, [{ type: "background.ended" }], [{ backgroundId: "b" }]],
  ["team", teamMachine, teamEvents, [teamInput]],
  ["sub-agent", subAgentMachine, childEvents, [
    { agent: "a", callId: "c", kind: "task", worktree: false, ...again },
    { agent: "a", callId: null, kind: "member", worktree: false, ...again },
    { agent: "a", callId: null, kind: "member", worktree: true, ...again },
    { agent: "a", callId: "c", kind: "background", worktree: false, ...again },
    { agent: "a", callId: "c", kind: "task", worktree: true, ...again },
    { agent: "a", callId: "c", kind: "background", worktree: true, ...again },
  ]],
];

const modes: typeof cases = [
  ["sequential", sequentialMachine, modeEvents(["a", "b"]), [modeInput([["a", "member"], ["b", "member"]])]],
  ["parallel", parallelMachine, modeEvents(["a", "s"]), [modeInput([["a", "member"], ["s", "synthesiser"]])]],
  ["debate", debateMachine, modeEvents(["a", "b", "j"]), [
    modeInput([["a", "member"], ["b", "member"], ["j", "judge"]], 0),
  ]],
  ["review", reviewMachine, modeEvents(["a", "x"]), [modeInput([["a", "author"], ["x", "reviewer"]])]],
];

/** What the guards of a team can tell apart, and where its member is. */
function teamAbstracted({ members, milestones, stirred, quiet, end, finishing }: TeamContext): unknown[] {
  const far = Object.values(members).map(({ at, said }) => [at, said]);
  return [far, milestones.length, stirred, quiet, end === null, finishing];
}

/** Counts blur into what guards can tell apart, so that the graph is finite. */
function abstracted(snapshot: AnyMachineSnapshot): string {
  const { value, context } = snapshot;
  if ("roundsMax" in context) {
    return JSON.stringify([value, context.members, context.round, context.ending === null]);
  }
  const left = Math.max(-1, Math.min(1, (context.stepsMax ?? Infinity) - (context.steps ?? 0)));
  const ending = value === "settling" || value === "cancelling" ? context.outcome : null;
  const { request = null, conducting = null, open = [], asking = [], steering = 0, queued = 0 } = context;
  return JSON.stringify([
    value,
    request,
    conducting === null,
    [...open].sort(),
    [...asking].sort(),
    steering > 0,
    queued > 0,
    left,
    ending,
    context.attempts ?? 0,
    ...("members" in context ? teamAbstracted(context) : []),
  ]);
}

for (const [name, machine, events, inputs] of [...cases, ...modes]) {
  it(`the ${name} machine: every state is reached and every transition taken`, () => {
    const paths = inputs.flatMap((input) => {
      const options = { events, input, serializeState: abstracted, limit: 200_000 };
      return getShortestPaths(machine, options as unknown as Parameters<typeof getShortestPaths>[1]);
    });
    const seen = new Set<string>();
    const taken = new Set<string>();
    for (const path of paths) {
      const snapshot = path.state as AnyMachineSnapshot;
      for (const node of snapshot._nodes) seen.add(node.id);
      for (const event of events) {
        for (const transition of machine.getTransitionData(snapshot, event as never)) {
          taken.add(idOf(transition));
        }
        noteEventless(machine, snapshot, { event, taken, seen });
        // Every state takes every event without throwing.
        stepMachine(machine, snapshot, event);
      }
    }
    const nodes = nodesBelow(machine.root);
    const all = nodes.flatMap((node) => [...[...node.transitions.values()].flat(), ...(node.always ?? [])])
      .map(idOf);
    expect(nodes.map((node) => node.id).filter((id) => !seen.has(id))).toEqual([]);
    expect(all.filter((id) => !taken.has(id))).toEqual([]);
    expect(paths.length).toBeGreaterThan(nodes.length / 2);
  });
}

function nodesBelow(node: AnyStateNode): AnyStateNode[] {
  return [node, ...Object.values(node.states).flatMap((child) => nodesBelow(child))];
}

/** A second microstep is an eventless transition, out of a state that the first one entered. */
function noteEventless(
  machine: AnyStateMachine,
  snapshot: AnyMachineSnapshot,
  { event, taken, seen }: { event: AnyEventObject; taken: Set<string>; seen: Set<string> },
): void {
  const microsteps = getMicrosteps(machine, snapshot, event);
  for (const [passed] of microsteps.slice(0, -1)) {
    for (const node of passed._nodes) {
      seen.add(node.id);
      for (const always of node.always ?? []) taken.add(idOf(always));
    }
  }
}

interface TransitionLike {
  source: { id: string };
  eventType: string;
  target?: readonly { id: string }[] | undefined;
  guard?: unknown;
}

function idOf({ source, eventType, target, guard }: TransitionLike): string {
  return `${source.id} -${eventType}[${JSON.stringify(guard ?? null)}]-> ${
    target?.map((node) => node.id).join() ?? "."
  }`;
}
