// What a team keeps between two facts: how far each member is, the tasks as far as they decide anything, and why it ends.
import type { RestartPolicy, SupervisorOutcome } from "../src/protocol/supervisor_facts.ts";
import type { TeamWait } from "../src/protocol/team_facts.ts";
import type { Task } from "../src/protocol/work_facts.ts";
import type { EffectRequest } from "./step.ts";

/**
 * `working`: its turn is open, or it is being told something. `idle`: it rests. `retrying`: its turn failed and begins
 * again after a wait. `ending`: its end is being written. The others are ends.
 */
export type MemberAt = "working" | "idle" | "retrying" | "ending" | "done" | "failed" | "stopped";

export interface Member {
  at: MemberAt;
  /** It has said that its work is done: the turn it is in is its last. */
  said: boolean;
  /** Turns that failed in a row. */
  tries: number;
  /** Its last turn ended at a limit. */
  limited: boolean;
}

/** Why a team ends: the words are made from it where the whole log is at hand. */
export type TeamEnd = {
  outcome: SupervisorOutcome;
  why: "done" | "gone" | "stuck" | "rounds" | "cancelled" | "parked" | "forked";
};

export interface TeamContext {
  path: string;
  /** The call that waits for it; null: none does any more. */
  callId: string | null;
  wait: TeamWait;
  /** Milestones that nobody has reached yet. */
  milestones: readonly string[];
  restart: RestartPolicy;
  members: Readonly<Record<string, Member>>;
  /** The session's tasks, without their words. */
  tasks: readonly Task[];
  /** Tasks that can be begun and whose owner has been told so. */
  told: readonly string[];
  /** Times that everybody rested. */
  round: number;
  /** Of these, those in a row before which nothing had happened. */
  stale: number;
  /** Something has happened since everybody rested the last time. */
  stirred: boolean;
  /** Everybody rests: what it looks like is being written, or something outside is waited for. */
  quiet: "asked" | "looking" | null;
  looks: number;
  end: TeamEnd | null;
  /** Its last fact is being written. */
  finishing: boolean;
  /** What the last decision asks for. */
  requests: readonly EffectRequest[];
}
