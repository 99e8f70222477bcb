// The facts of one memory session: an array, its listeners, and waiting for what it will hold.
import type { SessionListener, Subscription } from "../../actors/host.ts";
import type { Fact, FactDraft, FactOf } from "../../src/protocol/facts.ts";
import type { DeltaFrame } from "../../src/protocol/frames.ts";
import { Problem } from "../../src/protocol/problem.ts";

export interface MemoryFacts {
  readonly all: readonly Fact[];
  append(draft: FactDraft): Fact;
  /** Shows more of the text in the making. */
  say(actor: string, ofSeq: number, text: string): void;
  /** The text in the making is done or given up. */
  hush(): void;
  find<T extends Fact["type"]>(type: T, fits: (fact: FactOf<T>) => boolean): FactOf<T> | undefined;
  /** Waits until `look` finds something, looking again after every fact; rejects when the signal says so. */
  until<Found>(look: () => Found | undefined, signal: AbortSignal): Promise<Found>;
  subscribe(listener: SessionListener): Subscription;
  close(reason: string): void;
}

/** Starts with these facts; `onAppend` is told after each new one. */
export function createMemoryFacts(start: readonly Fact[], onAppend: () => void): MemoryFacts {
  const facts: Fact[] = [...start];
  const listeners = new Set<SessionListener>();
  const watchers = new Set<() => void>();
  let partial: DeltaFrame | null = null;

  return {
    all: facts,
    append(draft) {
      const fact: Fact = { ...draft, seq: facts.length + 1, at: new Date().toISOString(), v: 1 };
      facts.push(fact);
      onAppend();
      const encoded = listeners.size > 0 ? JSON.stringify({ type: "event", event: fact }) : "";
      for (const listener of [...listeners]) listener.event(fact, encoded);
      for (const watcher of [...watchers]) watcher();
      return fact;
    },
    say(actor, of_seq, text) {
      const before = partial?.text ?? "";
      partial = { type: "delta", actor, of_seq, offset: 0, text: before + text };
      for (const listener of [...listeners]) {
        listener.delta({ type: "delta", actor, of_seq, offset: before.length, text });
      }
    },
    hush: () => partial = null,
    find: <T extends Fact["type"]>(type: T, fits: (fact: FactOf<T>) => boolean) =>
      // The type was compared, which the compiler cannot see through the union.
      facts.find((fact): fact is FactOf<T> => fact.type === type && fits(fact as FactOf<T>)),
    until: (look, signal) =>
      new Promise((resolve, reject) => {
        const done = () => {
          watchers.delete(watcher);
          signal.removeEventListener("abort", stop);
        };
        const stop = () => {
          done();
          reject(new Problem("unavailable", "Cannot wait on: the wait was ended"));
        };
        const watcher = () => {
          const found = look();
          if (found === undefined) return;
          done();
          resolve(found);
        };
        watchers.add(watcher);
        signal.addEventListener("abort", stop);
        if (signal.aborted) stop();
        else watcher();
      }),
    subscribe(listener) {
      listeners.add(listener);
      return {
        head: facts.length,
        epoch: 1,
        partial: partial === null ? [] : [partial],
        unsubscribe: () => listeners.delete(listener),
      };
    },
    close(reason) {
      for (const listener of [...listeners]) listener.closed(reason);
      listeners.clear();
    },
  };
}
