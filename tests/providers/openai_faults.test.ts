// The openai provider against an endpoint that breaks in every way we know: each fault that stays is one clean failure,
// no text is said twice and no half tool call gets through.
import { describe, expect, test } from "vitest";
import { openaiProvider } from "../../src/providers/openai.ts";
import {
  answer,
  bytes,
  chunk,
  cutAfter,
  delta,
  endedAfter,
  event,
  page,
  type Plan,
  refuse,
  silentAfter,
  sizeOf,
  slowed,
  sse,
} from "../support/model_plan.ts";
import { ask } from "./contract.ts";
import { apiKey, useEndpoint } from "./endpoint.ts";

const endpoint = useEndpoint();

const good = answer({ text: ["Hello ", "you."] });
const withCall = answer({
  text: ["I ", "run."],
  calls: [{ name: "Bash", args: { command: "rm -r build" } }],
});

describe("faults that stay", () => {
  const started = event(delta({ content: "Hel" }));
  const invalidUtf8 = event(delta({ content: "@" })).map((byte) => byte === 0x40 ? 0xff : byte);
  const filler = "x".repeat(1024 * 1024);
  test.each([
    ["a wrong key", refuse(401, "Incorrect API key"), "auth", ""],
    ["a forbidden model", refuse(403, "no access"), "auth", ""],
    ["a bad request", refuse(400, "context too long"), "bad_request", ""],
    ["an unknown model", refuse(404, "no such model"), "bad_request", ""],
    [
      "a redirect",
      { ...page(307, "text/plain", ""), headers: { location: "http://127.0.0.1:1/" } },
      "bad_request",
      "",
    ],
    ["an HTML page in place of an answer", page(200, "text/html", "<html>log in</html>"), "bad_answer", ""],
    ["a wrong content type", page(200, "application/json", "{}"), "bad_answer", ""],
    ["an event that is not JSON", sse([started, bytes("data: {oops\n\n")]), "bad_answer", "Hel"],
    ["an event of the wrong shape", sse([started, event({ choices: "none" })]), "bad_answer", "Hel"],
    ["bytes that are no event stream", sse([bytes("hello\n\nworld\n\n")]), "bad_answer", ""],
    [
      "invalid UTF-8",
      sse([started, invalidUtf8]),
      "bad_answer",
      "Hel",
    ],
    [
      "a line without end",
      sse([bytes("data: "), ...Array(17).fill(bytes(filler)), "silence"]),
      "bad_answer",
      "",
    ],
    [
      "an event without end",
      sse([...Array(17).fill(bytes(`data: ${filler}\n`)), "silence"]),
      "bad_answer",
      "",
    ],
    ["an answer without end", sse([...Array(129).fill(bytes(`: ${filler}\n`)), "silence"]), "bad_answer", ""],
    [
      "an error after the first words",
      sse([started, event({ error: { message: "gone", code: 500 } })]),
      "unavailable",
      "Hel",
    ],
    [
      "a named error event",
      sse([started, bytes('event: error\ndata: {"message":"gone"}\n\n')]),
      "unavailable",
      "Hel",
    ],
    [
      "a spent quota",
      page(429, "application/json", '{"error":{"message":"pay","code":"insufficient_quota"}}'),
      "rate_limited",
      "",
    ],
    ["a connection that breaks after the first words", sse([started, "cut"]), "disconnected", "Hel"],
    ["an answer that just ends after the first words", sse([started]), "disconnected", "Hel"],
    ["half a tool call at the end", endedAfter(withCall, 5), "bad_answer", "I run."],
    [
      "half a tool call and [DONE]",
      { ...withCall, steps: [...withCall.steps.slice(0, 5), bytes("data: [DONE]\n\n")] },
      "bad_answer",
      "I run.",
    ],
    [
      "a tool call cut by the length limit",
      answer({ calls: [{ name: "Bash", args: '{"command":"rm -r' }], finish: "length" }),
      "bad_answer",
      "",
    ],
    ["a tool call without a name", answer({ calls: [{ name: "", args: "{}" }] }), "bad_answer", ""],
    [
      "more tool calls than anyone needs",
      answer({ calls: Array(129).fill({ name: "Bash", args: {} }) }),
      "bad_answer",
      "",
    ],
  ])("%s is one failure, asked once", async (_, fault, code, text) => {
    const { end, asked } = await endpoint.against([fault]);
    expect(end).toMatchObject({ type: "failed", text, error: { code } });
    expect(asked).toBe(1);
  });

  test("an answer that says nothing is given up after the idle timeout, wherever it stops", async () => {
    const texts = ["", "", "Hello ", "Hello you."];
    for (const [steps, text] of texts.entries()) {
      const { end, asked } = await endpoint.against([silentAfter(good, steps)], { idleTimeoutMs: 250 });
      expect(end).toMatchObject({ type: "failed", text, error: { code: "idle_timeout" } });
      expect(asked).toBe(1);
    }
  });

  test("an answer that is whole does not wait long for its usage, and a late fault does not spoil it", async () => {
    for (const rest of ["silence", "cut"] as const) {
      const plan: Plan = { ...good, steps: [...good.steps.slice(0, 4), rest] };
      const { end, asked } = await endpoint.against([plan], { usageTimeoutMs: 40 });
      expect(end).toMatchObject({ type: "done", text: "Hello you.", usage: { input_tokens: 0 } });
      expect(asked).toBe(1);
    }
  });

  test("a slow answer is not idle: keep-alive comments count as life", async () => {
    const alive = sse([...Array(12).fill(bytes(": still here\n\n")), ...good.steps]);
    const { end } = await endpoint.against([slowed(alive, 100)], { idleTimeoutMs: 1_000 });
    expect(end).toMatchObject({ type: "done", text: "Hello you." });
  });

  test("an endpoint that accepts and never answers is given up", async () => {
    const deaf = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const baseUrl = `http://127.0.0.1:${deaf.addr.port}/v1`;
    const { end } = await endpoint.against([good], { baseUrl, idleTimeoutMs: 250 });
    expect(end).toMatchObject({ type: "failed", error: { code: "idle_timeout" } });
    // And the line is hung up: what was sent can be read to its end.
    const connection = await deaf.accept();
    await connection.readable.pipeTo(new WritableStream()).catch(() => {});
    deaf.close();
  });

  test("cancelling while the endpoint is silent ends as cancelled, before and within an answer", async () => {
    for (const steps of [0, 1, 2, 3]) {
      endpoint.reply(() => silentAfter(good, steps));
      const provider = openaiProvider({ apiKey, baseUrl: endpoint.server().url, model: "local" });
      const events = [];
      for await (const one of provider.stream(ask("hi"), { signal: AbortSignal.timeout(40) })) {
        events.push(one);
      }
      expect(events.at(-1)).toMatchObject({ type: "failed", error: { code: "cancelled" } });
    }
  });

  test("an error page that never ends is given up", async () => {
    const endless: Plan = { ...refuse(500, "oops"), steps: [bytes("<html>"), "silence"] };
    const { end } = await endpoint.against([endless], { idleTimeoutMs: 40 });
    expect(end).toMatchObject({ type: "failed", error: { code: "idle_timeout" } });
    const huge: Plan = {
      ...refuse(500, "oops"),
      steps: [...Array(3).fill(bytes("y".repeat(64 * 1024))), "silence"],
    };
    const run = await endpoint.against([huge], { retries: 0 });
    expect(run.end).toMatchObject({ type: "failed", error: { code: "unavailable" } });
  });
});

describe("wherever the connection breaks", () => {
  const wholeCalls = [{ name: "Bash", args: { command: "rm -r build" } }];

  test("no half answer is taken for a whole one and no half call gets through", async () => {
    let failed = 0;
    for (let at = 0; at < sizeOf(withCall); at += 5) {
      const { end } = await endpoint.against([cutAfter(withCall, at)], { retries: 0 });
      expect("I run.".startsWith(end.text)).toBe(true);
      if (end.type === "done") {
        expect(end.calls).toEqual(wholeCalls);
      } else {
        expect(end.error.code).toBe("disconnected");
        failed++;
      }
    }
    expect(failed).toBeGreaterThan(100);
  });

  test("the same when a proxy ends the answer in good order", async () => {
    for (let steps = 0; steps < withCall.steps.length; steps++) {
      const { end } = await endpoint.against([endedAfter(withCall, steps)], { retries: 0 });
      if (end.type === "done") expect(end.calls).toEqual(wholeCalls);
      else expect(["disconnected", "bad_answer"]).toContain(end.error.code);
    }
  });

  test("text that a person has seen is never said twice", async () => {
    const late: Plan = { ...good, steps: [...good.steps.slice(0, 2), "cut"] };
    const broken = await endpoint.against([late, good]);
    expect([broken.asked, broken.end.type, broken.end.text]).toEqual([1, "failed", "Hello "]);
    const early: Plan = { ...good, steps: [...good.steps.slice(0, 1), "cut"] };
    const mended = await endpoint.against([early, good]);
    expect([mended.asked, mended.end.type, mended.end.text]).toEqual([2, "done", "Hello you."]);
  });
});

describe("error messages", () => {
  test("name the model, the endpoint and what it said", async () => {
    const { end } = await endpoint.against([refuse(400, "context too long.")]);
    const host = new URL(endpoint.server().url).host;
    expect(end).toMatchObject({
      error: { message: `Cannot ask model "local" at "${host}": the endpoint answered 400 context too long` },
    });
  });

  test.each([
    ["a refusal", refuse(401, `Incorrect API key provided: ${apiKey}.`)],
    ["a page", page(500, "text/html", `<p>Authorization: Bearer ${apiKey}</p>`)],
    ["an error in the stream", sse([event({ error: { message: `bad key ${apiKey}` } })])],
    ["a broken event", sse([bytes(`data: {"key":${apiKey}\n\n`)])],
    ["a content type", page(200, `text/${apiKey}`, "x")],
  ])("never hold the key, also when the endpoint repeats it: %s", async (_, plan) => {
    const { events } = await endpoint.against([plan]);
    expect(JSON.stringify(events)).not.toContain(apiKey);
    expect(JSON.stringify(events)).toContain("[redacted]");
  });

  test("are cut when an endpoint sends a book", async () => {
    const { end } = await endpoint.against([refuse(400, "x".repeat(50_000))]);
    if (end.type === "failed") expect(end.error.message.length).toBeLessThan(1_200);
  });

  test("an answer in several choices is read from the first", async () => {
    const other = event(chunk({ choices: [{ index: 1, delta: { content: "other" } }] }));
    expect((await endpoint.against([sse([other, ...good.steps])])).end.text).toBe("Hello you.");
  });
});
