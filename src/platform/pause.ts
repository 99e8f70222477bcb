// A wait that an abort ends early.
import { setTimeout as sleep } from "node:timers/promises";

/** Resolves after `ms`, or at once when the signal aborts: the caller looks at the signal afterwards. */
export async function pause(ms: number, signal?: AbortSignal): Promise<void> {
  if (ms <= 0 || signal?.aborted) return;
  // It rejects for an abort and nothing else.
  await sleep(ms, undefined, signal === undefined ? {} : { signal }).catch(() => {});
}
