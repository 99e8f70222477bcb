// The openai provider against faults that pass: another attempt is made, later, and the answer then is whole.
import { describe, expect, test } from "vitest";
import { openaiProvider } from "../../src/providers/openai.ts";
import { answer, bytes, cutAfter, event, page, refuse, sse } from "../support/model_plan.ts";
import { startModelServer } from "../support/model_server.ts";
import { ask } from "./contract.ts";
import { apiKey, useEndpoint } from "./endpoint.ts";

const endpoint = useEndpoint();

const good = answer({ text: ["Hello ", "you."] });
const cutAtOnce = cutAfter(good, 0);

describe("faults that pass", () => {
  test.each([
    ["408", refuse(408, "slow"), "unavailable"],
    ["409", refuse(409, "locked"), "unavailable"],
    ["429", refuse(429, "too fast"), "rate_limited"],
    ["500", refuse(500, "oops"), "unavailable"],
    ["503 with a page", page(503, "text/html", "<html>busy</html>"), "unavailable"],
    ["529", refuse(529, "overloaded"), "unavailable"],
    ["a broken connection", cutAtOnce, "disconnected"],
    ["an empty answer", sse([]), "disconnected"],
    ["an answer that ends within its first event", sse([bytes('data: {"choices":[{"del')]), "disconnected"],
    ["an error in the stream", sse([event({ error: { message: "try again", code: 502 } })]), "unavailable"],
  ])("%s is retried and the answer then is whole", async (_, fault, code) => {
    const { end, retries, asked } = await endpoint.against([fault, fault, good]);
    expect(end).toMatchObject({ type: "done", text: "Hello you." });
    expect(asked).toBe(3);
    expect(retries.map((retry) => [retry.attempt, retry.error.code])).toEqual([[1, code], [2, code]]);
  });

  test("retries are bounded, and the last failure is told", async () => {
    for (const retries of [0, 1, 3]) {
      const run = await endpoint.against([refuse(500, "first"), refuse(500, "again")], { retries });
      expect([run.asked, run.retries.length]).toEqual([retries + 1, retries]);
      expect(run.end).toMatchObject({ type: "failed", error: { code: "unavailable" } });
    }
  });

  test("an endpoint that nobody listens on is tried again, then unavailable", async () => {
    const gone = startModelServer({ reply: () => good });
    await gone.close();
    const { end, retries } = await endpoint.against([good], { baseUrl: gone.url });
    expect(end).toMatchObject({ type: "failed", error: { code: "unavailable" } });
    expect(retries).toHaveLength(2);
  });

  test("waits grow with each attempt and have a ceiling", async () => {
    const { retries } = await endpoint.against([refuse(500, "oops")], { retries: 5, baseMs: 2, maxMs: 9 });
    expect(retries.map((retry) => retry.delayMs)).toEqual([1, 3, 7, 8, 8]);
  });

  test.each([
    ["seconds", { "retry-after": "0.002" }, 2],
    ["zero", { "retry-after": "0" }, 0],
    ["more than the cap", { "retry-after": "3600" }, 3],
    ["a date far away", { "retry-after": new Date(Date.now() + 1e9).toUTCString() }, 3],
    ["a date in the past", { "retry-after": new Date(0).toUTCString() }, 0],
    ["milliseconds", { "retry-after-ms": "1" }, 1],
  ])("Retry-After is honoured: %s", async (_, headers, delayMs) => {
    const { retries, end } = await endpoint.against([refuse(429, "wait", headers), good], { baseMs: 1 });
    expect(retries.map((retry) => retry.delayMs)).toEqual([delayMs]);
    expect(end.type).toBe("done");
  });

  test("cancelling during a wait ends it at once, and nothing is asked before its time", async () => {
    const settings = {
      apiKey,
      baseUrl: endpoint.server().url,
      model: "local",
      baseMs: 1e8,
      maxMs: 1e8,
      random: () => 0.5,
    };
    endpoint.reply(() => refuse(500, "oops"));
    const before = endpoint.server().requests.length;
    const abort = new AbortController();
    const events = [];
    for await (const one of openaiProvider(settings).stream(ask("hi"), { signal: abort.signal })) {
      events.push(one);
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
