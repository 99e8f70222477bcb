// Which model answers: the session's own, the next one when it is down, another one for a sub-agent; and what it may see.
import { afterEach, expect, it } from "vitest";
import { join } from "node:path";
import type { CreateSession } from "../../src/protocol/http.ts";
import { openaiProvider } from "../../src/providers/openai.ts";
import { registryOf } from "../../src/providers/resolve_model.ts";
import { until } from "../support/daemon.ts";
import { answer, type Plan, refuse } from "../support/model_plan.ts";
import { type ModelServer, startModelServer, type WireRequest } from "../support/model_server.ts";
import { openTestRuntime, script, type TestRuntime } from "../support/runtime.ts";
import { scriptedProvider } from "../../src/providers/scripted.ts";

let test: TestRuntime;
const servers: ModelServer[] = [];
afterEach(async () => {
  await test.close();
  for (const server of servers.splice(0)) await server.close();
});

const key = "sk-test-0123456789abcdef";

function provider(name: string, reply: (request: WireRequest) => Plan, vision = true) {
  const server = startModelServer({ reply });
  servers.push(server);
  return openaiProvider({
    name,
    apiKey: key,
    baseUrl: server.url,
    model: `${name}-model`,
    retries: 0,
    baseMs: 1,
    models: { [`${name}-model`]: { vision, price: { input: 2, output: 10 } } },
  });
}

const says = (text: string) => () => answer({ text });

it("an endpoint that is down is followed by the next one in order, and the answer says who gave it", async () => {
  for (const [status, code] of [[503, "unavailable"], [429, "rate_limited"], [401, "auth"]] as const) {
    const first = provider("first", () => refuse(status, "not now"));
    const second = provider("second", () => refuse(500, "neither"));
    const third = provider("third", says("from the third"));
    test = await openTestRuntime({ providers: registryOf([first, second, third], ["second", "third"]) });
    const id = await test.session();
    expect((await test.turn(id, "hello")).outcome, code).toBe("completed");
    const replied = await test.fact(id, "model.replied");
    expect(replied.data).toMatchObject({
      provider: "third",
      model: "third-model",
      price: { input: 2, output: 10 },
    });
    const called = (await test.facts(id)).flatMap((fact) =>
      fact.type === "model.called" ? [fact.data.provider] : []
    );
    expect(called).toEqual(["first", "second", "third"]);
    expect((await test.runtime.verify(id)).ok).toBe(true);
    await test.close();
  }
  test = await openTestRuntime();
});

it("what is wrong with the request itself is not asked of others", async () => {
  const first = provider("first", () => refuse(400, "no such thing"));
  const second = provider("second", says("never"));
  test = await openTestRuntime({ providers: registryOf([first, second], ["second"]) });
  const id = await test.session();
  expect((await test.turn(id, "hello")).outcome).toBe("failed");
  expect(servers[1]?.requests).toHaveLength(0);
});

it("a session is created with, and set to, a provider and a model by name", async () => {
  const first = provider("first", says("one"));
  const second = provider("second", says("two"));
  test = await openTestRuntime({ providers: registryOf([first, second]) });
  const make = async (model?: string) => {
    const input: CreateSession = {
      workspace: test.workspace,
      add_dirs: [],
      agent_mode: "single",
      permission_mode: "default",
    };
    const { session_id } = await test.runtime.create(model === undefined ? input : { ...input, model });
    return (await test.runtime.view(session_id)).state.summary;
  };
  expect(await make()).toMatchObject({ provider: "first", model: "first-model" });
  expect(await make("second")).toMatchObject({ provider: "second", model: "second-model" });
  expect(await make("second/vendor/large")).toMatchObject({ provider: "second", model: "vendor/large" });
  expect(await make("vendor/large")).toMatchObject({ provider: "first", model: "vendor/large" });
  const { session_id } = await make();
  await test.runtime.command(session_id, { type: "session.set_model", model: "second/x" }, "me");
  expect((await test.turn(session_id, "hello")).messages).toMatchObject([{ text: "two" }]);
  expect(servers[1]?.requests[0]?.body.model).toBe("x");
});

it("a sub-agent may have a model of its own", async () => {
  const second = provider("second", says("inner answer"));
  test = await openTestRuntime({ providers: registryOf([scriptedProvider(), second]) });
  const id = await test.session();
  const start = (model: string) =>
    script({ calls: [{ name: "Agent", args: { description: "sub", prompt: "hi", model } }] }, { text: "ok" });
  const { tool_calls } = await test.turn(id, start("second/small"));
  expect(tool_calls).toMatchObject([{
    status: "finished",
    output: expect.stringMatching(/^inner answer\n/),
  }]);
  expect(servers[0]?.requests[0]?.body.model).toBe("small");
  const { usage_by_actor, usage_by_model } = (await test.runtime.view(id)).state;
  expect(Object.keys(usage_by_actor).sort()).toEqual(["main", expect.stringMatching(/^main\/agent:/)]);
  expect(usage_by_model["second/small"]).toMatchObject({ input_tokens: 11, output_tokens: 7 });
});

/** An address that was somebody's a moment ago, and is nobody's now. */
async function nobody(): Promise<string> {
  const server = startModelServer({ reply: () => refuse(500, "never") });
  await server.close();
  return server.url;
}

it("an address where nobody answers is tried twice, then the next provider is asked, and everybody is told", async () => {
  const absent = openaiProvider({
    name: "absent",
    apiKey: key,
    baseUrl: await nobody(),
    model: "gone",
    retries: 4,
    baseMs: 1,
  });
  const second = provider("second", says("from the second"));
  test = await openTestRuntime({ providers: registryOf([absent, second], ["second"]) });
  const id = await test.session();
  const notices: string[] = [];
  await test.runtime.subscribe(id, {
    event: () => {},
    delta: () => {},
    notice: ({ text }) => void notices.push(text),
    closed: () => {},
  });
  expect((await test.turn(id, "hello")).messages).toMatchObject([{ text: "from the second" }]);
  expect(notices).toEqual([
    expect.stringMatching(/cannot be reached.*asking again in .* \(attempt 2\)/),
    expect.stringMatching(/cannot be reached.*; asking "second\/second-model" instead/),
  ]);
  const called = (await test.facts(id)).flatMap((fact) => fact.type === "model.called" ? [fact.data] : []);
  expect(called).toMatchObject([{ provider: "absent" }, {
    provider: "second",
    instead_of: { provider: "absent", model: "gone", error: { code: "unavailable" } },
  }]);
  expect(called[0]?.instead_of).toBeUndefined();
});

it("without another provider, an address where nobody answers is tried as often as is configured", async () => {
  const retries = 4;
  const absent = openaiProvider({ apiKey: key, baseUrl: await nobody(), model: "m", retries, baseMs: 1 });
  test = await openTestRuntime({ providers: registryOf([absent]) });
  const id = await test.session();
  const notices: string[] = [];
  await test.runtime.subscribe(id, {
    event: () => {},
    delta: () => {},
    notice: ({ text }) => void notices.push(text),
    closed: () => {},
  });
  expect((await test.turn(id, "hello")).outcome).toBe("failed");
  expect(notices).toHaveLength(retries);
});

it("a fallback whose window is too small is passed over, and the conversation stays as it was", async () => {
  let isDown = false;
  const first = provider("first", () => isDown ? refuse(503, "not now") : answer({ text: "from the first" }));
  const small = provider("small", () => refuse(400, "prompt is too long"));
  const tiny = openaiProvider({
    name: "tiny",
    apiKey: key,
    baseUrl: await nobody(),
    model: "tiny-model",
    models: { "tiny-model": { window: 1_000, outputMax: 100 } },
  });
  test = await openTestRuntime({ providers: registryOf([first, tiny, small], ["tiny", "small"]) });
  const id = await test.session();
  await test.turn(id, "remember ".repeat(4_000));
  isDown = true;
  expect((await test.turn(id, "hello")).outcome).toBe("failed");
  const failed = await test.fact(id, "model.failed");
  expect(failed.data).toMatchObject({ error: { code: "unavailable" } });
  expect(JSON.stringify(failed.data)).toMatch(
    /503.*the fallback \\"tiny\\" is no help: .*window takes.*the fallback \\"small\\" is no help: .*too long/,
  );
  // The second one is asked, as only it can tell, and once.
  expect(servers[1]?.requests).toHaveLength(1);
  isDown = false;
  expect((await test.turn(id, "and now?")).messages).toMatchObject([{ text: "from the first" }]);
  expect(await test.types(id)).not.toContain("context.compacted");
});

const pixel =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

it("images of a message and of a file reach a model that can see them, whole, and survive the log", async () => {
  const seeing = provider(
    "seeing",
    ({ messages }) =>
      messages.length < 4
        ? answer({ calls: [{ name: "Read", args: { file_path: "dot.png" } }] })
        : answer({ text: "a dot" }),
  );
  test = await openTestRuntime({ providers: registryOf([seeing]) });
  const id = await test.session();
  await Deno.writeFile(
    join(test.workspace, "dot.png"),
    Uint8Array.from(atob(pixel), (char) => char.charCodeAt(0)),
  );
  const images = [{ media_type: "image/png" as const, data: pixel }];
  const { message_id = "" } = await test.runtime.command(id, {
    type: "message.send",
    message: "what is this?",
    delivery: "steer",
    images,
  }, "me");
  expect((await test.runtime.turn(id, message_id, AbortSignal.timeout(20_000))).outcome).toBe("completed");
  expect((await test.fact(id, "call.finished")).data).toMatchObject({ images });
  const last = JSON.stringify(servers[0]?.requests.at(-1)?.body.messages);
  expect(last.split(pixel)).toHaveLength(3);
  await test.restart({ providers: registryOf([seeing]) });
  expect((await test.runtime.verify(id)).ok).toBe(true);
});

it("a model that cannot see gets a word for each image instead", async () => {
  const blind = provider("blind", says("ok"), false);
  test = await openTestRuntime({ providers: registryOf([blind]) });
  const id = await test.session();
  const images = [{ media_type: "image/png" as const, data: pixel }];
  await test.runtime.command(id, { type: "message.send", message: "look", delivery: "steer", images }, "me");
  await test.fact(id, "turn.ended");
  const asked = JSON.stringify(servers[0]?.requests[0]?.body.messages);
  expect(asked).toContain("cannot see images");
  expect(asked).not.toContain(pixel);
});

it("costs are counted for the session, each agent and each model, in US dollars", async () => {
  const paid = provider("paid", says("ok"));
  test = await openTestRuntime({ providers: registryOf([paid]) });
  const id = await test.session();
  await test.turn(id, "one");
  await test.turn(id, "two");
  const each = (11 * 2 + 7 * 10) / 1e6;
  const { state } = await test.runtime.view(id);
  expect(state.usage.cost_usd).toBeCloseTo(2 * each, 12);
  expect(state.usage_by_model["paid/paid-model"]?.cost_usd).toBeCloseTo(2 * each, 12);
});

it("a cancelled turn ends at once although the endpoint is silent, and asks nobody else", async () => {
  const first = provider("first", () => ({ ...answer(), steps: ["silence"] }));
  const second = provider("second", says("never"));
  test = await openTestRuntime({ providers: registryOf([first, second], ["second"]) });
  const id = await test.session();
  await test.send(id, "hello");
  await until("the request", () => servers[0]?.requests.length || null);
  await test.runtime.command(id, { type: "turn.cancel" }, "me");
  expect((await test.fact(id, "turn.ended")).data).toMatchObject({ outcome: "cancelled" });
  expect(servers[1]?.requests).toHaveLength(0);
});

it("R4: while an endpoint is asked again, whoever watches is told, and a cancel ends the wait at once", async () => {
  const server = startModelServer({ reply: () => refuse(503, "come back", { "retry-after": "60" }) });
  servers.push(server);
  const patient = openaiProvider({ apiKey: key, baseUrl: server.url, model: "m", retries: 4 });
  test = await openTestRuntime({ providers: registryOf([patient]) });
  const id = await test.session();
  const notices: string[] = [];
  await test.runtime.subscribe(id, {
    event: () => {},
    delta: () => {},
    notice: ({ text }) => void notices.push(text),
    closed: () => {},
  });
  await test.send(id, "hello");
  await until("a notice", () => notices.length > 0 || null);
  expect(notices[0]).toMatch(/503.*asking again in 6\d\.\d s \(attempt 2\)/);
  await test.runtime.command(id, { type: "turn.cancel" }, "me");
  expect((await test.fact(id, "turn.ended")).data).toMatchObject({ outcome: "cancelled" });
});
