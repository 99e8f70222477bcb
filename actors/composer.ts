// The composer: turns a draft into the records of one batch: the fact, and all that follows from it without touching
// the world. It holds the newest state, which the log may not have yet.
import { livingLeader } from "../machines/actor_tree.ts";
import { effectKey, effectKinds, type PendingEffect } from "../machines/effects.ts";
import { stepSession } from "../machines/session.ts";
import {
  carriedCalls,
  hasEnded,
  isCancelling,
  isResting,
  type SessionState,
  stateName,
} from "../machines/session_state.ts";
import type { Transcript } from "../machines/transcript.ts";
import type { LogRecord } from "../src/log/port.ts";
import { version } from "../src/platform/version.ts";
import { type Fact, type FactDraft, factVersions, mainActor } from "../src/protocol/facts.ts";
import type { JsonObject } from "../src/protocol/json.ts";
import type { StopReason } from "./effect_runner.ts";
import { followUp } from "./follow_ups.ts";
import { redact, type Secret } from "./packing.ts";

/** A record to be, with the state after it and the outside effects to start when it is on disk. */
export interface Entry {
  fact: Fact;
  record: LogRecord;
  state: SessionState;
  effects: PendingEffect[];
}

export interface Composer {
  /** The newest state, synced or not. */
  state(): SessionState;
  /** The transcript up to the newest state, when it is at hand. */
  transcript(): Transcript | undefined;
  setTranscript(transcript: Transcript): void;
  /**
   * One batch: `before` and then the draft itself, whose entry is `own`; all of them, or none when one is refused. Throws
   * on a bug; the state is then as before.
   */
  compose(draft: FactDraft, more: { id?: string | undefined; before?: readonly FactDraft[] }): Composed;
}

export type Composed = { entries: Entry[]; own: Entry } | { refused: string };

export interface ComposerOptions {
  state: SessionState;
  epoch: number;
  machineVersion: string;
  /** True when this daemon has already written in this epoch. */
  owned: boolean;
  secrets: readonly Secret[];
  now: () => number;
  /** Tells a running executor to stop; false when none works on the effect. */
  stop: (key: string, reason: StopReason) => boolean;
}

export function createComposer(options: ComposerOptions): Composer {
  const { epoch, secrets } = options;
  let newest = options.state;
  let owned = options.owned;
  let transcript: Transcript | undefined;

  const compose: Composer["compose"] = (draft, { id, before: first = [] }) => {
    // A sub-agent that began now would have missed the word to stop, which its parent's other work has got.
    if (draft.type === "agent.started" && isCancelling(newest, draft.data.parent)) {
      return { refused: "the turn was cancelled" };
    }
    const before = { newest, owned };
    const entries: Entry[] = [];
    try {
      if (!owned && draft.type !== "session.owned") take(ownership(epoch, false), entries);
      owned = true;
      takeUpgrade(draft, entries);
      for (const other of first) {
        const refused = take(other, entries);
        if (refused === null) continue;
        rollBack(before, entries);
        return { refused };
      }
      const place = entries.length;
      const refused = take(draft, entries, id);
      const own = entries[place];
      if (refused === null && own !== undefined) return { entries, own };
      rollBack(before, entries);
      return { refused: refused ?? "it was not taken" };
    } catch (thrown) {
      rollBack(before, entries);
      throw thrown;
    }
  };

  /** A session that other machines have written is stepped by these from now on: one recorded step says so. */
  function takeUpgrade(draft: FactDraft, entries: Entry[]): void {
    const from = newest.meta?.machineVersion;
    const { machineVersion: to } = options;
    if (from === undefined || from === to || draft.type === "session.owned") return;
    take({ actor: mainActor, type: "session.upgraded", data: { from, to } }, entries);
  }

  function rollBack(before: { newest: SessionState; owned: boolean }, entries: Entry[]): void {
    // The transcript has seen facts that are not to be: it is read again when it is needed.
    if (entries.length > 0) transcript = undefined;
    newest = before.newest;
    owned = before.owned;
  }

  /** Steps a draft; returns why it is refused, or null. */
  function take(draft: FactDraft, entries: Entry[], id?: string): string | null {
    const clean = redact(draft, secrets);
    const at = later(newest.at, options.now());
    const fact: Fact = { ...clean, seq: newest.seq + 1, at, v: factVersions[clean.type] };
    const step = stepSession(newest, fact);
    if (step.ignored) return step.why;
    newest = step.state;
    transcript?.apply(fact);
    const outside = step.effects.filter((effect) => effectKinds[effect.kind].class === "outside");
    const record = toRecord(fact, { epoch, post: step.post, effects: step.effects, id });
    entries.push({ fact, record, state: newest, effects: outside });
    for (const effect of step.effects) {
      if (effectKinds[effect.kind].class === "follow_up") takeFollowUps(effect, entries);
    }
    if (fact.type === "session.forked") takeOwed(entries);
    for (const signal of step.signals) {
      if (signal.kind === "timer.drop") options.stop(`timer.wait:${signal.params.timer_id}`, "cancelled");
      else if (signal.kind === "work.stop") {
        cancelWork(signal.actor, { entries, cause: fact, only: String(signal.params.target) });
      } else cancelWork(signal.actor, { entries, cause: fact });
    }
    if (fact.type === "session.forked") endTheRest(entries);
    return null;
  }

  /** Follow-ups that were owed where the fork was cut. */
  function takeOwed(entries: Entry[]): void {
    for (const [key, effect] of Object.entries(newest.effects)) {
      const owed = effectKinds[effect.kind].class === "follow_up" && Object.hasOwn(newest.effects, key);
      if (owed) takeFollowUps(effect, entries);
    }
  }

  function takeFollowUps(effect: PendingEffect, entries: Entry[]): void {
    if (transcript === undefined) throw new Error("A follow-up needs the transcript");
    for (const draft of followUp(effect, newest, transcript)) {
      const refused = take(draft, entries);
      // Who is told of a budget's end may have heard of it from above by then.
      if (refused !== null && effect.kind !== "budget.end") {
        throw new Error(`The follow-up "${draft.type}" was refused: ${refused}`);
      }
    }
  }

  /**
   * What the cut left and no machine was asked to cancel: a turn that messages began which had waited for the end of the
   * one before, and calls by hand, which belong to no turn.
   */
  function endTheRest(entries: Entry[]): void {
    for (const [actor, agent] of Object.entries(newest.agents)) {
      if (isResting(agent)) continue;
      take({ actor, type: "turn.cancelled", data: { by: "fork", outcome: "interrupted" } }, entries);
    }
    for (const [callId, call] of Object.entries(newest.calls)) {
      if (call.by !== "model") take(interruption(call.actor, callId, call.name), entries);
    }
    for (const [background_id, { actor }] of Object.entries(newest.backgrounds)) {
      take({
        actor,
        type: "background.ended",
        data: { background_id, status: "left_behind", output: "" },
      }, entries);
    }
  }

  /**
   * Ends the work of an actor: running executors are told to stop, what never ran gets its outcome at once. `only`: the
   * call of that id, or whoever is below it under that path, and nothing else.
   */
  function cancelWork(
    actor: string,
    { entries, cause, only }: { entries: Entry[]; cause: Fact; only?: string },
  ): void {
    const isMeant = (name: unknown): boolean => only === undefined || name === only;
    const outcome = cause.type === "turn.cancelled" ? cause.data.outcome : "cancelled";
    const reason: StopReason = outcome === "interrupted" ? "shutdown" : "cancelled";
    for (const [key, effect] of Object.entries(newest.effects)) {
      // What runs in the background outlives the turn.
      if (effect.actor !== actor || effect.kind === "background.run") continue;
      if (!isMeant(effect.params.call_id) || options.stop(key, reason)) continue;
      const draft = unrun(effect, cause.type === "session.forked");
      if (draft !== null) take(draft, entries);
    }
    for (const [callId, call] of Object.entries(newest.calls)) {
      if (
        call.actor === actor && isMeant(callId) &&
        ["asking", "questioning"].includes(stateName(call.snapshot))
      ) {
        take(interruption(actor, callId, call.name), entries);
      }
    }
    for (const [path, child] of Object.entries(newest.children)) {
      if (
        livingLeader(newest, child.parent) !== actor || !isMeant(path) ||
        !["running", "waiting"].includes(stateName(child.snapshot))
      ) continue;
      take({ actor: path, type: "turn.cancelled", data: { by: actor, outcome } }, entries);
    }
    for (const [path, supervisor] of Object.entries(newest.supervisors)) {
      if (livingLeader(newest, supervisor.parent) !== actor || !isMeant(path) || hasEnded(supervisor)) {
        continue;
      }
      take({ actor: path, type: "turn.cancelled", data: { by: actor, outcome } }, entries);
    }
  }

  /**
   * The outcome of an effect that no executor works on. A call that had started is left to recovery, which looks what
   * became of it; in a fork it belongs to the session it was forked from.
   */
  function unrun(effect: PendingEffect, forked: boolean): FactDraft | null {
    const { actor, params } = effect;
    if (effect.kind === "model.call") {
      const error = { code: "cancelled", message: "the turn was cancelled" };
      return { actor, type: "model.failed", data: { request_id: String(params.request_id), error } };
    }
    const callId = String(params.call_id);
    const call = newest.calls[callId];
    if (effectKinds[effect.kind].class !== "outside" || call === undefined) return null;
    // A sub-agent's end is its call's end: it is told to stop as well, and reports.
    if (carriedCalls(newest).has(callId) || (effect.attempts > 0 && !forked)) return null;
    return interruption(actor, callId, call.name);
  }

  return {
    state: () => newest,
    transcript: () => transcript,
    setTranscript: (read) => transcript = read,
    compose,
  };
}

/** The fact by which a daemon takes a session over, in a new epoch. */
export function ownership(epoch: number, recovered: boolean): FactDraft {
  return { actor: mainActor, type: "session.owned", data: { epoch, version, recovered } };
}

function interruption(actor: string, callId: string, name: string): FactDraft {
  return {
    actor,
    type: "call.interrupted",
    data: { call_id: callId, name, reason: "the turn was cancelled" },
  };
}

/** The time of the next fact: a clock that goes backwards does not take the log with it. */
function later(last: string, nowMs: number): string {
  const at = new Date(nowMs).toISOString();
  return at < last ? last : at;
}

function toRecord(
  fact: Fact,
  more: { epoch: number; post: string; effects: PendingEffect[]; id: string | undefined },
): LogRecord {
  const { seq, at, actor, type, v } = fact;
  // Fact data is JSON by its schemas.
  const data = fact.data as unknown as JsonObject;
  const record: LogRecord = { seq, at, epoch: more.epoch, actor, type, v, data, post: more.post };
  if (more.id !== undefined) record.id = more.id;
  if (more.effects.length > 0) {
    record.effects = more.effects.map((effect) => ({
      id: effectKey(effect),
      kind: effect.kind,
      actor: effect.actor,
      params: effect.params,
    }));
  }
  return record;
}
