// The session actor: one mailbox, one step at a time. Order: compute, append, sync, make visible, acknowledge, start effects.
import { effectKey, effectKinds, type PendingEffect } from "../machines/effects.ts";
import { isCancelling, type SessionState, stateName } from "../machines/session_state.ts";
import type { Transcript } from "../machines/transcript.ts";
import type { FactDraft } from "../src/protocol/facts.ts";
import { Problem } from "../src/protocol/problem.ts";
import { lastName } from "./actor_names.ts";
import { createAudience } from "./audience.ts";
import { createComposer, type Entry, ownership } from "./composer.ts";
import { createEffectRunner } from "./effect_runner.ts";
import { followUp } from "./follow_ups.ts";
import { needsPacking, packObject, withArgsOf } from "./packing.ts";
import { owedCancel } from "./owed_cancels.ts";
import { atWork, parking } from "./parking.ts";
import type { MakeDraft, SessionActor, SessionActorOptions, Told } from "./session_port.ts";
import { cannotGoOn } from "./session_trouble.ts";

/** Facts that may wait in one mailbox; more is a client out of control. */
export const mailboxMax = 10_000;

/** Cancels that one crash can have cut short. */
const cancelsMax = 10_000;

interface Letter {
  draft: FactDraft | MakeDraft;
  id: string | undefined;
  before: readonly FactDraft[];
  resolve: (told: Told) => void;
  reject: (problem: unknown) => void;
}

export function createSessionActor(options: SessionActorOptions): SessionActor {
  const { log, dedupe, executors } = options;
  const audience = createAudience();
  const mailbox: Letter[] = [];
  const replySeqs = new Map<string, number>();
  let visible = options.state;
  let pumping = false;
  let holds = 0;
  let dead: Problem | undefined;
  let lastAppend: Promise<void> = Promise.resolve();

  const runner = createEffectRunner({
    run: async (effect, signal) => await executors[effect.kind]?.(session, effect, { signal }),
    onThrown: die,
    onLeft: () => options.onVisible(visible),
  });
  const composer = createComposer({ ...options, stop: (key, reason) => runner.stop(key, reason) });

  async function transcript(): Promise<Transcript> {
    const known = composer.transcript();
    if (known !== undefined) return known;
    // Its state may be ahead of the log for ever: nothing that is read would fit.
    if (dead !== undefined) throw dead;
    await lastAppend.catch(() => {});
    const before = composer.state().seq;
    const read = await options.readTranscript();
    // Facts told while the log was read are in neither: read again.
    if (composer.state().seq !== before || log.durable !== before) return await transcript();
    if (composer.transcript() === undefined) composer.setTranscript(read);
    return composer.transcript() ?? read;
  }

  function tell(
    draft: FactDraft | MakeDraft,
    { id, before = [] }: { id?: string; before?: readonly FactDraft[] } = {},
  ): Promise<Told> {
    return new Promise((resolve, reject) => {
      if (dead !== undefined) return reject(dead);
      if (mailbox.length >= mailboxMax) return reject(fullMailbox());
      mailbox.push({ draft, id, before, resolve, reject });
      if (!pumping) void pump();
    });
  }

  async function pump(): Promise<void> {
    pumping = true;
    for (let letter = mailbox.shift(); letter !== undefined; letter = mailbox.shift()) {
      try {
        await deliver(letter);
      } catch (thrown) {
        letter.reject(thrown);
      }
    }
    pumping = false;
  }

  /** Throws when a machine has a bug: then nothing was written, and the state is the one before. */
  async function deliver(letter: Letter): Promise<void> {
    const { id, before } = letter;
    if (dead !== undefined) throw dead;
    if (composer.transcript() === undefined && needsTranscript(letter.draft, composer.state())) {
      await transcript();
    }
    const draft = typeof letter.draft === "function" ? letter.draft(await transcript()) : letter.draft;
    if (draft === null) return letter.resolve({ accepted: false, why: "there was nothing to say" });
    const known = id === undefined ? undefined : dedupe.seqOf(id);
    if (known !== undefined) return answerRepeat(letter, known);
    const composed = composer.compose(draft, { id, before });
    if ("refused" in composed) return letter.resolve({ accepted: false, why: composed.refused });
    const { entries, own } = composed;
    if (id !== undefined) dedupe.add(id, own.fact.seq);
    try {
      for (const entry of entries) {
        if (needsPacking(entry.record.data)) entry.record.data = await packObject(entry.record.data, log);
        referToArgs(entry);
      }
    } catch (thrown) {
      // The state is ahead of the log now: only the log can tell what is true.
      die(thrown);
      throw thrown;
    }
    append(entries, own, letter);
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

  function append(entries: Entry[], own: Entry, letter: Letter): void {
    const records = entries.map((entry) => entry.record);
    const appended = log.append(options.epoch, (records[0]?.seq ?? 0) - 1, records);
    lastAppend = appended;
    appended.then(() => {
      for (const entry of entries) {
        visible = entry.state;
        audience.show(entry.fact);
        options.onFact(session, entry.fact);
      }
      letter.resolve({ accepted: true, seq: own.fact.seq, fact: own.fact });
      for (const entry of entries) for (const effect of entry.effects) start(effect);
      options.onVisible(visible);
    }).catch((thrown) => {
      letter.reject(thrown);
      die(thrown);
    });
  }

  function start(effect: PendingEffect): void {
    const state = composer.state();
    const current = state.effects[effectKey(effect)];
    // It may have been cancelled while its record was on the way to the disk.
    if (dead !== undefined || current === undefined) return;
    // What runs in the background outlives the turn.
    runner.start(current, {
      stopped: isCancelling(state, effect.actor) && current.kind !== "background.run",
    });
  }

  function die(thrown: unknown): void {
    if (dead !== undefined) return;
    dead = cannotGoOn(log.sessionId, thrown);
    runner.stopAll("closed");
    for (const letter of mailbox.splice(0)) letter.reject(dead);
    audience.dismiss(dead.message);
    options.onDead(dead);
  }

  /** A repeated id is answered like the first time: only once its fact is on disk. */
  function answerRepeat(letter: Letter, repeatedSeq: number): void {
    const answer: Told = { accepted: false, why: "it was accepted before", repeatedSeq };
    lastAppend.then(() => letter.resolve(answer), letter.reject);
  }

  async function resume({ park }: { park: boolean }): Promise<void> {
    // Waiting for a time that is still to come is no work that could have ended the daemon.
    const nowMs = options.now();
    await tell(ownership(options.epoch, atWork(composer.state(), nowMs).length > 0));
    if (park) { for (const draft of parking(composer.state(), nowMs)) await tell(draft); }
    for (const [actor, child] of Object.entries(composer.state().children)) {
      if (stateName(child.snapshot) !== "running") continue;
      await tell({ actor, type: "agent.resumed", data: { agent: lastName(actor) } });
    }
    await finishCancels();
    // What a crash left half written is written first, as it would have been: nothing outside may come in between.
    for (const [key, effect] of Object.entries(composer.state().effects)) {
      const isOwed = effectKinds[effect.kind].class === "follow_up" &&
        Object.hasOwn(composer.state().effects, key);
      if (!isOwed) continue;
      for (const draft of followUp(effect, composer.state(), await transcript())) await tell(draft);
    }
    for (const effect of Object.values(composer.state().effects)) {
      if (effectKinds[effect.kind].class !== "follow_up") start(effect);
    }
  }

  async function finishCancels(): Promise<void> {
    for (let cancels = 0; cancels < cancelsMax; cancels++) {
      const draft = owedCancel(composer.state());
      if (draft === null || !(await tell(draft)).accepted) return;
    }
  }

  const session: SessionActor = {
    id: log.sessionId,
    log,
    state: composer.state,
    visible: () => visible,
    transcript,
    tell,
    seqOf: dedupe.seqOf,
    settled: () => lastAppend.catch(() => {}),
    subscribe: (listener) => {
      // Nothing would ever come, nor the word that it is over.
      if (dead !== undefined) throw dead;
      const { partial, leave } = audience.add(listener);
      return { head: visible.seq, epoch: options.epoch, partial, unsubscribe: leave };
    },
    delta: audience.delta,
    notice: audience.notice,
    endText: audience.endText,
    resume,
    stopWork: (actor, reason) => {
      for (const key of runner.keys()) {
        if (composer.state().effects[key]?.actor === actor) runner.stop(key, reason);
      }
    },
    stopEffect: async (key, reason) => {
      const stopped = runner.stop(key, reason);
      await runner.left(key);
      return stopped;
    },
    close: async (reason) => {
      dead ??= new Problem("shutting_down", `Session "${log.sessionId}" is closed: ${reason}`);
      runner.stopAll("closed");
      audience.dismiss(reason);
      await runner.finished();
      await lastAppend.catch(() => {});
      await log.close();
    },
    hold: async (work) => {
      holds += 1;
      try {
        return await work();
      } finally {
        holds -= 1;
      }
    },
    get busy() {
      return runner.size + mailbox.length + holds;
    },
    get watchers() {
      return audience.size;
    },
    get dead() {
      return dead !== undefined;
    },
  };
  return session;
}

/** Nothing follows from these without an effect outside, so they need no transcript: a long session takes them at once. */
const withoutFollowUps = new Set(["session.renamed", "session.owned", "message.received", "call.proposed"]);

function needsTranscript(draft: FactDraft | MakeDraft, { meta, supervisors }: SessionState): boolean {
  if (typeof draft === "function" || !withoutFollowUps.has(draft.type)) return true;
  // Whoever leads other agents may have something to say to any of them.
  return meta?.agentMode !== "single" || Object.keys(supervisors).length > 0;
}

function fullMailbox(): Problem {
  return new Problem("too_many_requests", `Cannot take more commands: ${mailboxMax} are waiting`, {
    hint: "Wait for the answers of earlier ones",
  });
}
