// How long to wait before a failed model call is tried again: exponential with full jitter, or what the endpoint asks for. Pure.

export interface BackoffOptions {
  /** Upper end of the first wait; doubles with each attempt. */
  baseMs: number;
  /** Upper end of any wait that the endpoint did not ask for. */
  maxMs: number;
  /** The longest wait that an endpoint may ask for. */
  retryAfterMaxMs: number;
  /** A number from 0 to below 1. */
  random(): number;
}

/**
 * Milliseconds to wait after failed attempt `attempt` (from 1). With `retryAfterMs` it is at least that, up to the cap,
 * plus jitter, so that many clients that were sent away together do not come back together.
 */
export function backoffMs(attempt: number, retryAfterMs: number | null, options: BackoffOptions): number {
  const ceiling = Math.min(options.maxMs, options.baseMs * 2 ** Math.min(attempt - 1, 30));
  const jitter = Math.floor(options.random() * ceiling);
  if (retryAfterMs === null) return jitter;
  return Math.min(retryAfterMs, options.retryAfterMaxMs) + Math.min(jitter, options.baseMs);
}

/** Reads `Retry-After` (seconds or an HTTP date) and `retry-after-ms`; null when there is none that can be understood. */
export function readRetryAfter(headers: Headers, nowMs: number): number | null {
  const inMs = Number.parseFloat(headers.get("retry-after-ms") ?? "");
  if (Number.isFinite(inMs) && inMs >= 0) return Math.ceil(inMs);
  const value = headers.get("retry-after")?.trim() ?? "";
  if (/^\d+(\.\d+)?$/.test(value)) return Math.ceil(Number.parseFloat(value) * 1000);
  const date = Date.parse(value);
  return Number.isNaN(date) ? null : Math.max(0, date - nowMs);
}
