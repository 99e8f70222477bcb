// Loaded sessions: opened when needed, kept while busy or watched, let go when idle. One actor per session, ever.
import { owedWork, type SessionState } from "../machines/session_state.ts";
import type { LogStore, SessionLog } from "../src/log/port.ts";
import { type Fact, mainActor } from "../src/protocol/facts.ts";
import type { Problem } from "../src/protocol/problem.ts";
import { createDedupe, type Dedupe } from "./dedupe.ts";
import { foldState, foldTranscript, toSnapshot } from "./fold.ts";
import type { Secret } from "./packing.ts";
import { createSessionActor } from "./session_actor.ts";
import type { Executor, SessionActor } from "./session_port.ts";
import { asProblem, cannotGoOn, troubleOf } from "./session_trouble.ts";

/** Idle sessions kept open; the least recently used go first. */
export const idleSessionsMax = 32;
/** An idle session is let go after this long. */
const idleMs = 15_000;
/** A session is at rest after this long: its last records are covered by a mark. */
const restMs = 1_000;
/** Records after which a snapshot saves enough time to be worth its bytes. */
const snapshotEvery = 500;
/** The same for a session that is put away: folding fewer costs less than reading a snapshot. */
const snapshotAtRest = 20;
/** Recoveries without progress before the session waits for a person. */
const recoveriesMax = 3;
/** A session whose log failed under its work is opened again after this long, if nobody asks for it before. */
const takeUpMs = 3_000;

export interface Loaded {
  log: SessionLog;
  /** Null when the log cannot be written: it is damaged, or does not fold to what it says. */
  actor: SessionActor | null;
  problem: Problem | null;
  state(): SessionState;
}

export interface Sessions {
  /** Runs `use` with the session loaded; it stays loaded meanwhile. Rejects with `not_found`. */
  with<T>(sessionId: string, use: (loaded: Loaded) => Promise<T>): Promise<T>;
  /** Takes over a log that was just made. */
  adopt(log: SessionLog, from: { state: SessionState; epoch: number; owned: boolean }): Loaded;
  /** Closes one session, wherever it stands, and does `afterwards` before anyone can open it again. */
  release(sessionId: string, afterwards?: () => Promise<void>): Promise<void>;
  actors(): SessionActor[];
  sweep(): Promise<void>;
}

export interface SessionsOptions {
  store: LogStore;
  machineVersion: string;
  executors: Readonly<Record<string, Executor>>;
  secrets: readonly Secret[];
  now: () => number;
  onChange: (sessionId: string, state: SessionState) => void;
  onTrouble: (sessionId: string, problem: Problem) => void;
  onFact: (session: SessionActor, fact: Fact) => void;
}

interface Slot {
  loaded: Promise<Loaded>;
  /** What `loaded` resolved to. */
  current: Loaded | null;
  users: number;
  usedAt: number;
  snapshotSeq: number;
  dedupe: Dedupe;
  epoch: number;
}

export function createSessions(options: SessionsOptions): Sessions {
  const { store } = options;
  const slots = new Map<string, Slot>();
  /** Logs that are being closed: none is opened again before. */
  const closing = new Map<string, Promise<void>>();
  /** Sessions whose actor died while work was owed, and when to take it up again. */
  const fallen = new Map<string, number>();

  const makeActor = (
    slot: Slot,
    from: { log: SessionLog; state: SessionState; owned: boolean },
  ): Loaded => {
    const { log } = from;
    const actor = createSessionActor({
      ...from,
      epoch: slot.epoch,
      machineVersion: options.machineVersion,
      dedupe: slot.dedupe,
      secrets: options.secrets,
      executors: options.executors,
      readTranscript: () => foldTranscript(log),
      now: options.now,
      onFact: options.onFact,
      onVisible: (state) => {
        slot.usedAt = options.now();
        options.onChange(log.sessionId, state);
        if (state.seq - slot.snapshotSeq >= snapshotEvery) void saveSnapshot(slot, log, state);
      },
      onDead: (problem) => {
        options.onTrouble(log.sessionId, problem);
        if (slots.get(log.sessionId) === slot) slots.delete(log.sessionId);
        if (Object.keys(actor.visible().effects).length > 0) {
          fallen.set(log.sessionId, options.now() + takeUpMs);
        }
        close(log.sessionId, () => actor.close(problem.message));
      },
    });
    return { log, actor, problem: null, state: () => actor.visible() };
  };

  const saveSnapshot = async (slot: Slot, log: SessionLog, state: SessionState): Promise<void> => {
    slot.snapshotSeq = state.seq;
    const more = { ids: slot.dedupe.entries(), epoch: slot.epoch, machineVersion: options.machineVersion };
    try {
      await log.putSnapshot(toSnapshot(state, more));
    } catch (thrown) {
      // A snapshot is a cache: without it the next opening takes longer.
      options.onTrouble(log.sessionId, asProblem(thrown));
    }
  };

  const open = async (sessionId: string, slot: Slot): Promise<Loaded> => {
    const log = await store.open(sessionId);
    const folded = await foldState(log, { machineVersion: options.machineVersion }).catch(async (thrown) => {
      await log.close();
      throw thrown;
    });
    slot.snapshotSeq = folded.state.seq - folded.steps;
    slot.epoch = folded.epoch + 1;
    slot.dedupe = createDedupe(folded.ids);
    const problem = troubleOf(log, folded);
    if (problem !== null) {
      options.onTrouble(sessionId, problem);
      return { log, actor: null, problem, state: () => folded.state };
    }
    const loaded = makeActor(slot, { log, state: folded.state, owned: false });
    options.onChange(sessionId, folded.state);
    if (loaded.actor === null) return loaded;
    const from = folded.state.meta?.sessionId ?? sessionId;
    if (from !== sessionId) await beginFork(loaded.actor, from);
    else if (owedWork(folded.state).length > 0) {
      const stuck = await recover(loaded.actor);
      if (stuck === null) return loaded;
      await loaded.actor.close(stuck.message);
      return { ...loaded, log: await store.open(sessionId), actor: null, problem: stuck };
    }
    return loaded;
  };

  /** The daemon died between copying a log and saying that it is a fork: what is owed in it is another session's. */
  const beginFork = async (actor: SessionActor, from: string): Promise<void> => {
    const data = { session_id: actor.id, from, at: actor.state().seq };
    try {
      await actor.tell({ actor: mainActor, type: "session.forked", data });
    } catch (thrown) {
      options.onTrouble(actor.id, asProblem(thrown));
    }
  };

  /**
   * The actor goes on by itself with what was owed; after too many crashes on the same work it waits for a person. Gives the
   * bug for which it cannot, although its log can be written: whatever is said to it would never be carried out.
   */
  const recover = async (actor: SessionActor): Promise<Problem | null> => {
    const crashes = actor.state().meta?.recoveries ?? 0;
    try {
      await actor.resume({ park: crashes >= recoveriesMax });
      return null;
    } catch (thrown) {
      const problem = cannotGoOn(actor.id, thrown);
      options.onTrouble(actor.id, problem);
      // Nothing can be written now: the session can be read, and is opened again when it is next asked for.
      return actor.dead ? null : problem;
    }
  };

  const close = (sessionId: string, work: () => Promise<void>): Promise<void> => {
    const closed = work()
      .catch((thrown) => options.onTrouble(sessionId, asProblem(thrown)))
      .finally(() => {
        if (closing.get(sessionId) === closed) closing.delete(sessionId);
      });
    closing.set(sessionId, closed);
    return closed;
  };

  const slotOf = (sessionId: string): Slot => {
    const known = slots.get(sessionId);
    if (known !== undefined) return known;
    const slot = emptySlot(options.now());
    slots.set(sessionId, slot);
    slot.loaded = (closing.get(sessionId) ?? Promise.resolve()).then(() => open(sessionId, slot));
    slot.loaded.then((loaded) => slot.current = loaded, () => {
      // A session that was adopted meanwhile keeps its place.
      if (slots.get(sessionId) === slot) slots.delete(sessionId);
    });
    return slot;
  };

  /** The slot leaves the table at once, so that nobody begins to use what is being closed. */
  const release = async (sessionId: string, afterwards?: () => Promise<void>): Promise<void> => {
    const slot = slots.get(sessionId);
    if (slot?.current === null) await slot.loaded;
    if (slots.get(sessionId) !== slot) return await release(sessionId, afterwards);
    slots.delete(sessionId);
    const before = closing.get(sessionId);
    let done = Promise.resolve();
    await close(sessionId, async () => {
      await before;
      if (slot?.current) await putAway(slot, slot.current);
      if (afterwards !== undefined) done = afterwards();
      await done.catch(() => {});
    });
    await done;
  };

  const putAway = async (slot: Slot, { log, actor, state }: Loaded): Promise<void> => {
    if (actor === null) return await log.close();
    await actor.settled();
    if (!actor.dead && state().seq - slot.snapshotSeq >= snapshotAtRest) {
      await saveSnapshot(slot, log, state());
    }
    await actor.close("it is no longer needed here");
  };

  /** Opening a session takes up what it owes. */
  const takeUpFallen = async (): Promise<void> => {
    for (const [sessionId, at] of [...fallen]) {
      if (at > options.now()) continue;
      fallen.delete(sessionId);
      await slotOf(sessionId).loaded.catch((thrown) => {
        options.onTrouble(sessionId, asProblem(thrown));
        fallen.set(sessionId, options.now() + takeUpMs);
      });
    }
  };

  const sweep = async (): Promise<void> => {
    await takeUpFallen();
    const byAge = [...slots].sort(([, a], [, b]) => a.usedAt - b.usedAt);
    let excess = slots.size - idleSessionsMax;
    for (const [sessionId, slot] of byAge) {
      const idleFor = options.now() - slot.usedAt;
      if (slot.current === null || idleFor < restMs || !isIdle(slot)) continue;
      if (excess > 0 || idleFor > idleMs) {
        excess -= 1;
        await release(sessionId);
      } else if (slot.current.actor !== null) await slot.current.log.mark();
    }
  };

  return {
    with: async (sessionId, use) => {
      const slot = slotOf(sessionId);
      slot.users += 1;
      slot.usedAt = options.now();
      try {
        return await use(await slot.loaded);
      } finally {
        slot.users -= 1;
      }
    },
    adopt: (log, from) => {
      const slot = emptySlot(options.now());
      slot.epoch = from.epoch;
      slot.current = makeActor(slot, { log, ...from });
      slot.loaded = Promise.resolve(slot.current);
      slots.set(log.sessionId, slot);
      return slot.current;
    },
    release,
    actors: () => [...slots.values()].flatMap((slot) => slot.current?.actor ?? []),
    sweep,
  };
}

function isIdle(slot: Slot): boolean {
  const actor = slot.current?.actor ?? null;
  return slot.users === 0 && (actor === null || (actor.busy === 0 && actor.watchers === 0));
}

function emptySlot(usedAt: number): Slot {
  const loaded = Promise.reject(new Error("Not opened yet"));
  loaded.catch(() => {});
  return { loaded, current: null, users: 0, usedAt, snapshotSeq: 0, dedupe: createDedupe(), epoch: 1 };
}
