// The contract suite that every provider passes, and how tests run a provider: each run checks the promises that
// hold for any run, whatever the endpoint did.
import { expect, test } from "vitest";
import type { Message, ModelRequest } from "../../src/protocol/conversation.ts";
import { errorInfo, usage } from "../../src/protocol/facts.ts";
import { jsonObject } from "../../src/protocol/json.ts";
import { price } from "../../src/protocol/model_parts.ts";
import type { ModelEvent, Provider } from "../../src/providers/contract.ts";
import { imageNote } from "../../src/providers/images.ts";
import { costOf } from "../../src/providers/prices.ts";

export type End = Extract<ModelEvent, { type: "done" | "failed" }>;
export interface Run {
  events: ModelEvent[];
  end: End;
  retries: Extract<ModelEvent, { type: "retry" }>[];
}

const codes = new Set([
  "cancelled",
  "auth",
  "bad_request",
  "context_overflow",
  "rate_limited",
  "unavailable",
  "disconnected",
  "idle_timeout",
  "bad_answer",
]);

/** Runs one request to its end; with `abortAfter`, cancels once so many events have arrived. */
export async function runModel(
  provider: Provider,
  request: ModelRequest,
  options: { abortAfter?: number } = {},
): Promise<Run> {
  const abort = new AbortController();
  const events: ModelEvent[] = [];
  if (options.abortAfter === 0) abort.abort();
  for await (const event of provider.stream(request, { signal: abort.signal })) {
    events.push(event);
    if (events.length === options.abortAfter) abort.abort();
  }
  return check(events);
}

function check(events: ModelEvent[]): Run {
  const ends = events.filter((event) => event.type === "done" || event.type === "failed");
  expect(ends).toHaveLength(1);
  const [end] = ends;
  if (end === undefined) throw new Error("no end");
  expect(events.at(-1)).toBe(end);
  const pieces = events.flatMap((event) => event.type === "text" ? [event.text] : []);
  expect(pieces.join("")).toBe(end.text);
  expect(pieces).not.toContain("");
  const firstText = events.findIndex((event) => event.type === "text");
  const retries = events.flatMap((event) => event.type === "retry" ? [event] : []);
  for (const retry of retries) {
    expect(firstText < 0 || events.indexOf(retry) < firstText).toBe(true);
    expect(codes).toContain(errorInfo.parse(retry.error).code);
  }
  if (end.type === "failed") expect(codes).toContain(errorInfo.parse(end.error).code);
  if (end.type === "done") {
    usage.parse(end.usage);
    for (const call of end.calls) if (typeof call.args !== "string") jsonObject.parse(call.args);
  }
  return { events, end, retries };
}

/** A request with these messages; a string is one user message. */
export function ask(messages: string | Message[], over: Partial<ModelRequest> = {}): ModelRequest {
  return {
    model: "local",
    system: "Be brief.",
    tools: ["Glob", "Grep", "Read", "Write", "Edit", "Bash", "Agent"].map((name) => ({
      name,
      description: `The tool ${name}`,
      parameters: { type: "object", properties: {} },
    })),
    messages: typeof messages === "string" ? [{ role: "user", text: messages }] : messages,
    ...over,
  };
}

/** An assistant message with one call of `name`. */
export function called(call_id: string, name = "Bash"): Message {
  return { role: "assistant", text: "", calls: [{ call_id, name, args: { command: "ls" } }] };
}

/** The result of a call. */
export function resulted(call_id: string, output = "ok", name = "Bash"): Message {
  return { role: "tool", call_id, name, output, is_error: false };
}

const user: Message = { role: "user", text: "hi" };

export interface ContractSettings {
  /** A model that sees images; one that is known to see is the default. */
  seeing?: string;
  /** A model with a price that `requests` may be asked of as well; without it the price of their own model is enough. */
  priced?: string;
}

/** `requests` are conversations that the provider answers in more than one piece, at least one of them with calls. */
export function providerContract(
  provider: () => Provider,
  requests: readonly ModelRequest[],
  settings: ContractSettings = {},
): void {
  test("an answer ends exactly once and its pieces make up its text", async () => {
    for (const request of requests) {
      expect((await runModel(provider(), request)).end.type).toBe("done");
    }
  });

  test("the same conversation gives the same answer after a restart", async () => {
    for (const request of requests) {
      const first = await runModel(provider(), request);
      expect((await runModel(provider(), structuredClone(request))).end).toEqual(first.end);
    }
  });

  test("a cancelled answer ends as cancelled, wherever it was", async () => {
    for (const request of requests) {
      const whole = await runModel(provider(), request);
      for (let after = 0; after < whole.events.length; after++) {
        const { end, events } = await runModel(provider(), request, { abortAfter: after });
        expect(end).toMatchObject({ type: "failed", error: { code: "cancelled" } });
        expect(events.length).toBeLessThanOrEqual(after + 1);
      }
    }
  });

  test("who stops listening early gets no error and leaves nothing running", async () => {
    for (const request of requests) {
      const { signal } = new AbortController();
      for await (const _ of provider().stream(request, { signal })) break;
    }
  });

  test("encoding is pure: the same request gives the same body and is left as it was", () => {
    for (const request of requests) {
      const before = JSON.stringify(request);
      const body = JSON.stringify(provider().encode(request));
      expect(JSON.stringify(provider().encode(structuredClone(request)))).toBe(body);
      expect(JSON.stringify(request)).toBe(before);
    }
  });

  const broken: [string, Message[]][] = [
    ["a call without a result", [user, called("a")]],
    ["a call whose result comes too late", [user, called("a"), user, resulted("a")]],
    ["a result without a call", [user, resulted("a")]],
    ["a second result for one call", [user, called("a"), resulted("a"), resulted("a")]],
    ["a result for another call", [user, called("a"), resulted("b")]],
  ];
  test.each(broken)("a conversation with %s is never sent", (_, messages) => {
    expect(() => provider().encode(ask(messages))).toThrow(/Cannot send/);
  });

  test("a conversation with calls and their results is sent", () => {
    const both: Message = {
      role: "assistant",
      text: "",
      calls: [{ call_id: "a", name: "Bash", args: {} }, { call_id: "b", name: "Bash", args: "no json" }],
    };
    provider().encode(ask([user, both, resulted("b"), resulted("a"), called("a"), resulted("a"), user]));
  });

  test("usage is counted, and costs what the price of the model says", async () => {
    const asked = requests.flatMap((request) => [
      request,
      ...(settings.priced === undefined ? [] : [{ ...request, model: settings.priced }]),
    ]);
    for (const request of asked) {
      const { end } = await runModel(provider(), request);
      if (end.type !== "done") throw new Error(end.error.message);
      expect(end.usage.cost_usd).toEqual(costOf(end.usage, provider().info(request.model).price));
    }
    if (settings.priced !== undefined) expect(provider().info(settings.priced).price).toBeDefined();
  });

  test("something is known of every model, and it stays the same", () => {
    for (const model of [provider().defaultModel, "no-such-model", "", "__proto__", "constructor"]) {
      const info = provider().info(model);
      expect(info).toEqual(provider().info(model));
      expect(info.outputMax).toBeGreaterThan(0);
      expect(info.window).toBeGreaterThan(info.outputMax);
      expect(typeof info.vision).toBe("boolean");
      if (info.price !== undefined) price.parse(info.price);
    }
  });

  test("an answer may be limited in length", async () => {
    for (const request of requests) {
      const limited = { ...request, max_output_tokens: 1_234 };
      if (!provider().offline) expect(leaves(provider().encode(limited))).toContain(1_234);
      expect((await runModel(provider(), limited)).end.type).toBe("done");
    }
  });

  wireContract(provider, settings.seeing ?? "claude-opus-5-5");
}

/** What holds for providers that ask a model elsewhere. */
function wireContract(provider: () => Provider, seeing: string): void {
  const encoded = (model: string, messages: Message[]) =>
    JSON.stringify(provider().encode(ask(messages, { model })));

  test("a model that sees gets the images of people and of tools", ({ skip }) => {
    if (provider().offline) skip();
    expect(provider().info(seeing).vision).toBe(true);
    const body = encoded(seeing, withImages);
    for (const data of imageData) expect(body.split(data)).toHaveLength(2);
    expect(body).not.toContain("image left out");
    expect(body).toContain("look at this");
    expect(body).toContain("a screenshot");
  });

  test("a model that does not see gets a note in place of each image", ({ skip }) => {
    if (provider().offline) skip();
    expect(provider().info("no-such-model").vision).toBe(false);
    const body = encoded("no-such-model", withImages);
    for (const data of imageData) expect(body).not.toContain(data);
    const note = JSON.stringify(imageNote("no-such-model")).slice(1, -1);
    expect(body.split(note)).toHaveLength(imageData.length + 1);
    expect(encoded("no-such-model", [user])).not.toContain("image left out");
  });

  test("what another provider's model thought is left out, and what it said is not", ({ skip }) => {
    if (provider().offline) skip();
    const thought = { format: "of-another", text: "hidden thought", items: [{ secret: "hidden item" }] };
    const body = encoded("local", [
      user,
      { role: "assistant", text: "spoken words", calls: [], reasoning: thought },
      user,
    ]);
    expect(body).not.toContain("hidden");
    expect(body).not.toContain("of-another");
    expect(body).toContain("spoken words");
  });
}

/** Three images, of which no endpoint looks at the content here. */
const imageData = ["AAAAimageofperson", "BBBBimageofperson", "CCCCimageoftool"];
const [first = "", second = "", third = ""] = imageData;
const withImages: Message[] = [
  {
    role: "user",
    text: "look at this",
    images: [{ media_type: "image/png", data: first }, { media_type: "image/jpeg", data: second }],
  },
  called("a"),
  {
    role: "tool",
    call_id: "a",
    name: "Bash",
    output: "a screenshot",
    is_error: false,
    images: [{ media_type: "image/webp", data: third }],
  },
];

/** Every number, text and truth in a JSON value. */
function leaves(value: unknown): unknown[] {
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(leaves) : [value];
}
