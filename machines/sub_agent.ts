// The sub-agent machine: the life of an agent beside the main one, as its session sees it, beside the loop it runs
// (agent.ts). One of kind `member` rests between turns; the others have one turn and report how it ended.
import { assign, setup } from "xstate";
import type { AgentKind } from "../src/protocol/agent_facts.ts";
import type { TurnOutcome } from "../src/protocol/facts.ts";
import type { RestartPolicy } from "../src/protocol/supervisor_facts.ts";
import { backoffMs } from "./backoff.ts";
import { iterationsMax } from "./step.ts";

export interface SubAgentContext {
  agent: string;
  path: string;
  /** The call that waits for it; null: none does. */
  callId: string | null;
  kind: AgentKind;
  /** It works in a worktree of its own, which is left before its end is reported. */
  worktree: boolean;
  /** How its one turn ended, while its worktree is left. */
  outcome: TurnOutcome | null;
  /** How often it may go on after its endpoint failed, and how often it has been told to. */
  restart: RestartPolicy;
  attempts: number;
}

export type SubAgentEvent =
  | { type: "turn.began" }
  /** `transient`: it failed for what its endpoint did, so a later turn may do better. */
  | { type: "turn.ended"; outcome: TurnOutcome; transient: boolean }
  | { type: "turn.cancelled"; outcome: TurnOutcome }
  | { type: "agent.restarted"; at: string; after_ms: number }
  | { type: "timer.fired" }
  | { type: "agent.resumed" }
  | { type: "agent.worktree_left" }
  | { type: "agent.finished" }
  | { type: "agent.failed" }
  | { type: "agent.stopped" };

const report = {
  type: "call.report",
  params: ({ context }: { context: SubAgentContext }) => ({
    call_id: context.callId ?? "",
    agent: context.agent,
  }),
} as const;

/** To an end state, and a result for the call that waits. */
const finished = [{ guard: "is_awaited", target: "finished", actions: [report] }, "finished"] as const;
const failed = [{ guard: "is_awaited", target: "failed", actions: [report] }, "failed"] as const;
const stopped = [{ guard: "is_awaited", target: "stopped", actions: [report] }, "stopped"] as const;
const ends = { "agent.finished": finished, "agent.failed": failed, "agent.stopped": stopped } as const;

const timerOf = (path: string) => `${path}#restart`;
const dropTimer = {
  type: "timer.drop",
  params: ({ context }: { context: SubAgentContext }) => ({ timer_id: timerOf(context.path) }),
} as const;

/** The end of a member that rested; its worktree is looked at after it. */
const leaves = <T extends string>(target: T) =>
  [{ guard: "has_worktree", target, actions: ["worktree.leave"] }, target] as const;
const left = { on: { "agent.worktree_left": {} } } as const;

export const subAgentMachine = setup({
  types: {
    context: {} as SubAgentContext,
    events: {} as SubAgentEvent,
    input: {} as Omit<SubAgentContext, "outcome" | "attempts">,
  },
  actions: {
    /** Say in the log how the child ended. */
    "agent.report": (_, _params: { agent: string; outcome: TurnOutcome }) => {},
    /** Give the parent's call its result. */
    "call.report": (_, _params: { call_id: string; agent: string }) => {},
    /** Look at its worktree, and remove it when nothing was done in it. */
    "worktree.leave": () => {},
    /** Say in the log that it goes on, and when; then wait, and tell it to. */
    "agent.restart": (_, _params: { agent: string; attempt: number; after_ms: number }) => {},
    "timer.wait": (_, _params: { timer_id: string; at: string; after_ms: number }) => {},
    "timer.drop": (_, _params: { timer_id: string }) => {},
    "agent.again": (_, _params: { attempt: number }) => {},
    note_outcome: assign(({ event }) => "outcome" in event ? { outcome: event.outcome } : {}),
    note_restart: assign(({ context }) => ({ attempts: context.attempts + 1 })),
  },
  guards: {
    is_awaited: ({ context }) => context.callId !== null && context.kind === "task",
    is_member: ({ context }) => context.kind === "member",
    has_worktree: ({ context }) => context.worktree,
    goes_on: ({ context, event }) =>
      event.type === "turn.ended" && event.outcome === "failed" && event.transient &&
      context.kind !== "member" && context.attempts < context.restart.max,
  },
}).createMachine({
  id: "sub_agent",
  options: { maxIterations: iterationsMax },
  context: ({ input }) => ({
    agent: input.agent,
    callId: input.callId,
    kind: input.kind,
    worktree: input.worktree,
    path: input.path,
    restart: input.restart,
    outcome: null,
    attempts: 0,
  }),
  initial: "running",
  states: {
    running: {
      on: {
        ...ends,
        "turn.ended": [
          { guard: "is_member", target: "resting" },
          { guard: "goes_on", target: "waiting", actions: ["note_restart"] },
          { guard: "has_worktree", target: "leaving", actions: ["note_outcome"] },
          {
            target: "reporting",
            actions: [{
              type: "agent.report",
              params: ({ context, event }) => ({ agent: context.agent, outcome: event.outcome }),
            }],
          },
        ],
        // Taken up again by a restarted daemon.
        "agent.resumed": "running",
      },
    },
    /** A member between two turns: mail, a person or whoever leads it begins the next one. */
    resting: {
      on: {
        "turn.began": "running",
        "agent.finished": leaves("finished"),
        "agent.failed": leaves("failed"),
        "agent.stopped": leaves("stopped"),
      },
    },
    /** Its endpoint failed: it goes on where it was in a while, or when somebody says something to it. */
    waiting: {
      entry: [{
        type: "agent.restart",
        params: ({ context: { agent, attempts, restart } }) => ({
          agent,
          attempt: attempts,
          after_ms: backoffMs(restart.backoff_ms, attempts),
        }),
      }],
      on: {
        ...ends,
        "agent.restarted": {
          actions: [{
            type: "timer.wait",
            params: ({ context, event }) => ({
              timer_id: timerOf(context.path),
              at: event.at,
              after_ms: event.after_ms,
            }),
          }],
        },
        "timer.fired": {
          actions: [{ type: "agent.again", params: ({ context }) => ({ attempt: context.attempts }) }],
        },
        "turn.began": { target: "running", actions: [dropTimer] },
        "turn.cancelled": [
          { guard: "has_worktree", target: "leaving", actions: ["note_outcome", dropTimer] },
          {
            target: "reporting",
            actions: [dropTimer, {
              type: "agent.report",
              params: ({ context, event }) => ({ agent: context.agent, outcome: event.outcome }),
            }],
          },
        ],
      },
    },
    /** Its turn is over; its end is reported when it is known what becomes of its worktree. */
    leaving: {
      entry: ["worktree.leave"],
      on: {
        ...ends,
        "agent.worktree_left": {
          target: "reporting",
          actions: [{
            type: "agent.report",
            params: ({ context }) => ({ agent: context.agent, outcome: context.outcome ?? "completed" }),
          }],
        },
      },
    },
    reporting: { on: ends },
    finished: left,
    failed: left,
    stopped: left,
  },
});
