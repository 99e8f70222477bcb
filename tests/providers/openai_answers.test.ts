// The openai provider against an endpoint that answers in its own way: whatever can be understood is understood.
import { describe, expect, test } from "vitest";
import { answer, delta, doubledWithIds, event, sse } from "../support/model_plan.ts";
import { useEndpoint } from "./endpoint.ts";

const endpoint = useEndpoint();

describe("answers", () => {
  test("text comes as it is streamed, with usage and the reason it stopped", async () => {
    const { events } = await endpoint.answerTo(answer({ text: ["Hel", "lo ", "🚀"] }));
    expect(events).toEqual([
      { type: "text", text: "Hel" },
      { type: "text", text: "lo " },
      { type: "text", text: "🚀" },
      {
        type: "done",
        text: "Hello 🚀",
        calls: [],
        usage: { input_tokens: 11, output_tokens: 7 },
        stop_reason: "stop",
      },
    ]);
  });

  test("several tool calls are put together from their pieces, in order", async () => {
    const calls = [
      { name: "Read", args: { file_path: "a.txt", limit: 3 } },
      { name: "Bash", args: { command: 'echo "ä 🚀"' } },
    ];
    const end = await endpoint.answerTo(answer({ text: "Both.", calls }));
    expect(end).toMatchObject({ text: "Both.", calls, stop_reason: "tool_calls" });
  });

  const call = (fields: Record<string, unknown>) => event(delta({ tool_calls: [fields] }));
  const stop = event(delta({}, "tool_calls"));
  const named = (name: string, args: string) => ({ function: { name, arguments: args } });
  const one = { name: "Bash", args: { a: 1 } };
  const two = { name: "Read", args: { b: 2 } };

  test.each([
    ["calls without ids", [
      call({ index: 0, ...named("Bash", '{"a"') }),
      call({ index: 0, function: { arguments: ":1}" } }),
    ], [one]],
    ["calls without index", [
      call(named("Bash", '{"a"')),
      call({ function: { arguments: ":1}" } }),
      call(named("Read", '{"b":2}')),
    ], [one, two]],
    ["calls that all have index 0", [
      call({ index: 0, id: "x", ...named("Bash", '{"a":1}') }),
      call({ index: 0, id: "y", ...named("Read", '{"b":2}') }),
    ], [one, two]],
    ["pieces of two calls in turns", [
      call({ index: 0, id: "x", ...named("Bash", '{"a"') }),
      call({ index: 1, id: "y", ...named("Read", "") }),
      call({ index: 0, function: { arguments: ":1}" } }),
      call({ index: 1, function: { arguments: '{"b":2}' } }),
    ], [one, two]],
    ["a call with its name and id in every piece", [
      call({ index: 0, id: "x", ...named("Bash", '{"a"') }),
      call({ index: 0, id: "x", ...named("Bash", ":1}") }),
    ], [one]],
    ["a call that is sent twice", [
      call({ index: 0, id: "x", ...named("Bash", '{"a":1}') }),
      call({ index: 0, id: "x", ...named("Bash", '{"a":1}') }),
    ], [one]],
    [
      "a call that is sent twice in pieces",
      ['{"a"', ":1}", '{"a"', ":1}"].map((part) => call({ index: 0, id: "x", ...named("Bash", part) })),
      [one],
    ],
    ["a call whose last piece is sent twice", [
      call({ index: 0, ...named("Bash", '{"a":') }),
      call({ index: 0, function: { arguments: "1}" } }),
      call({ index: 0, function: { arguments: "1}" } }),
    ], [one]],
    ["a call without arguments", [call({ index: 0, id: "x", function: { name: "Bash" } })], [{
      name: "Bash",
      args: {},
    }]],
  ])("%s are understood", async (_, events, calls) => {
    expect((await endpoint.answerTo(sse([...events, stop]))).calls).toEqual(calls);
  });

  test.each(["no json", '{"a":', "[1]", '"text"', "null", '{"a":1}{"b":2}'])(
    "arguments that are not a JSON object are handed over as text: %s",
    async (args) => {
      expect((await endpoint.answerTo(answer({ calls: [{ name: "Bash", args }] }))).calls).toEqual([{
        name: "Bash",
        args,
      }]);
    },
  );

  test("arguments named like parts of an object's inside stay plain data", async () => {
    const { calls } = await endpoint.answerTo(
      answer({ calls: [{ name: "Bash", args: '{"__proto__":{"x":1}}' }] }),
    );
    expect(Object.getPrototypeOf(calls[0]?.args)).toBe(Object.prototype);
    expect(Object.hasOwn(Object.prototype, "x")).toBe(false);
  });

  test("equal pieces of text are kept: only event ids can show that one is a repetition", async () => {
    expect((await endpoint.answerTo(answer({ text: ["ha", "ha", "ha"] }))).text).toBe("hahaha");
    expect((await endpoint.answerTo(doubledWithIds(answer({ text: ["ha", "ha", "!"] })))).text).toBe("haha!");
  });

  test("a repeated finish and usage change nothing", async () => {
    const [, , ...tail] = answer({ text: "x" }).steps;
    const end = await endpoint.answerTo(sse([event(delta({ content: "x" })), ...tail.slice(0, 2), ...tail]));
    expect(end).toMatchObject({ text: "x", usage: { input_tokens: 11, output_tokens: 7 } });
  });

  test("a missing finish reason is tolerated when [DONE] says that the answer is whole", async () => {
    const calls = [{ name: "Bash", args: { command: "ls" } }];
    expect(await endpoint.answerTo(answer({ text: "x", finish: null }))).toMatchObject({
      text: "x",
      stop_reason: "stop",
    });
    expect(await endpoint.answerTo(answer({ calls, finish: null }))).toMatchObject({
      calls,
      stop_reason: "tool_calls",
    });
  });

  test("missing usage counts as zero", async () => {
    expect((await endpoint.answerTo(answer({ text: "x", usage: null }))).usage).toEqual({
      input_tokens: 0,
      output_tokens: 0,
    });
  });

  test("a refusal of the model is its answer", async () => {
    expect(
      (await endpoint.answerTo(sse([event(delta({ refusal: "I will not." })), event(delta({}, "stop"))])))
        .text,
    )
      .toBe(
        "I will not.",
      );
  });

  test("a missing [DONE], a missing last blank line and CRLF line ends are tolerated", async () => {
    const decoder = new TextDecoder();
    const steps = answer({ text: ["a", "b"] }).steps.map((step) =>
      step instanceof Uint8Array ? decoder.decode(step) : ""
    );
    const body = steps.join("");
    const encode = (text: string) => sse([new TextEncoder().encode(text)]);
    expect((await endpoint.answerTo(answer({ text: "ab", done: false }))).text).toBe("ab");
    expect((await endpoint.answerTo(encode(body.trimEnd()))).text).toBe("ab");
    expect((await endpoint.answerTo(encode(steps.slice(0, 4).join("").trimEnd()))).text).toBe("ab");
    expect((await endpoint.answerTo(encode(body.replaceAll("\n", "\r\n")))).text).toBe("ab");
    expect((await endpoint.answerTo(encode(`: hello\nretry: 5\n\n${body}`))).text).toBe("ab");
  });

  test("an answer is the same however its bytes are split", async () => {
    const whole = answer({ text: ["ä🚀"], calls: [{ name: "Bash", args: { command: "€" } }] });
    const bytes = whole.steps.flatMap((step) => step instanceof Uint8Array ? [...step] : []);
    const end = await endpoint.answerTo(sse(bytes.map((byte) => new Uint8Array([byte]))));
    expect(end).toMatchObject({ text: "ä🚀", calls: [{ name: "Bash", args: { command: "€" } }] });
  });
});
