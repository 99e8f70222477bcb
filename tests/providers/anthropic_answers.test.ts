// What the anthropic provider makes of streams: text, calls, thinking that goes back as it came, tokens and their price.
import { describe, expect, test } from "vitest";
import type { Message } from "../../src/protocol/conversation.ts";
import type { Reasoning } from "../../src/protocol/facts.ts";
import { message, named, type PlannedBlock } from "../support/anthropic_plan.ts";
import { useAnthropic } from "../support/anthropic_endpoint.ts";
import { sse } from "../support/model_plan.ts";
import { ask, resulted, runModel } from "./contract.ts";

const endpoint = useAnthropic();

const thinking = (text: string, signature = "c2lnbmVk"): PlannedBlock => ({ thinking: text, signature });
const kept = (text: string, signature = "c2lnbmVk") => ({ type: "thinking", thinking: text, signature });
const run: PlannedBlock = { name: "Bash", args: { command: "ls" } };

describe("answers", () => {
  test.each<[string, PlannedBlock[], object]>([
    ["text in pieces", [{ text: ["He", "llo"] }], { text: "Hello", calls: [], stop_reason: "stop" }],
    ["several texts", [{ text: "One. " }, { text: "Two." }], { text: "One. Two." }],
    ["nothing", [], { text: "", calls: [], stop_reason: "stop" }],
    ["a call without arguments", [{ name: "List", args: "" }], {
      calls: [{ name: "List", args: {} }],
      stop_reason: "tool_calls",
    }],
    ["calls made together", [run, { name: "Read", args: { a: [1, "{"] } }], {
      calls: [{ name: "Bash", args: { command: "ls" } }, { name: "Read", args: { a: [1, "{"] } }],
    }],
    ["arguments that are no object", [{ name: "Bash", args: '["ls"]' }], {
      calls: [{ name: "Bash", args: '["ls"]' }],
    }],
    ["arguments that are no JSON", [{ name: "Bash", args: '{"command": ls}' }], {
      calls: [{ name: "Bash", args: '{"command": ls}' }],
    }],
    ["emoji and line separators", [{ text: "ä 🚀 \u2028" }], { text: "ä 🚀 \u2028" }],
  ])("%s", async (_, blocks, expected) => {
    expect(await endpoint.answerTo(message({ blocks }))).toMatchObject(expected);
  });

  test.each([
    ["end_turn", "stop"],
    ["max_tokens", "length"],
    ["stop_sequence", "stop_sequence"],
    ["pause_turn", "pause_turn"],
    ["something_new", "something_new"],
  ])("the reason %s is told as %s", async (stop, told) => {
    const end = await endpoint.answerTo(message({ blocks: [{ text: "Hi" }], stop }));
    expect([end.stop_reason, end.text]).toEqual([told, "Hi"]);
  });

  test("events, blocks and pieces of kinds that come later are passed over", async () => {
    const plan = message({ blocks: [{ text: "Hi" }] });
    const later = [
      named("news", { index: 9 }),
      named("content_block_start", { index: 7, content_block: { type: "later", data: 1 } }),
      named("content_block_delta", { index: 7, delta: { type: "text_delta", text: "not an answer" } }),
      named("content_block_stop", { index: 7 }),
    ];
    const end = await endpoint.answerTo(sse([...plan.steps.slice(0, 2), ...later, ...plan.steps.slice(2)]));
    expect([end.text, end.calls, end.reasoning]).toEqual(["Hi", [], undefined]);
  });

  test("arguments that come with the head of a call count", async () => {
    const block = { type: "tool_use", id: "t", name: "Bash", input: { command: "ls" } };
    const plan = message({ stop: "tool_use" });
    const steps = [
      ...plan.steps.slice(0, 2),
      named("content_block_start", { index: 0, content_block: block }),
      named("content_block_stop", { index: 0 }),
      ...plan.steps.slice(2),
    ];
    expect((await endpoint.answerTo(sse(steps))).calls).toEqual([{ name: "Bash", args: { command: "ls" } }]);
  });
});

describe("thinking", () => {
  const replay = async (blocks: PlannedBlock[], stop?: string) => {
    const end = await endpoint.answerTo(message({ blocks, ...(stop === undefined ? {} : { stop }) }));
    const calls = end.calls.map((call, index) => ({ ...call, call_id: `c${index}` }));
    const messages: Message[] = [
      { role: "user", text: "go" },
      { role: "assistant", text: end.text, calls, ...(end.reasoning ? { reasoning: end.reasoning } : {}) },
      ...calls.map(({ call_id }) => resulted(call_id)),
      { role: "user", text: "on" },
    ];
    const request = ask(messages);
    await runModel(endpoint.provider(), request);
    const sent = endpoint.provider().encode(request).messages;
    const answer: unknown = Array.isArray(sent) ? sent[1] : null;
    return { end, content: contentOf(answer) };
  };
  const contentOf = (answer: unknown): unknown =>
    typeof answer === "object" && answer !== null && "content" in answer ? answer.content : null;
  const call = (id: string) => ({ type: "tool_use", id, name: "Bash", input: { command: "ls" } });

  test("it is kept with its signature, is no text of the answer, and goes back before it", async () => {
    const { end, content } = await replay([
      thinking("Let me think about this. "),
      { redacted: "ZW5jcnlwdGVk" },
      { text: "I look." },
      run,
    ]);
    expect(end.text).toBe("I look.");
    const items = [kept("Let me think about this. "), { type: "redacted_thinking", data: "ZW5jcnlwdGVk" }];
    expect(end.reasoning).toEqual({ format: "anthropic", text: "Let me think about this. ", items });
    expect(content).toEqual([...items, { type: "text", text: "I look." }, call("c0")]);
  });

  test("between words and calls it goes back to where it was", async () => {
    const { end, content } = await replay([
      thinking("first"),
      { text: ["Part ", "one. "] },
      thinking("second"),
      run,
      thinking("third", "dGhpcmQ="),
      { text: "Part two." },
      run,
    ]);
    expect(end.text).toBe("Part one. Part two.");
    expect(end.reasoning?.text).toBe("first\n\nsecond\n\nthird");
    expect(content).toEqual([
      kept("first"),
      { type: "text", text: "Part one. " },
      kept("second"),
      call("c0"),
      kept("third", "dGhpcmQ="),
      { type: "text", text: "Part two." },
      call("c1"),
    ]);
  });

  test("thinking whose text is withheld keeps its signature", async () => {
    const { end, content } = await replay([thinking(""), { text: "Yes." }]);
    expect(end.reasoning).toEqual({ format: "anthropic", text: "", items: [kept("")] });
    expect(content).toEqual([kept(""), { type: "text", text: "Yes." }]);
  });

  test("thinking that was cut before it was signed is dropped, as nobody takes it back", async () => {
    const { end } = await replay([{ text: "So far." }, { thinking: "and th" }], "max_tokens");
    expect([end.text, end.stop_reason, end.reasoning]).toEqual(["So far.", "length", undefined]);
  });

  test("what others made of kept thinking loses no word and no call", () => {
    const reasoning: Reasoning = {
      format: "anthropic",
      text: "",
      items: [{ type: "said", chars: 99 }, { type: "called" }, { type: "called" }, kept("end")],
    };
    const [, answer] = [
      endpoint.provider().encode(ask([
        { role: "user", text: "go" },
        { role: "assistant", text: "short", calls: [{ call_id: "a", name: "Bash", args: {} }], reasoning },
        resulted("a"),
      ])).messages,
    ].flat();
    expect(contentOf(answer)).toEqual([
      { type: "text", text: "short" },
      { type: "tool_use", id: "a", name: "Bash", input: {} },
      kept("end"),
    ]);
  });

  const asked = (model: string, over: { thinkingBudget?: number; max_output_tokens?: number } = {}) => {
    const { thinkingBudget, ...request } = over;
    const options = thinkingBudget === undefined ? {} : { thinkingBudget };
    return endpoint.provider(options).encode(ask("hi", { model, ...request })).thinking;
  };
  const adaptive = { type: "adaptive", display: "summarized" };
  test.each([
    ["claude-haiku-4-5", {}, undefined],
    ["claude-haiku-4-5", { thinkingBudget: 4_000 }, { type: "enabled", budget_tokens: 4_000 }],
    ["claude-haiku-4-5", { thinkingBudget: 1 }, { type: "enabled", budget_tokens: 1_024 }],
    ["claude-haiku-4-5", { thinkingBudget: 9_000, max_output_tokens: 3_000 }, {
      type: "enabled",
      budget_tokens: 1_976,
    }],
    ["claude-haiku-4-5-20251001", { thinkingBudget: 9_000, max_output_tokens: 2_047 }, undefined],
    ["claude-3-7-sonnet-20250219", { thinkingBudget: 2_000 }, { type: "enabled", budget_tokens: 2_000 }],
    ["claude-opus-4-20250514", { thinkingBudget: 2_000 }, { type: "enabled", budget_tokens: 2_000 }],
    ["claude-opus-4-6", {}, undefined],
    ["claude-opus-4-6", { thinkingBudget: 2_000 }, adaptive],
    ["claude-opus-5-5", {}, adaptive],
    ["claude-sonnet-5", { thinkingBudget: 2_000 }, adaptive],
    ["anthropic/claude-sonnet-5-5", {}, adaptive],
    ["local", { thinkingBudget: 2_000 }, { type: "enabled", budget_tokens: 2_000 }],
  ])("%s with %j is asked to think with %j", (model, over, expected) => {
    expect(asked(model, over)).toEqual(expected);
  });

  test("a budget is left out while calls of an answer without thinking are open", () => {
    const answer = (reasoning?: Reasoning): Message => {
      const calls = [{ call_id: "a", name: "Bash", args: {} }];
      return { role: "assistant", text: "", calls, ...(reasoning === undefined ? {} : { reasoning }) };
    };
    const body = (...messages: Message[]) =>
      endpoint.provider({ thinkingBudget: 2_000 }).encode(ask([{ role: "user", text: "go" }, ...messages]));
    const own = { format: "anthropic", text: "", items: [kept("x")] };
    const user: Message = { role: "user", text: "and?" };
    const said: Message = { role: "assistant", text: "Done.", calls: [] };
    const result = resulted("a");
    expect(body(answer(), result).thinking).toBeUndefined();
    expect(body(answer(), result, user).thinking).toBeUndefined();
    expect(body(answer(), result, answer(own), result).thinking).toBeUndefined();
    expect(body(answer(own), result).thinking).toBeDefined();
    // The API lets older models think only before their first call.
    expect(body(answer(own), result, answer(), result).thinking).toBeDefined();
    expect(body(answer(), result, said, user).thinking).toBeDefined();
  });
});

describe("tokens", () => {
  test("all that was sent is counted, the cached parts are told, and each is paid at its price", async () => {
    endpoint.reply(() =>
      message({
        blocks: [{ text: "Hi" }],
        usage: { input_tokens: 100, cache_read_input_tokens: 2_000, cache_creation_input_tokens: 300 },
        usageAtEnd: { input_tokens: null, output_tokens: 50 },
      })
    );
    const { end } = await runModel(endpoint.provider(), ask("hi", { model: "claude-opus-5-5" }));
    expect(end).toMatchObject({
      usage: { input_tokens: 2_400, output_tokens: 50, cache_read_tokens: 2_000, cache_write_tokens: 300 },
    });
    const cost = (100 * 4 + 2_000 * 0.2 + 300 * 5 + 50 * 20) / 1e6;
    if (end.type === "done") expect(end.usage.cost_usd).toBeCloseTo(cost, 12);
  });

  test("later numbers replace earlier ones, and what is not told is not invented", async () => {
    const end = await endpoint.answerTo(message({
      blocks: [{ text: "Hi" }],
      usage: { input_tokens: 1 },
      usageAtEnd: { input_tokens: 20, output_tokens: 3 },
    }));
    expect(end.usage).toEqual({ input_tokens: 20, output_tokens: 3 });
  });
});
