// The hooks of folders that run now: with its approval a hook ends too.
import type { OutsideItem } from "../trust/contract.ts";

export interface RunningHooks {
  /** Runs a hook of a folder with a signal that aborts also when the hook is no longer wanted. */
  watch<Result>(
    item: OutsideItem,
    signal: AbortSignal,
    run: (signal: AbortSignal) => Promise<Result>,
  ): Promise<Result>;
  /** Aborts those of which `isWanted` says no, and resolves when they have ended. */
  settle(isWanted: (item: OutsideItem) => boolean): Promise<void>;
}

export function watchHooks(): RunningHooks {
  const running = new Set<{ item: OutsideItem; stop: AbortController; ended: Promise<unknown> }>();
  return {
    watch: async (item, signal, run) => {
      const stop = new AbortController();
      const ended = run(AbortSignal.any([signal, stop.signal]));
      const entry = { item, stop, ended };
      running.add(entry);
      try {
        return await ended;
      } finally {
        running.delete(entry);
      }
    },
    settle: async (isWanted) => {
      const unwanted = [...running].filter(({ item }) => !isWanted(item));
      for (const { stop } of unwanted) stop.abort();
      await Promise.allSettled(unwanted.map(({ ended }) => ended));
    },
  };
}
