// Plays the steps of a plan as the body of a response: sends bytes, waits, cuts the connection or falls silent.
import type { Step } from "./model_plan.ts";

/** `onHungUp` is called when the client goes away before the end; `stopped` cuts what is still playing. */
export function play(
  steps: readonly Step[],
  stopped: AbortSignal,
  onHungUp: () => void,
): ReadableStream<Uint8Array> {
  let next = 0;
  const gone = new AbortController();
  const ended = AbortSignal.any([stopped, gone.signal]);
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      while (true) {
        const step = steps[next++];
        if (step === undefined) return controller.close();
        if (step instanceof Uint8Array) {
          if (step.length > 0) return controller.enqueue(step);
          continue;
        }
        // Before a cut, what was sent so far must leave: a body that makes the server wait gets it flushed.
        await wait(step === "silence" ? undefined : step === "cut" ? 1 : step.waitMs, ended);
        if (gone.signal.aborted) return;
        if (step === "cut" || ended.aborted) return controller.error(new Error("cut on purpose"));
      }
    },
    cancel() {
      onHungUp();
      gone.abort();
    },
  }, { highWaterMark: 0 });
}

/** Waits for the time, or for ever, but never longer than until the signal. */
function wait(ms: number | undefined, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  if (signal.aborted) return Promise.resolve();
  const timer = ms === undefined ? undefined : setTimeout(resolve, ms);
  signal.addEventListener("abort", () => resolve(), { once: true });
  return promise.finally(() => clearTimeout(timer));
}
