// What can go wrong with a model call, as one shape: code, message, and whether another attempt makes sense.
import { z } from "zod";
import { messageOf } from "../../protocol/problem.ts";
import { readRetryAfter } from "../backoff.ts";

export type FailureCode =
  | "cancelled"
  | "auth"
  | "bad_request"
  | "rate_limited"
  | "unavailable"
  | "disconnected"
  | "idle_timeout"
  | "bad_answer";

/** A failed attempt; thrown inside the provider only. `retry`: the same request may succeed later. */
export class CallFailure extends Error {
  override readonly name = "CallFailure";
  readonly code: FailureCode;
  readonly retry: boolean;
  readonly retryAfterMs: number | null;

  constructor(
    code: FailureCode,
    message: string,
    again: { retry?: boolean; retryAfterMs?: number | null } = {},
  ) {
    super(message);
    this.code = code;
    this.retry = again.retry ?? false;
    this.retryAfterMs = again.retryAfterMs ?? null;
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
  headers: z.instanceof(Headers).optional().catch(undefined),
});

/** Turns whatever the SDK threw for the request itself into a failure. */
export function requestFailure(thrown: unknown, nowMs: number): CallFailure {
  const answered = statusError.safeParse(thrown);
  if (answered.success) {
    const { status, code, headers } = answered.data;
    return statusFailure(status, messageOf(thrown), {
      endpointCode: code ?? null,
      retryAfterMs: readRetryAfter(headers ?? new Headers(), nowMs),
    });
  }
  const cause = thrown instanceof Error && thrown.cause !== undefined ? thrown.cause : thrown;
  return new CallFailure("unavailable", `the endpoint cannot be reached: ${messageOf(cause)}`, {
    retry: true,
  });
}

/** An error that the endpoint put into the stream instead of an answer. */
export function streamedFailure(error: unknown): CallFailure {
  const fields: Record<string, unknown> = typeof error === "object" && error !== null ? { ...error } : {};
  const message = typeof fields.message === "string" ? fields.message : JSON.stringify(error);
  const status = [fields.status, fields.code].map(Number).find((one) => one >= 400 && one <= 599);
  if (status !== undefined) {
    return statusFailure(status, `${status} ${message}`, {
      endpointCode: String(fields.code),
      retryAfterMs: null,
    });
  }
  return new CallFailure("unavailable", `the endpoint reported an error: ${message}`, { retry: true });
}

const retriedStatuses: ReadonlySet<number> = new Set([408, 409, 429]);

function statusFailure(
  status: number,
  message: string,
  detail: { endpointCode: string | null; retryAfterMs: number | null },
): CallFailure {
  const said = `the endpoint answered ${message}`;
  if (status === 401 || status === 403) {
    return new CallFailure("auth", `${said}; check OPENAI_API_KEY and LLM_BASE_URL`);
  }
  // A spent quota is not a moment's rush: waiting does not help.
  const spent = detail.endpointCode === "insufficient_quota";
  const retry = !spent && (status >= 500 || retriedStatuses.has(status));
  const again = { retry, retryAfterMs: detail.retryAfterMs };
  if (status === 429) return new CallFailure("rate_limited", said, again);
  if (retry) return new CallFailure("unavailable", said, again);
  if (status < 400) {
    return new CallFailure(
      "bad_request",
      `${said}: redirects are not followed; set LLM_BASE_URL to the final address`,
    );
  }
  return new CallFailure("bad_request", said);
}
