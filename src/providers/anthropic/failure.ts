// What the Messages API says when something goes wrong, as our failures: statuses, error types within a stream, refusals.
import { z } from "zod";
import { type Advice, CallFailure, requestFailure } from "../wire/failure.ts";

export const anthropicAdvice: Advice = {
  auth: "check the API key and the address of this provider",
  redirect: "set the address of this provider to the final one",
};

/** Words of a 400 that mean that the request does not fit; the API has no code for it. */
const overflowWords =
  /prompt is too long|exceeds? context limit|context window|too many (?:total )?(?:text )?(?:bytes|tokens)/i;

/** Turns whatever the SDK threw for the request itself into a failure. */
export function askFailure(thrown: unknown, nowMs: number): CallFailure {
  const failure = requestFailure(thrown, nowMs, anthropicAdvice);
  const overflow = failure.code === "bad_request" && overflowWords.test(failure.message);
  return overflow ? new CallFailure("context_overflow", failure.message) : failure;
}

const streamed = z.object({
  error: z.object({ type: z.string().catch(""), message: z.string().catch("") }),
});

/** An `error` event: what it means, by its type. Unknown types pass with time, as those of an overloaded endpoint do. */
export function streamedFailure(event: unknown): CallFailure {
  const parsed = streamed.safeParse(event);
  if (!parsed.success) {
    return new CallFailure("unavailable", "the endpoint reported an error that cannot be read", {
      retry: true,
    });
  }
  const { type, message } = parsed.data.error;
  const said = `the endpoint reported ${type === "" ? "an error" : `"${type}"`}: ${message}`;
  switch (type) {
    case "authentication_error":
    case "permission_error":
      return new CallFailure("auth", `${said.replace(/\.$/, "")}; ${anthropicAdvice.auth}`);
    case "rate_limit_error":
      return new CallFailure("rate_limited", said, { retry: true });
    case "request_too_large":
      return new CallFailure("context_overflow", said);
    case "invalid_request_error":
    case "billing_error":
    case "not_found_error":
      return new CallFailure(overflowWords.test(message) ? "context_overflow" : "bad_request", said);
    default:
      return new CallFailure("unavailable", said, { retry: true });
  }
}

/** The model ended its answer because it will not give it; what it had said so far counts for nothing. */
export function refusal(category: string | null, explanation: string | null): CallFailure {
  const why = category === null ? "" : ` ("${category}")`;
  const words = explanation === null || explanation === "" ? "ask for it in other words" : explanation;
  return new CallFailure("bad_answer", `the model refused to answer${why}: ${words}`);
}
