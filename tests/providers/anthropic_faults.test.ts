// The anthropic provider against an endpoint that refuses or breaks for good: each fault is one clean failure.
import { describe, expect, test } from "vitest";
import { blocksMax, callsMax } from "../../src/providers/anthropic/assembly.ts";
import { anthropicKey, useAnthropic } from "../support/anthropic_endpoint.ts";
import { countFaults, good, head, started } from "../support/anthropic_faults.ts";
import { decline, errorEvent, message, named } from "../support/anthropic_plan.ts";
import { bytes, page, type Plan, sse } from "../support/model_plan.ts";

const endpoint = useAnthropic();
const face = countFaults(endpoint, "that stay");

const filler = "x".repeat(1024 * 1024);
const manyBlocks = Array.from(
  { length: blocksMax + 1 },
  (_, index) => named("content_block_start", { index, content_block: { type: "text", text: "" } }),
);

describe("faults that stay", () => {
  test.each<[string, Plan, string, string]>([
    ["a wrong key", decline(401, "authentication_error", "invalid x-api-key"), "auth", ""],
    ["a forbidden model", decline(403, "permission_error", "no access"), "auth", ""],
    [
      "a bad request",
      decline(400, "invalid_request_error", "max_tokens: must be positive"),
      "bad_request",
      "",
    ],
    ["no money", decline(402, "billing_error", "pay"), "bad_request", ""],
    ["an unknown model", decline(404, "not_found_error", "model: local"), "bad_request", ""],
    [
      "a prompt that is too long",
      decline(400, "invalid_request_error", "prompt is too long: 215000 tokens > 200000 maximum"),
      "context_overflow",
      "",
    ],
    [
      "an answer that does not fit behind the prompt",
      decline(
        400,
        "invalid_request_error",
        "input length and `max_tokens` exceed context limit: 190000 + 20000 > 200000, decrease input length",
      ),
      "context_overflow",
      "",
    ],
    ["a body that is too large", decline(413, "request_too_large", "too large"), "context_overflow", ""],
    [
      "a redirect",
      { ...page(307, "text/plain", ""), headers: { location: "http://127.0.0.1:1/" } },
      "bad_request",
      "",
    ],
    ["an HTML page in place of an answer", page(200, "text/html", "<html>log in</html>"), "bad_answer", ""],
    ["an answer that is no stream", page(200, "application/json", "{}"), "bad_answer", ""],
    [
      "an event that is not JSON",
      sse([...started, bytes("event: ping\ndata: {oops\n\n")]),
      "bad_answer",
      "Hello ",
    ],
    ["half of an event's JSON", sse([...started, bytes('data: {"type":"ping"\n\n')]), "bad_answer", "Hello "],
    ["an event without a type", sse([...started, bytes("data: {}\n\n")]), "bad_answer", "Hello "],
    [
      "an event of the wrong shape",
      sse([...started, named("content_block_delta", { index: "0", delta: {} })]),
      "bad_answer",
      "Hello ",
    ],
    [
      "a piece of a block that never began",
      sse([...started, named("content_block_delta", { index: 5, delta: { type: "text_delta", text: "x" } })]),
      "bad_answer",
      "Hello ",
    ],
    [
      "a block that begins twice",
      sse([
        ...started,
        named("content_block_start", { index: 0, content_block: { type: "text", text: "" } }),
      ]),
      "bad_answer",
      "Hello ",
    ],
    ["bytes that are no event stream", sse([bytes("hello\n\nworld\n\n")]), "bad_answer", ""],
    [
      "invalid UTF-8",
      sse([...head, bytes("data: @\n\n").map((byte) => byte === 0x40 ? 0xff : byte)]),
      "bad_answer",
      "",
    ],
    [
      "a line without end",
      sse([bytes("data: "), ...Array(17).fill(bytes(filler)), "silence"]),
      "bad_answer",
      "",
    ],
    ["an answer without end", sse([...Array(129).fill(bytes(`: ${filler}\n`)), "silence"]), "bad_answer", ""],
    ["more blocks than anyone needs", sse([...manyBlocks, "silence"]), "bad_answer", ""],
    [
      "an overload after the first words",
      sse([...started, errorEvent("overloaded_error")]),
      "unavailable",
      "Hello ",
    ],
    [
      "an error after the first words, and then an open line",
      sse([...started, errorEvent("api_error", "Internal server error"), "silence"]),
      "unavailable",
      "Hello ",
    ],
    [
      "an error without a name and an open line",
      sse([
        ...started,
        bytes('data: {"type":"error","error":{"type":"later","message":"x"}}\n\n'),
        "silence",
      ]),
      "unavailable",
      "Hello ",
    ],
    [
      "an error that cannot be read",
      sse([...started, named("error", {}), "silence"]),
      "unavailable",
      "Hello ",
    ],
    [
      "a key refused in the stream",
      sse([...head, errorEvent("authentication_error", "no"), "silence"]),
      "auth",
      "",
    ],
    [
      "a request refused in the stream",
      sse([errorEvent("invalid_request_error", "no"), "silence"]),
      "bad_request",
      "",
    ],
    [
      "a prompt found too long in the stream",
      sse([errorEvent("invalid_request_error", "prompt is too long: 3 > 2"), "silence"]),
      "context_overflow",
      "",
    ],
    [
      "a body found too large in the stream",
      sse([errorEvent("request_too_large"), "silence"]),
      "context_overflow",
      "",
    ],
    ["a connection that breaks after the first words", sse([...started, "cut"]), "disconnected", "Hello "],
    ["an answer that just ends after the first words", sse(started), "disconnected", "Hello "],
    [
      "a call cut by the length",
      message({ blocks: [{ name: "Bash", args: '{"command":"rm -r' }], stop: "max_tokens" }),
      "bad_answer",
      "",
    ],
    [
      "a call cut by the window",
      message({ blocks: [{ name: "Bash", args: "" }], stop: "model_context_window_exceeded" }),
      "bad_answer",
      "",
    ],
    [
      "a window that is full at once",
      message({ stop: "model_context_window_exceeded" }),
      "context_overflow",
      "",
    ],
    ["a call without a name", message({ blocks: [{ name: "", args: {} }] }), "bad_answer", ""],
    [
      "more calls than anyone needs",
      message({ blocks: Array(callsMax + 1).fill({ name: "Bash", args: {} }) }),
      "bad_answer",
      "",
    ],
    ["a refusal", message({ blocks: [{ text: "I" }], stop: "refusal" }), "bad_answer", "I"],
    [
      "a refusal in the middle of a call",
      message({ blocks: [{ text: "I" }, { name: "Bash", args: '{"comm' }], stop: "refusal" }),
      "bad_answer",
      "I",
    ],
  ])("%s is one failure, asked once", async (_, fault, code, text) => {
    const { end, asked } = await face([fault]);
    expect(end).toMatchObject({ type: "failed", text, error: { code } });
    expect(asked).toBe(1);
  });

  test("as many calls and blocks as are allowed get through", async () => {
    const calls = Array(callsMax).fill({ name: "Bash", args: {} });
    expect((await endpoint.answerTo(message({ blocks: calls }))).calls).toHaveLength(callsMax);
    const texts = Array(blocksMax).fill({ text: "x" });
    expect((await endpoint.answerTo(message({ blocks: texts }))).text).toHaveLength(blocksMax);
  });

  test("a refusal says why, and what can be done", async () => {
    const stopDetails = { type: "refusal", category: "cyber", explanation: "This looks like malware." };
    const told = await face([message({ stop: "refusal", stopDetails })]);
    expect(told.end).toMatchObject({
      error: { message: expect.stringMatching(/refused to answer \("cyber"\): This looks like malware$/) },
    });
    const untold = await face([message({ stop: "refusal" })]);
    expect(untold.end).toMatchObject({ error: { message: expect.stringMatching(/in other words$/) } });
  });

  test("error messages name the model, the endpoint and what it said, and never hold the key", async () => {
    const { end } = await face([decline(400, "invalid_request_error", "no such thing.")]);
    const { host } = new URL(endpoint.server().url);
    expect(end).toMatchObject({
      error: {
        message: expect.stringContaining(`Cannot ask model "local" at "${host}": the endpoint answered 400`),
      },
    });
    for (
      const plan of [
        decline(401, "authentication_error", `invalid key ${anthropicKey}.`),
        page(500, "text/html", `<p>Bearer ${anthropicKey}</p>`),
        sse([errorEvent("api_error", `bad key ${anthropicKey}`)]),
        sse([bytes(`data: {"key":${anthropicKey}\n\n`)]),
      ]
    ) {
      const { events } = await face([plan]);
      expect(JSON.stringify(events)).not.toContain(anthropicKey);
      expect(JSON.stringify(events)).toContain("[redacted]");
    }
  });

  test("an endpoint that accepts and never answers is given up", async () => {
    const deaf = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const baseUrl = `http://127.0.0.1:${deaf.addr.port}`;
    const { end } = await face([good], { baseUrl, idleTimeoutMs: 250 });
    expect(end).toMatchObject({ type: "failed", error: { code: "idle_timeout" } });
    const connection = await deaf.accept();
    await connection.readable.pipeTo(new WritableStream()).catch(() => {});
    deaf.close();
  });

  test("an endpoint where nobody listens is tried again, and then it is told", async () => {
    const closed = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const baseUrl = `http://127.0.0.1:${closed.addr.port}`;
    closed.close();
    const { end, retries } = await face([good], { baseUrl });
    expect(end).toMatchObject({ type: "failed", error: { code: "unavailable" } });
    expect(retries).toHaveLength(2);
  });

  test("an error page that never ends is given up", async () => {
    const endless: Plan = { ...decline(500, "api_error", "x"), steps: [bytes("<html>"), "silence"] };
    const { end } = await face([endless], { idleTimeoutMs: 40 });
    expect(end).toMatchObject({ type: "failed", error: { code: "idle_timeout" } });
    const huge: Plan = { ...endless, steps: [...Array(3).fill(bytes("y".repeat(64 * 1024))), "silence"] };
    const run = await face([huge], { retries: 0 });
    expect(run.end).toMatchObject({ type: "failed", error: { code: "unavailable" } });
  });
});
