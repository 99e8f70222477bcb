// A session actor as the rest of the kernel sees it.
import type { PendingEffect } from "../machines/effects.ts";
import type { SessionState } from "../machines/session_state.ts";
import type { Transcript } from "../machines/transcript.ts";
import type { SessionLog } from "../src/log/port.ts";
import type { Fact, FactDraft } from "../src/protocol/facts.ts";
import type { DeltaFrame, NoticeFrame } from "../src/protocol/frames.ts";
import type { Problem } from "../src/protocol/problem.ts";
import type { Dedupe } from "./dedupe.ts";
import type { StopReason } from "./effect_runner.ts";
import type { SessionListener, Subscription } from "./host.ts";
import type { Secret } from "./packing.ts";

export type Told =
  | { accepted: true; seq: number; fact: Fact }
  | { accepted: false; why: string; repeatedSeq?: number };

/** Carries out one outside effect; ends by telling its outcome. */
export type Executor = (
  session: SessionActor,
  effect: PendingEffect,
  options: { signal: AbortSignal },
) => Promise<void>;

/** Null: there is nothing to say after all. */
export type MakeDraft = (transcript: Transcript) => FactDraft | null;

export interface SessionActor {
  readonly id: string;
  readonly log: SessionLog;
  /** The newest state, synced or not: what the next step starts from. */
  state(): SessionState;
  /** The state after the last synced fact: what the outside may see. */
  visible(): SessionState;
  transcript(): Promise<Transcript>;
  /**
   * Logs a fact when the machines take it; resolves when it is on disk. Rejects with a Problem when the log fails. A draft
   * that depends on the transcript is made when its turn comes. `before`: facts that go first, in the same write.
   */
  tell(draft: FactDraft | MakeDraft, options?: { id?: string; before?: readonly FactDraft[] }): Promise<Told>;
  /** Where the command of this id is in the log. */
  seqOf(id: string): number | undefined;
  /** Resolves when everything told so far is on disk, or has failed to get there. */
  settled(): Promise<void>;
  subscribe(listener: SessionListener): Subscription;
  /** Live text of a call; `offset` is where it starts. */
  delta(frame: Omit<DeltaFrame, "type">): void;
  /** A word for whoever watches now. */
  notice(frame: Omit<NoticeFrame, "type">): void;
  /** The text of this fact is complete and logged: who joins now needs no delta of it. */
  endText(ofSeq: number): void;
  /** Starts every effect that is owed: once, after the session was opened with work going on. */
  resume(options: { park: boolean }): Promise<void>;
  /** Tells the executors of an actor to stop; they tell how far they came. */
  stopWork(actor: string, reason: StopReason): void;
  /** Tells the executor of one effect to stop, and resolves when it has left; false when none is at work. */
  stopEffect(key: string, reason: StopReason): Promise<boolean>;
  /** Stops executors without letting them tell anything more, and closes the log. */
  close(reason: string): Promise<void>;
  /** Keeps the session open as long as the work goes on. */
  hold<T>(work: () => Promise<T>): Promise<T>;
  /** Executors at work, letters that wait, and holds. */
  readonly busy: number;
  readonly watchers: number;
  readonly dead: boolean;
}

export interface SessionActorOptions {
  log: SessionLog;
  state: SessionState;
  epoch: number;
  /** The machines that step from now on. */
  machineVersion: string;
  /** True when this daemon has already written in this epoch (it created the log). */
  owned: boolean;
  dedupe: Dedupe;
  secrets: readonly Secret[];
  executors: Readonly<Record<string, Executor>>;
  readTranscript: () => Promise<Transcript>;
  now: () => number;
  /** After facts became visible, and when an executor has left. */
  onVisible: (state: SessionState) => void;
  /** After a fact became visible. */
  onFact: (session: SessionActor, fact: Fact) => void;
  /** The log failed: the actor is dead and must be opened again from disk. */
  onDead: (problem: Problem) => void;
}
