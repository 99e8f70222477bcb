// The machines of supervisors, by kind, and what they are given: facts of their own, and what becomes of those they lead.
import type { AnyStateMachine } from "xstate";
import type { FactOf, SupervisorFact } from "../src/protocol/facts.ts";
import type { TurnOutcome } from "../src/protocol/facts.ts";
import type { SupervisorKind } from "./session_state.ts";

export type SupervisorStart = FactOf<"team.started" | "mode.started" | "workflow.started">;

/** What a machine starts with: where it stands, and the data of the fact that began it. */
export interface SupervisorInput<Start extends SupervisorStart = SupervisorStart> {
  /** The path of the supervisor. */
  actor: string;
  seq: number;
  at: string;
  data: Start["data"];
}

/**
 * What a supervisor's machine is told. Events it does not take in its state are passed over, but for its own facts:
 * those are then refused. `child` is the path of an agent or of a supervisor whose parent it is.
 */
export type SupervisorEvent =
  | { [T in SupervisorFact["type"]]: { type: T; seq: number; at: string; data: FactOf<T>["data"] } }[
    SupervisorFact["type"]
  ]
  /** A resting member was begun by somebody else: by mail, or by a person. */
  | { type: "child.began"; seq: number; at: string; child: string }
  /** The turn of a member is over, and nothing waits to begin the next one. */
  | { type: "child.rested"; seq: number; at: string; child: string; outcome: TurnOutcome }
  | { type: "child.ended"; seq: number; at: string; child: string; how: "finished" | "failed" | "stopped" }
  /** A call that the supervisor proposed has its result. */
  | {
    type: "call.ended";
    seq: number;
    at: string;
    call_id: string;
    how: "finished" | "failed" | "denied" | "interrupted";
  }
  | { type: "timer.fired"; seq: number; at: string; timer_id: string }
  /** By a person, its parent or the recovery: all it leads is told to stop with it. */
  | {
    type: "turn.cancelled";
    seq: number;
    at: string;
    outcome: "cancelled" | "interrupted" | "parked" | "limit";
  }
  /** In a fork nothing runs that ran before. */
  | { type: "session.forked"; seq: number; at: string };

const machinesByKind: Partial<Record<SupervisorKind, AnyStateMachine>> = {};

export const supervisorMachines: readonly AnyStateMachine[] = Object.values(machinesByKind);

export function supervisorMachine(kind: SupervisorKind): AnyStateMachine {
  const machine = machinesByKind[kind];
  if (machine === undefined) throw new Error(`There is no machine for a supervisor of the kind "${kind}"`);
  return machine;
}
