// The breaker: after repeated failure a partner is left alone for a while, so that it costs its own calls only.

export const failuresMax = 3;
export const failureWindowMs = 5 * 60_000;
export const offMs = 5 * 60_000;

export interface Breaker {
  /** Why there is no trying now, with the time that is left; null when it may be tried. */
  refusal(): string | null;
  failed(why: string): void;
  /** The next try starts from nothing: a person asked for it. */
  reset(): void;
}

/** `now` in milliseconds. */
export function createBreaker(now: () => number = Date.now): Breaker {
  let failures: number[] = [];
  let offUntil = 0;
  let last = "";
  return {
    refusal() {
      const leftMs = offUntil - now();
      if (leftMs <= 0) return null;
      const seconds = Math.ceil(leftMs / 1000);
      return `it failed ${failuresMax} times within ${
        failureWindowMs / 60_000
      } minutes and is off for another ${seconds} s (last: ${last})`;
    },
    failed(why) {
      last = why;
      failures = [...failures.filter((at) => now() - at < failureWindowMs), now()].slice(-failuresMax);
      if (failures.length < failuresMax) return;
      failures = [];
      offUntil = now() + offMs;
    },
    reset() {
      failures = [];
      offUntil = 0;
    },
  };
}
