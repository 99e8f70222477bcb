// What can go wrong with a model call, as one shape: code, message, and whether another attempt makes sense.
import { z } from "zod";
import { messageOf } from "../../protocol/problem.ts";
import { readRetryAfter } from "../backoff.ts";
import { saysOverflow } from "./overflow.ts";

export type FailureCode =
  | "cancelled"
  | "auth"
  | "bad_request"
  | "context_overflow"
  | "rate_limited"
  | "unavailable"
  | "disconnected"
  | "idle_timeout"
  | "bad_answer";

/** What a person can do about a failure, which depends on how the endpoint was configured; follows the endpoint's own words. */
export interface Advice {
  auth: string;
  redirect: string;
  /** When nothing answers at the address. */
  unreachable?: string;
  /** When the endpoint knows no such address, model or deployment. */
  missing?: string;
}

export const environmentAdvice: Advice = {
  auth: "check OPENAI_API_KEY and LLM_BASE_URL",
  redirect: "set LLM_BASE_URL to the final address",
};

interface FailureDetail {
  retry?: boolean;
  retryAfterMs?: number | null;
  noSuchAddress?: boolean;
  thoughtsRefused?: boolean;
  unreached?: boolean;
}

/**
 * A failed attempt; thrown inside the provider only. `retry`: the same request may succeed later. `noSuchAddress`: the
 * endpoint lives but does not serve this path. `thoughtsRefused`: it cannot read the encrypted thoughts it was given back. `unreached`:
 * nobody answered at the address, so it is down rather than busy.
 */
export class CallFailure extends Error {
  override readonly name = "CallFailure";
  readonly code: FailureCode;
  readonly retry: boolean;
  readonly retryAfterMs: number | null;
  readonly noSuchAddress: boolean;
  readonly thoughtsRefused: boolean;
  readonly unreached: boolean;

  constructor(code: FailureCode, message: string, detail: FailureDetail = {}) {
    super(message);
    this.code = code;
    this.retry = detail.retry ?? false;
    this.retryAfterMs = detail.retryAfterMs ?? null;
    this.noSuchAddress = detail.noSuchAddress ?? false;
    this.thoughtsRefused = detail.thoughtsRefused ?? false;
    this.unreached = detail.unreached ?? false;
  }
}

/** An answer that cannot be understood, or must not be acted on. Asking again would not mend it. */
export function badAnswer(what: string): CallFailure {
  return new CallFailure("bad_answer", `the endpoint's answer cannot be used: ${what}`);
}

/** The SDK's error for an answer with a bad status, by its shape: its classes would load the SDK before it is needed. */
const statusError = z.object({
  status: z.number().int(),
  code: z.string().nullish().catch(null),
  type: z.string().nullish().catch(null),
  headers: z.instanceof(Headers).optional().catch(undefined),
});

interface Refusal {
  code: string | null;
  type: string | null;
  message: string;
  retryAfterMs: number | null;
}

/** Turns whatever the SDK threw for the request itself into a failure. */
export function requestFailure(
  thrown: unknown,
  nowMs: number,
  advice: Advice = environmentAdvice,
): CallFailure {
  const answered = statusError.safeParse(thrown);
  if (answered.success) {
    const { status, code, type, headers } = answered.data;
    return statusFailure(status, {
      code: code ?? null,
      type: type ?? null,
      message: messageOf(thrown),
      retryAfterMs: readRetryAfter(headers ?? new Headers(), nowMs),
    }, advice);
  }
  const cause = thrown instanceof Error && thrown.cause !== undefined ? thrown.cause : thrown;
  const said = `the endpoint cannot be reached: ${messageOf(cause)}`;
  return new CallFailure("unavailable", withAdvice(said, advice.unreachable), {
    retry: true,
    unreached: true,
  });
}

/** What the codes in a stream mean, as statuses: there the status line was sent long ago. */
const statusOfCode: ReadonlyMap<string, number> = new Map([
  ["rate_limit_exceeded", 429],
  ["insufficient_quota", 429],
  ["invalid_api_key", 401],
  ["server_error", 500],
]);

/** An error that the endpoint put into the stream instead of an answer. */
export function streamedFailure(error: unknown, advice: Advice = environmentAdvice): CallFailure {
  const fields: Record<string, unknown> = typeof error === "object" && error !== null ? { ...error } : {};
  const words = (value: unknown) => typeof value === "string" ? value : null;
  const message = words(fields.message) ?? words(error) ?? JSON.stringify(error);
  const refusal = { code: words(fields.code), type: words(fields.type), message, retryAfterMs: null };
  const numeric = [fields.status, fields.code].map(Number).find((one) => one >= 400 && one <= 599);
  if (saysOverflow(refusal)) return overflow(`the endpoint reported an error: ${message}`);
  const status = numeric ?? statusOfCode.get(refusal.code ?? "");
  if (status !== undefined) {
    const said = numeric === undefined ? message : `${status} ${message}`;
    return statusFailure(status, { ...refusal, message: said }, advice);
  }
  // Codes about the request itself ("invalid_image_url", "image_too_large"): asking again would not mend them.
  if (/^(?:invalid|unsupported|image|bio_policy|empty)/.test(refusal.code ?? "")) {
    return new CallFailure("bad_request", `the endpoint reported an error: ${message}`);
  }
  return new CallFailure("unavailable", `the endpoint reported an error: ${message}`, { retry: true });
}

const retriedStatuses: ReadonlySet<number> = new Set([408, 409, 429]);
/** Statuses that may mean that the request is too long; llama.cpp says it with 500. */
const overflowStatuses: ReadonlySet<number> = new Set([400, 413, 422, 500]);

function statusFailure(status: number, refusal: Refusal, advice: Advice): CallFailure {
  const said = `the endpoint answered ${refusal.message}`;
  if (status === 401 || status === 403) return new CallFailure("auth", withAdvice(said, advice.auth));
  if (status === 413 || (overflowStatuses.has(status) && saysOverflow(refusal))) return overflow(said);
  // A spent quota is not a moment's rush: waiting does not help.
  const spent = refusal.code === "insufficient_quota";
  const retry = !spent && (status >= 500 || retriedStatuses.has(status));
  const again = { retry, retryAfterMs: refusal.retryAfterMs };
  if (status === 429) return new CallFailure("rate_limited", said, again);
  if (retry) return new CallFailure("unavailable", said, again);
  if (status < 400) {
    return new CallFailure("bad_request", withAdvice(`${said}: redirects are not followed`, advice.redirect));
  }
  if (status !== 404) {
    const thoughtsRefused = refusal.code === "invalid_encrypted_content";
    return new CallFailure("bad_request", said, { thoughtsRefused });
  }
  const noSuchAddress = refusal.code !== "model_not_found" &&
    !/\b(?:model|deployment)\b/i.test(refusal.message);
  return new CallFailure("bad_request", withAdvice(said, advice.missing), { noSuchAddress });
}

function overflow(said: string): CallFailure {
  return new CallFailure("context_overflow", said);
}

function withAdvice(said: string, advice: string | undefined): string {
  return advice === undefined ? said : `${said.trim().replace(/\.$/, "")}; ${advice}`;
}
