// A model call as attempts: which failure is worth another one, how long to wait before it, and what the end says.
import type { ErrorInfo } from "../../protocol/facts.ts";
import { backoffMs, type BackoffOptions } from "../backoff.ts";
import type { ModelEvent, ModelInfo } from "../contract.ts";
import { pause } from "../../platform/pause.ts";
import { costOf } from "../prices.ts";
import { type Attempt, type Done, tryOnce } from "./attempt.ts";
import type { CallFailure } from "./failure.ts";

export interface Call {
  /** Made anew for each attempt. */
  next(): Promise<Attempt>;
  /** True when a refusal shows another way to ask, which `next` now takes: at once, and not counted. Must end. */
  turn?(refusal: CallFailure): boolean;
  /** After a whole answer; never rejects. */
  after?(): Promise<void>;
  describe(failure: CallFailure): ErrorInfo;
  info(): ModelInfo;
  /** Further attempts after the first, as long as nothing of an answer has arrived. */
  limits: BackoffOptions & { retries: number };
}

/** The events of the whole call: ends with exactly one `done` or `failed`. Only bugs are thrown. */
export async function* tryAgain(call: Call, signal: AbortSignal): AsyncGenerator<ModelEvent> {
  const { limits } = call;
  for (let attempt = 1;;) {
    const end = yield* tryOnce(await call.next(), signal);
    if (end.type === "done") {
      if (!signal.aborted) await call.after?.();
      return yield withCost(end, call.info());
    }
    const { failure, text, started } = end;
    if (!started && call.turn?.(failure)) continue;
    const error = call.describe(failure);
    if (!failure.retry || started || attempt > limits.retries) return yield { type: "failed", error, text };
    const delayMs = backoffMs(attempt, failure.retryAfterMs, limits);
    yield { type: "retry", attempt, delayMs, error, unreached: failure.unreached };
    await pause(delayMs, signal);
    attempt++;
  }
}

function withCost(done: Done, info: ModelInfo): Done {
  const cost_usd = costOf(done.usage, info.price);
  return cost_usd === undefined ? done : { ...done, usage: { ...done.usage, cost_usd } };
}
