// A session state as plain JSON and back: for snapshots, digests of the whole and views.
import type { JsonObject, JsonValue } from "../src/protocol/json.ts";
import { agentMachine } from "./agent.ts";
import { backgroundTaskMachine } from "./background_task.ts";
import { digest } from "./digest.ts";
import type { ChildAgent, OpenCall, RunningBackground, SessionState, Supervisor } from "./session_state.ts";
import { fromPlain, type PlainSnapshot, toPlain } from "./step.ts";
import { subAgentMachine } from "./sub_agent.ts";
import { supervisorMachine } from "./supervisors.ts";
import { toolCallMachine } from "./tool_call.ts";

type PlainPart<T> = Omit<T, "snapshot"> & { snapshot: PlainSnapshot };

export interface PlainSession extends Pick<SessionState, "seq" | "at" | "meta" | "effects"> {
  agents: Record<string, PlainSnapshot>;
  calls: Record<string, PlainPart<OpenCall>>;
  children: Record<string, PlainPart<ChildAgent>>;
  supervisors: Record<string, PlainPart<Supervisor>>;
  backgrounds: Record<string, PlainPart<RunningBackground>>;
}

export function toPlainSession(state: SessionState): PlainSession {
  return {
    ...state,
    agents: mapValues(state.agents, toPlain),
    calls: mapValues(state.calls, (call) => ({ ...call, snapshot: toPlain(call.snapshot) })),
    children: mapValues(state.children, (child) => ({ ...child, snapshot: toPlain(child.snapshot) })),
    supervisors: mapValues(
      state.supervisors,
      (supervisor) => ({ ...supervisor, snapshot: toPlain(supervisor.snapshot) }),
    ),
    backgrounds: mapValues(state.backgrounds, (task) => ({ ...task, snapshot: toPlain(task.snapshot) })),
  };
}

export function fromPlainSession(plain: PlainSession): SessionState {
  return {
    ...plain,
    agents: mapValues(plain.agents, (agent) => fromPlain(agentMachine, agent)),
    calls: mapValues(
      plain.calls,
      (call) => ({ ...call, snapshot: fromPlain(toolCallMachine, call.snapshot) }),
    ),
    children: mapValues(
      plain.children,
      (child) => ({ ...child, snapshot: fromPlain(subAgentMachine, child.snapshot) }),
    ),
    supervisors: mapValues(
      plain.supervisors,
      (supervisor) => ({
        ...supervisor,
        snapshot: fromPlain(supervisorMachine(supervisor.kind), supervisor.snapshot),
      }),
    ),
    backgrounds: mapValues(
      plain.backgrounds,
      (task) => ({ ...task, snapshot: fromPlain(backgroundTaskMachine, task.snapshot) }),
    ),
  };
}

/** Digest of the whole state, keys sorted: the same for a live session, a fold of its log and a restored snapshot. */
export function sessionDigest(state: SessionState): string {
  return digest(JSON.stringify(sorted(toPlainSession(state) as unknown as JsonValue)));
}

function sorted(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const result: JsonObject = {};
  for (const key of Object.keys(value).sort()) {
    const inner = value[key];
    if (inner !== undefined) result[key] = sorted(inner);
  }
  return result;
}

function mapValues<A, B>(record: Readonly<Record<string, A>>, map: (value: A) => B): Record<string, B> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]));
}
