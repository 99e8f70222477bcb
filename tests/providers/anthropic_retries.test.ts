// The anthropic provider against faults that pass: another attempt is made, later, and the answer then is whole.
import { describe, expect, test } from "vitest";
import type { AnthropicOptions } from "../../src/providers/anthropic.ts";
import { useAnthropic } from "../support/anthropic_endpoint.ts";
import { countFaults, good, head } from "../support/anthropic_faults.ts";
import { decline, errorEvent } from "../support/anthropic_plan.ts";
import { bytes, cutAfter, page, type Plan, sse } from "../support/model_plan.ts";
import { ask } from "./contract.ts";

const endpoint = useAnthropic();
const face = countFaults(endpoint, "that pass");

describe("faults that pass", () => {
  test.each<[string, Plan, string]>([
    ["408", decline(408, "timeout_error", "slow"), "unavailable"],
    ["409", decline(409, "conflict_error", "locked"), "unavailable"],
    ["429", decline(429, "rate_limit_error", "too fast"), "rate_limited"],
    ["429 with a time", decline(429, "rate_limit_error", "too fast", { "retry-after": "0" }), "rate_limited"],
    ["500", decline(500, "api_error", "oops"), "unavailable"],
    ["503 with a page", page(503, "text/html", "<html>busy</html>"), "unavailable"],
    ["504", decline(504, "timeout_error", "slow"), "unavailable"],
    ["529", decline(529, "overloaded_error", "Overloaded"), "unavailable"],
    ["a broken connection", cutAfter(good, 0), "disconnected"],
    ["an empty answer", sse([]), "disconnected"],
    [
      "an answer that ends within its first event",
      sse([bytes('event: message_start\ndata: {"ty')]),
      "disconnected",
    ],
    ["an overload in the stream", sse([...head, errorEvent("overloaded_error"), "silence"]), "unavailable"],
    ["a limit in the stream", sse([errorEvent("rate_limit_error", "too fast")]), "rate_limited"],
  ])("%s is tried again, and the answer then is whole", async (_, fault, code) => {
    const { end, retries, asked } = await face([fault, fault, good]);
    expect(end).toMatchObject({ type: "done", text: "Hello you." });
    expect(asked).toBe(3);
    expect(retries.map((retry) => [retry.attempt, retry.error.code])).toEqual([[1, code], [2, code]]);
  });

  test("attempts are bounded, and the last failure is told", async () => {
    for (const retries of [0, 1, 3]) {
      const plans = [decline(500, "api_error", "first"), decline(529, "overloaded_error", "again")];
      const run = await face(plans, { retries });
      expect([run.asked, run.retries.length]).toEqual([retries + 1, retries]);
      expect(run.end).toMatchObject({ type: "failed", error: { code: "unavailable" } });
    }
  });

  test("the wait is what the endpoint asks for, up to a limit", async () => {
    const busy = (after: string) => decline(429, "rate_limit_error", "x", { "retry-after": after });
    const waits = async (after: string, over: Partial<AnthropicOptions>) =>
      (await face([busy(after), good], over)).retries.map((retry) => retry.delayMs);
    const still = { random: () => 0 };
    expect(await waits("0.02", { ...still, retryAfterMaxMs: 60_000 })).toEqual([20]);
    expect(await waits("3600", { ...still, retryAfterMaxMs: 5 })).toEqual([5]);
  });

  test("cancelling while it waits ends as cancelled, and nobody is asked again", async () => {
    endpoint.reply(() => decline(529, "overloaded_error", "Overloaded"));
    const before = endpoint.server().requests.length;
    const abort = new AbortController();
    const events = [];
    const provider = endpoint.provider({ baseMs: 1e8, maxMs: 1e8, random: () => 0.5 });
    for await (const event of provider.stream(ask("hi"), { signal: abort.signal })) {
      events.push(event);
      // Late enough for a second request, if one were made.
      setTimeout(() => abort.abort(), 50);
    }
    expect(events).toMatchObject([
      { type: "retry", attempt: 1, delayMs: 5e7 },
      { type: "failed", text: "", error: { code: "cancelled" } },
    ]);
    expect(endpoint.server().requests.length).toBe(before + 1);
  });
});
