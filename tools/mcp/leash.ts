// An abort signal that is let go when its work is done. The SDK keeps listening to the signal of a finished request, and
// would tell the server to cancel what has long been answered.

export interface Leash {
  signal: AbortSignal;
  /** Whether it was the time limit. */
  isLate(): boolean;
  release(): void;
}

/** Aborts with `outer`, or after `timeoutMs`, unless released before. */
export function leash(outer: AbortSignal, timeoutMs?: number): Leash {
  const inner = new AbortController();
  let isLate = false;
  const abort = () => inner.abort(outer.reason);
  const timer = timeoutMs === undefined ? undefined : setTimeout(() => {
    isLate = true;
    inner.abort(new Error("too late"));
  }, timeoutMs);
  outer.addEventListener("abort", abort, { once: true });
  if (outer.aborted) abort();
  return {
    signal: inner.signal,
    isLate: () => isLate,
    release() {
      clearTimeout(timer);
      outer.removeEventListener("abort", abort);
    },
  };
}
