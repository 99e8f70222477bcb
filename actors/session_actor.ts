// The session actor: one mailbox, one step at a time. Order: compute, append, sync, make visible, acknowledge, start effects.
import { effectKey, effectKinds, type PendingEffect } from "../machines/effects.ts";
import { type SessionState, stateName, stepSession } from "../machines/session.ts";
import type { Transcript } from "../machines/transcript.ts";
import type { LogRecord, SessionLog } from "../src/log/port.ts";
import { type Fact, type FactDraft, factVersions, mainActor } from "../src/protocol/facts.ts";
import type { DeltaFrame } from "../src/protocol/frames.ts";
import type { JsonObject } from "../src/protocol/json.ts";
import { messageOf, Problem } from "../src/protocol/problem.ts";
import { version } from "../src/platform/version.ts";
import type { Dedupe } from "./dedupe.ts";
import { followUp } from "./follow_ups.ts";
import type { SessionListener, Subscription } from "./host.ts";
import { needsPacking, packObject, redact, type Secret, withArgsOf } from "./packing.ts";

/** Facts that may wait in one mailbox; more is a client out of control. */
export const mailboxMax = 10_000;

export type Told =
  | { accepted: true; seq: number; fact: Fact }
  | { accepted: false; why: string; repeatedSeq?: number };

/** Carries out one outside effect; ends by telling its outcome. `recovered`: it was owed when the session was opened. */
export type Executor = (
  session: SessionActor,
  effect: PendingEffect,
  options: { signal: AbortSignal; recovered: boolean },
) => Promise<void>;

/** Why an executor is told to stop; on "shutdown" a second is all there is. */
export type StopReason = "cancelled" | "shutdown";

export interface SessionActor {
  readonly id: string;
  readonly log: SessionLog;
  /** The newest state, synced or not: what the next step starts from. */
  state(): SessionState;
  /** The state after the last synced fact: what the outside may see. */
  visible(): SessionState;
  transcript(): Promise<Transcript>;
  /** Logs a fact when the machines take it; resolves when it is on disk. Rejects with a Problem when the log fails. */
  tell(draft: FactDraft, options?: { id?: string }): Promise<Told>;
  /** Resolves when everything told so far is on disk. */
  settled(): Promise<void>;
  subscribe(listener: SessionListener): Subscription;
  /** Live text of a call; `offset` is where it starts. */
  delta(frame: Omit<DeltaFrame, "type">): void;
  /** The text of this fact is complete and logged: who joins now needs no delta of it. */
  endText(ofSeq: number): void;
  /** Starts every effect that is owed: once, after the session was opened with work going on. */
  resume(options: { park: boolean }): Promise<void>;
  /** Tells the executors of an actor to stop; they tell how far they came. */
  abort(actor: string, reason: StopReason): void;
  /** Stops executors without letting them tell anything more, and closes the log. */
  close(reason: string): Promise<void>;
  readonly running: number;
  readonly subscribers: number;
  readonly dead: boolean;
}

export interface SessionActorOptions {
  log: SessionLog;
  state: SessionState;
  epoch: number;
  /** True when this daemon has already written in this epoch (it created the log). */
  owned: boolean;
  dedupe: Dedupe;
  secrets: readonly Secret[];
  executors: Readonly<Record<string, Executor>>;
  readTranscript: () => Promise<Transcript>;
  now: () => number;
  /** After facts became visible. */
  onVisible: (state: SessionState) => void;
  /** The log failed: the actor is dead and must be opened again from disk. */
  onDead: (problem: Problem) => void;
}

interface Letter {
  draft: FactDraft;
  id: string | undefined;
  resolve: (told: Told) => void;
  reject: (problem: unknown) => void;
}

interface Entry {
  fact: Fact;
  record: LogRecord;
  state: SessionState;
  effects: PendingEffect[];
  done?: (told: Told) => void;
}

export function createSessionActor(options: SessionActorOptions): SessionActor {
  const { log, dedupe, secrets, executors } = options;
  const listeners = new Set<SessionListener>();
  const partial = new Map<number, DeltaFrame>();
  const running = new Map<string, AbortController>();
  const work = new Set<Promise<void>>();
  const mailbox: Letter[] = [];
  const replySeqs = new Map<string, number>();
  let newest = options.state;
  let visible = options.state;
  let owned = options.owned;
  let transcript: Transcript | undefined;
  let pumping = false;
  let dead: Problem | undefined;
  let lastAppend: Promise<void> = Promise.resolve();

  const sessionTranscript = async (): Promise<Transcript> => {
    if (transcript !== undefined) return transcript;
    await lastAppend.catch(() => {});
    const before = newest.seq;
    const read = await options.readTranscript();
    // Facts told while the log was read are in neither: read again.
    if (newest.seq !== before || log.durable !== before) return await sessionTranscript();
    return transcript ??= read;
  };

  const tell = (draft: FactDraft, { id }: { id?: string } = {}): Promise<Told> =>
    new Promise((resolve, reject) => {
      if (dead !== undefined) return reject(dead);
      if (mailbox.length >= mailboxMax) return reject(fullMailbox());
      mailbox.push({ draft, id, resolve, reject });
      if (!pumping) void pump();
    });

  async function pump(): Promise<void> {
    pumping = true;
    for (let letter = mailbox.shift(); letter !== undefined; letter = mailbox.shift()) {
      try {
        if (dead !== undefined) throw dead;
        const entries: Entry[] = [];
        if (transcript === undefined && needsTranscript(letter.draft)) await sessionTranscript();
        const answer = deliver(letter, entries);
        if (answer !== null) answerRepeat(letter, answer);
        if (entries.length > 0) {
          for (const entry of entries) {
            if (needsPacking(entry.record.data)) entry.record.data = await packObject(entry.record.data, log);
            referToArgs(entry);
          }
          append(entries, letter);
        }
      } catch (thrown) {
        // A throwing step is a bug in a machine: nothing of it was written, and the state is the one before.
        letter.reject(thrown);
      }
    }
    pumping = false;
  }

  /** Steps a letter and all that follows from it into entries; returns an answer when nothing is to be logged. */
  function deliver(letter: Letter, entries: Entry[]): Told | null {
    const { id } = letter;
    const known = id === undefined ? undefined : dedupe.seqOf(id);
    if (known !== undefined) return { accepted: false, why: "it was accepted before", repeatedSeq: known };
    const before = newest;
    try {
      if (!owned) {
        take(ownership(options.epoch, false), entries);
        owned = true;
      }
      const refused = take(letter.draft, entries, letter);
      if (refused === null) {
        if (id !== undefined) {
          dedupe.add(
            id,
            entries.find((entry) => entry.done !== undefined)?.fact.seq ?? 0,
          );
        }
        return null;
      }
      rollBack(before, entries);
      return { accepted: false, why: refused };
    } catch (thrown) {
      rollBack(before, entries);
      throw thrown;
    }
  }

  function rollBack(before: SessionState, entries: Entry[]): void {
    if (entries.length > 0 && entries[0]?.fact.type === "session.owned") owned = false;
    // The transcript has seen facts that are not to be: it is read again when it is needed.
    if (entries.length > 0) transcript = undefined;
    newest = before;
    entries.length = 0;
  }

  function take(draft: FactDraft, entries: Entry[], letter?: Letter): string | null {
    const clean = redact(draft, secrets);
    const at = new Date(Math.max(options.now(), newest.at === "" ? 0 : Date.parse(newest.at))).toISOString();
    const fact: Fact = { ...clean, seq: newest.seq + 1, at, v: factVersions[clean.type] };
    const step = stepSession(newest, fact);
    if (step.ignored) return step.why;
    newest = step.state;
    transcript?.apply(fact);
    const outside = step.effects.filter((effect) => effectKinds[effect.kind].class === "outside");
    entries.push({
      fact,
      record: toRecord(fact, {
        epoch: options.epoch,
        post: step.post,
        effects: step.effects,
        id: letter?.id,
      }),
      state: newest,
      effects: outside,
      ...(letter === undefined ? {} : { done: letter.resolve }),
    });
    for (const effect of step.effects) {
      if (effectKinds[effect.kind].class === "follow_up") takeFollowUps(effect, entries);
    }
    if (fact.type === "session.forked") takeOwed(entries);
    for (const signal of step.signals) {
      cancelWork(signal.actor, { entries, cause: fact });
    }
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
      if (refused !== null) throw new Error(`The follow-up "${draft.type}" was refused: ${refused}`);
    }
  }

  /** Ends the work of an actor: running executors are told to stop, what never ran gets its outcome at once. */
  function cancelWork(actor: string, { entries, cause }: { entries: Entry[]; cause: Fact }): void {
    const forked = cause.type === "session.forked";
    const outcome = cause.type === "turn.cancelled" ? cause.data.outcome : "cancelled";
    const reason: StopReason = outcome === "interrupted" ? "shutdown" : "cancelled";
    for (const [key, effect] of Object.entries(newest.effects)) {
      if (effect.actor !== actor) continue;
      const controller = running.get(key);
      if (controller !== undefined) controller.abort(reason);
      else for (const draft of unrun(effect, forked)) take(draft, entries);
    }
    for (const [callId, call] of Object.entries(newest.calls)) {
      if (call.actor === actor && stateName(call.snapshot) === "asking") {
        take(interruption(actor, callId, call.name), entries);
      }
    }
    for (const [path, child] of Object.entries(newest.children)) {
      if (child.parent !== actor || stateName(child.snapshot) !== "running") continue;
      take({ actor: path, type: "turn.cancelled", data: { by: actor, outcome } }, entries);
    }
  }

  /**
   * The outcome of an effect that no executor works on. A call that had started is left to recovery, which looks what
   * became of it; in a fork it belongs to the session it was forked from.
   */
  function unrun(effect: PendingEffect, forked: boolean): FactDraft[] {
    const { actor, params } = effect;
    if (effect.kind === "model.call") {
      const error = { code: "cancelled", message: "the turn was cancelled" };
      return [{ actor, type: "model.failed", data: { request_id: String(params.request_id), error } }];
    }
    const callId = String(params.call_id);
    const call = newest.calls[callId];
    if (effectKinds[effect.kind].class !== "outside" || call === undefined) return [];
    const child = Object.values(newest.children).find((other) => other.callId === callId);
    // A sub-agent's end is its call's end: it is told to stop as well, and reports.
    if (child !== undefined || (effect.attempts > 0 && !forked)) return [];
    return [interruption(actor, callId, call.name)];
  }

  /** Arguments that the model's reply holds already are not written twice. */
  function referToArgs({ fact, record }: Entry): void {
    if (fact.type === "model.replied") {
      for (const call of fact.data.calls) replySeqs.set(call.call_id, fact.seq);
    } else if (fact.type === "call.proposed") {
      const seq = replySeqs.get(fact.data.call_id);
      replySeqs.delete(fact.data.call_id);
      if (seq !== undefined) record.data = withArgsOf(record.data, seq);
    }
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

  function append(entries: Entry[], letter: Letter): void {
    const first = entries[0];
    if (first === undefined) return;
    const records = entries.map((entry) => entry.record);
    const appended = log.append(options.epoch, first.fact.seq - 1, records);
    lastAppend = appended;
    appended.then(() => show(entries)).catch((thrown) => {
      letter.reject(thrown);
      die(thrown);
    });
  }

  function show(entries: Entry[]): void {
    for (const entry of entries) {
      visible = entry.state;
      if (listeners.size === 0) continue;
      const encoded = JSON.stringify({ type: "event", event: entry.fact });
      for (const listener of listeners) listener.event(entry.fact, encoded);
    }
    for (const entry of entries) {
      entry.done?.({ accepted: true, seq: entry.fact.seq, fact: entry.fact });
      for (const effect of entry.effects) start(effect, false);
    }
    options.onVisible(visible);
  }

  function start(effect: PendingEffect, recovered: boolean): void {
    const key = effectKey(effect);
    const executor = executors[effect.kind];
    if (dead !== undefined || running.has(key) || !Object.hasOwn(newest.effects, key)) return;
    if (executor === undefined) throw new Error(`No executor for "${effect.kind}"`);
    const controller = new AbortController();
    running.set(key, controller);
    const agent = newest.agents[effect.actor];
    if (agent !== undefined && stateName(agent) === "cancelling") controller.abort("cancelled");
    const current = newest.effects[key] ?? effect;
    const done = executor(session, current, { signal: controller.signal, recovered })
      .catch((thrown) => die(thrown))
      .finally(() => {
        running.delete(key);
        work.delete(done);
        options.onVisible(visible);
      });
    work.add(done);
  }

  function die(thrown: unknown): void {
    if (dead !== undefined) return;
    dead = thrown instanceof Problem
      ? thrown
      : new Problem("internal", `Cannot go on with session "${log.sessionId}": ${messageOf(thrown)}`, {
        cause: thrown,
      });
    for (const controller of running.values()) controller.abort("closed");
    for (const letter of mailbox.splice(0)) letter.reject(dead);
    for (const listener of listeners) listener.closed(dead.message);
    listeners.clear();
    options.onDead(dead);
  }

  const session: SessionActor = {
    id: log.sessionId,
    log,
    state: () => newest,
    visible: () => visible,
    transcript: sessionTranscript,
    tell,
    settled: () => lastAppend,
    subscribe: (listener) => {
      listeners.add(listener);
      return {
        head: visible.seq,
        epoch: options.epoch,
        partial: [...partial.values()],
        unsubscribe: () => void listeners.delete(listener),
      };
    },
    delta: ({ actor, of_seq, offset, text }) => {
      const frame: DeltaFrame = { type: "delta", actor, of_seq, offset, text };
      const known = partial.get(of_seq);
      partial.set(of_seq, known === undefined ? frame : { ...known, text: known.text + text });
      for (const listener of listeners) listener.delta(frame);
    },
    endText: (ofSeq) => void partial.delete(ofSeq),
    resume: async ({ park }) => {
      owned = true;
      await tell(ownership(options.epoch, true));
      if (park) {
        await tell({ actor: mainActor, type: "turn.cancelled", data: { by: "recovery", outcome: "parked" } });
      }
      await resumeWork();
    },
    abort: (actor, reason) => {
      for (const [key, controller] of running) {
        if (newest.effects[key]?.actor === actor) controller.abort(reason);
      }
    },
    close: async (reason) => {
      dead ??= new Problem("shutting_down", `Session "${log.sessionId}" is closed: ${reason}`);
      for (const controller of running.values()) controller.abort("closed");
      for (const listener of listeners) listener.closed(reason);
      listeners.clear();
      await Promise.allSettled([...work]);
      await lastAppend.catch(() => {});
      await log.close();
    },
    get running() {
      return running.size + mailbox.length;
    },
    get subscribers() {
      return listeners.size;
    },
    get dead() {
      return dead !== undefined;
    },
  };

  function answerRepeat(letter: Letter, answer: Told): void {
    // A repeated id is answered like the first time: only once its fact is on disk.
    lastAppend.then(() => letter.resolve(answer), letter.reject);
  }

  async function resumeWork(): Promise<void> {
    for (const [path, child] of Object.entries(newest.children)) {
      if (stateName(child.snapshot) !== "running") continue;
      await tell({ actor: path, type: "agent.resumed", data: { agent: path.slice(path.indexOf(":") + 1) } });
    }
    for (const [key, effect] of Object.entries(newest.effects)) {
      if (!Object.hasOwn(newest.effects, key)) continue;
      if (effectKinds[effect.kind].class === "follow_up") {
        for (const draft of followUp(effect, newest, await sessionTranscript())) await tell(draft);
      } else start(effect, true);
    }
  }

  return session;
}

function ownership(epoch: number, recovered: boolean): FactDraft {
  return { actor: mainActor, type: "session.owned", data: { epoch, version, recovered } };
}

function interruption(actor: string, callId: string, name: string): FactDraft {
  return {
    actor,
    type: "call.interrupted",
    data: { call_id: callId, name, reason: "the turn was cancelled" },
  };
}

/** Facts whose follow-ups need the transcript at hand. */
function needsTranscript(draft: FactDraft): boolean {
  return draft.type !== "session.renamed" && draft.type !== "session.owned";
}

function fullMailbox(): Problem {
  return new Problem("too_many_requests", `Cannot take more commands: ${mailboxMax} are waiting`, {
    hint: "Wait for the answers of earlier ones",
  });
}
