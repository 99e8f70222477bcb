// The effect runner: the executors that are at work for a session. Each effect has at most one.
import { effectKey, type PendingEffect } from "../machines/effects.ts";

/** Why an executor is told to stop; on "shutdown" a second is all there is, after "closed" it may tell nothing more. */
export type StopReason = "cancelled" | "shutdown" | "closed";

export interface EffectRunner {
  /** Starts an effect, unless it is at work already. `stopped`: its agent is being cancelled, it only says how far it came. */
  start(effect: PendingEffect, options: { stopped: boolean }): void;
  /** Tells the executor of an effect to stop; false when none is at work. */
  stop(key: string, reason: StopReason): boolean;
  stopAll(reason: StopReason): void;
  keys(): string[];
  /** Resolves when the executor of an effect has left; at once when none is at work. */
  left(key: string): Promise<void>;
  /** Resolves when every executor has left. */
  finished(): Promise<void>;
  readonly size: number;
}

export function createEffectRunner(options: {
  run: (effect: PendingEffect, signal: AbortSignal) => Promise<void>;
  /** An executor threw: a bug, or a log that failed under it. */
  onThrown: (thrown: unknown) => void;
  /** An executor has left. */
  onLeft: () => void;
}): EffectRunner {
  const running = new Map<string, { controller: AbortController; done: Promise<void> }>();
  return {
    start: (effect, { stopped }) => {
      const key = effectKey(effect);
      if (running.has(key)) return;
      const controller = new AbortController();
      if (stopped) controller.abort("cancelled" satisfies StopReason);
      const done = options.run(effect, controller.signal).catch(options.onThrown).finally(() => {
        running.delete(key);
        options.onLeft();
      });
      running.set(key, { controller, done });
    },
    stop: (key, reason) => {
      const found = running.get(key);
      found?.controller.abort(reason);
      return found !== undefined;
    },
    stopAll: (reason) => {
      for (const { controller } of running.values()) controller.abort(reason);
    },
    keys: () => [...running.keys()],
    left: async (key) => void await running.get(key)?.done,
    finished: async () => {
      await Promise.allSettled([...running.values()].map(({ done }) => done));
    },
    get size() {
      return running.size;
    },
  };
}
