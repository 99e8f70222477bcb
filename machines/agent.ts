// The agent machine: the loop of one agent, main or sub-agent: a message, a model call, tool calls, until the turn ends.
// Pure: what is to be done outside is a named action; ids come from the sequence number of the fact.
import { assign, setup } from "xstate";
import type { ErrorInfo, TurnOutcome } from "../src/protocol/facts.ts";
import type { AgentContext, AgentEvent } from "./agent_events.ts";
import { iterationsMax } from "./step.ts";

const initialContext: Omit<AgentContext, "conducts" | "led" | "turnMax"> = {
  conducting: null,
  steps: 0,
  stepsMax: null,
  nextStepsMax: null,
  request: null,
  open: [],
  asking: [],
  steering: 0,
  queued: 0,
  outcome: "completed",
  error: null,
};

const without = (ids: readonly string[], id: string) => ids.filter((other) => other !== id);

const base = setup({
  types: {
    context: {} as AgentContext,
    events: {} as AgentEvent,
    input: {} as { conducts: boolean; led?: boolean; turnMax?: number | null },
  },
  actions: {
    // Effects: named, with JSON parameters; the kernel carries them out.
    "model.call": (_, _params: { request_id: string }) => {},
    "calls.propose": (_, _params: { request_id: string; call_ids: string[] }) => {},
    "work.cancel": () => {},
    /** Begin the run of the session's mode that answers the message of this fact. */
    "supervisor.start": (_, _params: { supervisor: string; of_seq: number }) => {},
    /** End the actor whose budget it is, and with it this one. */
    "budget.end": (_, _params: { of: string }) => {},
    "turn.end": (_, _params: { outcome: TurnOutcome; steps: number; error?: ErrorInfo }) => {},
    // Bookkeeping.
    begin_turn: assign(({ context, event }) => ({
      steps: 0,
      stepsMax: (event.type === "message.received" ? event.max_steps : context.nextStepsMax) ??
        context.turnMax,
      nextStepsMax: null,
      steering: 0,
      queued: 0,
      outcome: "completed" as const,
      error: null,
    })),
    begin_request: assign(({ context, event }) => ({
      steps: context.steps + 1,
      request: event.type === "background.ended" && event.nth > 0
        ? `r${event.seq}.${event.nth}`
        : `r${event.seq}`,
    })),
    note_waiting: assign(({ context, event }) => {
      if (event.type === "background.ended") return { steering: context.steering + 1 };
      if (event.type !== "message.received") return {};
      if (event.delivery === "steer") return { steering: context.steering + 1 };
      return { queued: context.queued + 1, nextStepsMax: event.max_steps ?? null };
    }),
    /** A person lets a paused turn go on: its calls are counted anew. */
    count_anew: assign({ steps: 0 }),
    clear_steering: assign({ steering: 0 }),
    note_reply: assign(({ event }) => ({
      request: null,
      open: event.type === "model.replied" ? event.call_ids : [],
      asking: [],
    })),
    note_failure: assign(({ event }) => ({
      request: null,
      outcome: "failed" as const,
      error: event.type === "model.failed" ? event.error : null,
    })),
    forget_request: assign({ request: null }),
    note_asking: assign(({ context, event }) =>
      event.type === "call.approval_requested"
        ? { asking: [...without(context.asking, event.call_id), event.call_id] }
        : {}
    ),
    note_answered: assign(({ context, event }) =>
      event.type === "call.approved" ? { asking: without(context.asking, event.call_id) } : {}
    ),
    note_ended: assign(({ context, event }) =>
      event.type === "call.ended"
        ? { open: without(context.open, event.call_id), asking: without(context.asking, event.call_id) }
        : {}
    ),
    begin_conducting: assign(({ event }) => ({ conducting: event.seq })),
    forget_conducting: assign({ conducting: null }),
    note_mode_end: assign(({ event }) => event.type === "mode.finished" ? modeEnd(event) : {}),
    note_limit: assign({ outcome: "limit" as const }),
    note_cancel: assign(({ event }) => ({
      outcome: event.type === "turn.cancelled" ? event.outcome : "interrupted" as const,
    })),
  },
  guards: {
    is_current: ({ context, event }) => "request_id" in event && event.request_id === context.request,
    has_calls: ({ context, event }) =>
      event.type === "model.replied" && event.request_id === context.request && event.call_ids.length > 0,
    is_steered: ({ context, event }) =>
      event.type === "model.replied" && event.request_id === context.request && context.steering > 0 &&
      (context.stepsMax === null || context.steps < context.stepsMax),
    is_open: ({ context, event }) => "call_id" in event && context.open.includes(event.call_id),
    is_last_call: ({ context, event }) =>
      event.type === "call.ended" && context.open.length === 1 && context.open[0] === event.call_id,
    is_last_call_of_turn: ({ context, event }) =>
      event.type === "call.ended" && context.open.length === 1 && context.open[0] === event.call_id &&
      context.stepsMax !== null && context.steps >= context.stepsMax,
    is_last_asking: ({ context, event }) =>
      "call_id" in event && context.asking.length === 1 && context.asking[0] === event.call_id,
    conducts: ({ context }) => context.conducts,
    nothing_left: ({ context }) =>
      context.request === null && context.open.length === 0 && context.conducting === null,
    goes_on: ({ context, event }) =>
      event.type === "turn.ended" && context.steering + context.queued > 0 &&
      (event.outcome === "completed" ||
        (!context.led && (event.outcome === "cancelled" || event.outcome === "limit"))),
    ended_completed: ({ event }) => event.type === "turn.ended" && event.outcome === "completed",
    ended_failed: ({ event }) => event.type === "turn.ended" && event.outcome === "failed",
    stops: ({ event }) => event.type === "budget.exceeded" && event.stops !== undefined,
    wakes: ({ event }) => event.type === "background.ended" && event.wakes,
    ended_parked: ({ event }) => event.type === "turn.ended" && event.outcome === "parked",
  },
});

function modeEnd({ outcome, reason }: Extract<AgentEvent, { type: "mode.finished" }>): Partial<AgentContext> {
  if (outcome === "failed") return { outcome: "failed", error: { code: "mode_failed", message: reason } };
  return { outcome: outcome === "completed" ? "completed" : outcome === "limit" ? "limit" : "interrupted" };
}

const begin = { target: "beginning", actions: ["begin_turn"] } as const;
const stop = { target: "stopped" } as const;
const notes = { actions: ["note_waiting"] } as const;
const atRest = { on: { "message.received": begin, "session.archived": stop } } as const;
const halt = { target: "cancelling", actions: ["note_cancel"] } as const;

/**
 * States at rest: idle, interrupted, failed, parked, stopped. `paused` waits for a person with its turn still open. All
 * others have work going on or owed.
 */
export const agentMachine = base.createMachine({
  id: "agent",
  options: { maxIterations: iterationsMax },
  context: ({ input }) => ({
    ...initialContext,
    conducts: input.conducts,
    led: input.led ?? false,
    turnMax: input.turnMax ?? null,
  }),
  initial: "idle",
  states: {
    idle: { on: { ...atRest.on, "background.ended": { guard: "wakes", ...begin } } },
    interrupted: atRest,
    failed: atRest,
    /** Crashed too often on the same work: waits for a person, any message goes on. */
    parked: atRest,
    stopped: { on: { "session.restored": { target: "idle" }, "session.forked": { target: "idle" } } },
    beginning: { always: [{ guard: "conducts", target: "conducting" }, "thinking"] },
    /** The agents of a mode answer together; what is said to it meanwhile is for the turn after this one. */
    conducting: {
      entry: [
        "begin_conducting",
        {
          type: "supervisor.start",
          params: ({ context }) => ({
            supervisor: `main/mode:${context.conducting ?? 0}`,
            of_seq: context.conducting ?? 0,
          }),
        },
      ],
      on: {
        "message.received": notes,
        "background.ended": notes,
        "mode.finished": { target: "settling", actions: ["forget_conducting", "note_mode_end"] },
        "turn.cancelled": halt,
        "session.forked": halt,
      },
    },
    thinking: {
      entry: [
        "begin_request",
        { type: "model.call", params: ({ context }) => ({ request_id: context.request ?? "" }) },
      ],
      on: {
        "message.received": notes,
        "background.ended": notes,
        "budget.exceeded": [
          {
            guard: "stops",
            target: "paused",
            actions: [
              "forget_request",
              {
                type: "budget.end",
                params: ({ event }) => ({ of: event.type === "budget.exceeded" ? event.stops ?? "" : "" }),
              },
            ],
          },
          { target: "paused", actions: ["forget_request"] },
        ],
        "model.called": { guard: "is_current", actions: ["clear_steering"] },
        "model.replied": [
          {
            guard: "has_calls",
            target: "acting",
            actions: [
              "note_reply",
              {
                type: "calls.propose",
                params: ({ event }) =>
                  event.type === "model.replied"
                    ? { request_id: event.request_id, call_ids: event.call_ids }
                    : { request_id: "", call_ids: [] },
              },
            ],
          },
          { guard: "is_steered", target: "thinking", reenter: true, actions: ["note_reply"] },
          { guard: "is_current", target: "settling", actions: ["note_reply"] },
        ],
        "model.failed": { guard: "is_current", target: "settling", actions: ["note_failure"] },
        "turn.cancelled": halt,
        "session.forked": halt,
      },
    },
    /** A limit was met: a person extends it, says something, or cancels. */
    paused: {
      on: {
        "message.received": { target: "thinking", actions: ["note_waiting", "count_anew"] },
        "background.ended": notes,
        "budget.extended": { target: "thinking", actions: ["count_anew"] },
        "turn.cancelled": halt,
        "session.forked": halt,
        "session.archived": stop,
      },
    },
    acting: {
      initial: "running",
      states: { running: {}, waiting_for_approval: {} },
      on: {
        "message.received": notes,
        "background.ended": notes,
        "call.approval_requested": {
          guard: "is_open",
          target: ".waiting_for_approval",
          actions: ["note_asking"],
        },
        "call.approved": [
          { guard: "is_last_asking", target: ".running", actions: ["note_answered"] },
          { guard: "is_open", actions: ["note_answered"] },
        ],
        "call.ended": [
          { guard: "is_last_call_of_turn", target: "settling", actions: ["note_ended", "note_limit"] },
          { guard: "is_last_call", target: "thinking", actions: ["note_ended"] },
          { guard: "is_last_asking", target: ".running", actions: ["note_ended"] },
          { guard: "is_open", actions: ["note_ended"] },
        ],
        "turn.cancelled": halt,
        "session.forked": halt,
      },
    },
    cancelling: {
      entry: ["work.cancel"],
      always: { guard: "nothing_left", target: "settling" },
      on: {
        "message.received": notes,
        "background.ended": notes,
        "model.failed": { guard: "is_current", actions: ["forget_request"] },
        "call.ended": { guard: "is_open", actions: ["note_ended"] },
        "mode.finished": { actions: ["forget_conducting"] },
        // A cancelled turn may still be forked or interrupted by a stop of the daemon: the first outcome stands.
        "session.forked": { target: "cancelling", reenter: true },
      },
    },
    settling: {
      entry: [{
        type: "turn.end",
        params: ({ context }) => ({
          outcome: context.outcome,
          steps: context.steps,
          ...(context.error === null ? {} : { error: context.error }),
        }),
      }],
      on: {
        "message.received": notes,
        "background.ended": notes,
        "session.forked": { target: "settling", reenter: true },
        "turn.ended": [
          { guard: "goes_on", target: "beginning", actions: ["begin_turn"] },
          { guard: "ended_completed", target: "idle" },
          { guard: "ended_failed", target: "failed" },
          { guard: "ended_parked", target: "parked" },
          { target: "interrupted" },
        ],
      },
    },
  },
});
