// The idle watch: limits how long one wait on an endpoint may take. There is no limit on the whole answer:
// a slow but living stream is healthy, and any byte, also a keep-alive comment, shows that it lives.
import { CallFailure } from "./failure.ts";

export interface IdleWatch {
  /** Aborts when the caller cancels and when a wait was too long. */
  readonly signal: AbortSignal;
  /** Waits for `work`; throws a CallFailure `cancelled` or `idle_timeout` if that comes first, even if `work` never ends. */
  wait<T>(work: Promise<T>, limitMs?: number): Promise<T>;
}

export function watchIdle(idleTimeoutMs: number, caller: AbortSignal): IdleWatch {
  const own = new AbortController();
  const signal = AbortSignal.any([caller, own.signal]);
  return {
    signal,
    wait<T>(work: Promise<T>, limitMs = idleTimeoutMs): Promise<T> {
      return new Promise((resolve, reject) => {
        const release = () => {
          clearTimeout(timer);
          caller.removeEventListener("abort", cancel);
        };
        const giveUp = (failure: CallFailure) => {
          release();
          reject(failure);
          own.abort();
        };
        const cancel = () => giveUp(new CallFailure("cancelled", "the call was cancelled"));
        const timer = setTimeout(() => {
          giveUp(new CallFailure("idle_timeout", `the endpoint sent nothing for ${limitMs} ms`));
        }, limitMs);
        caller.addEventListener("abort", cancel);
        work.then(resolve, reject).finally(release);
        if (caller.aborted) cancel();
      });
    },
  };
}
