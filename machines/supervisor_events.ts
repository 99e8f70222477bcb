// What the machines of supervisors start with and are told: facts of their own, and what becomes of those they lead.
import type { FactOf, SupervisorFact, TurnOutcome } from "../src/protocol/facts.ts";
import type { TeamTask } from "../src/protocol/team_facts.ts";

/** What a team hears of a task; fields left out stay as they were. */
export type TaskChange = Pick<TeamTask, "task_id"> & Partial<TeamTask>;

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
  /** For teams: a task of the session was made or changed, by the agent `by`. */
  | { type: "task.created" | "task.updated"; seq: number; at: string; by: string; data: TaskChange }
  /** For teams: one of those it leads wrote to somebody, or a call of theirs did something. */
  | { type: "team.stirred"; seq: number; at: string }
  /** By a person, its parent or the recovery: all it leads is told to stop with it. */
  | {
    type: "turn.cancelled";
    seq: number;
    at: string;
    outcome: "cancelled" | "interrupted" | "parked" | "limit";
  }
  /** In a fork nothing runs that ran before. */
  | { type: "session.forked"; seq: number; at: string };
