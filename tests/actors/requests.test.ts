// What a model was sent can be had again, byte for byte, from the facts alone.
import { afterEach, expect, it } from "vitest";
import { join } from "node:path";
import { openaiProvider } from "../../src/providers/openai.ts";
import { type ModelServer, startModelServer } from "../support/model_server.ts";
import { replyOf } from "../support/model_server_main.ts";
import { answer, refuse } from "../support/model_plan.ts";
import { openTestRuntime, type TestRuntime } from "../support/runtime.ts";
import { registryOf } from "../../src/providers/resolve_model.ts";

let test: TestRuntime;
let server: ModelServer;
afterEach(async () => {
  await test.close();
  await server.close();
});

const provider = () =>
  openaiProvider({ apiKey: "test-key", baseUrl: server.url, model: "m", baseMs: 1, retries: 1 });
const scenario = {
  rounds: 3,
  calls_per_round: 2,
  tool: "Bash",
  args: { command: "echo {round}.{call}" },
  text: "Round {round}.",
  final: "Done.",
  chunk_delay_ms: 0,
  port: 0,
};

it("every request that reached the endpoint is rebuilt byte for byte, also after a restart", async () => {
  server = startModelServer({ reply: (request) => replyOf(scenario, request) });
  test = await openTestRuntime({ providers: registryOf([provider()]) });
  const id = await test.session();
  await test.turn(id, "go");
  await test.send(id, "and again", { delivery: "steer" });
  await test.fact(id, "turn.ended", (await test.facts(id)).length - 1);
  await test.restart({ providers: registryOf([provider()]) });
  const called = (await test.facts(id)).filter((fact) => fact.type === "model.called");
  expect(called).toHaveLength(server.requests.length);
  for (const [index, fact] of called.entries()) {
    if (fact.type !== "model.called") continue;
    const view = await test.runtime.request(id, fact.data.request_id);
    expect(view).toMatchObject({ matches: true, seq: fact.seq });
    expect(JSON.stringify(view.wire)).toBe(new TextDecoder().decode(server.requests[index]?.bytes));
  }
  expect(server.orphans).toEqual([]);
  await expect(test.runtime.request(id, "r999")).rejects.toMatchObject({ code: "not_found" });
});

it("an endpoint that answers rubbish or refuses fails the turn in words, and the next message goes on", async () => {
  let broken = true;
  server = startModelServer({
    reply: () => broken ? refuse(401, "wrong key") : answer({ text: ["fine"] }),
  });
  test = await openTestRuntime({ providers: registryOf([provider()]) });
  const id = await test.session();
  expect((await test.turn(id, "go")).outcome).toBe("failed");
  expect((await test.fact(id, "turn.ended")).data).toMatchObject({ error: { code: "auth" } });
  broken = false;
  const result = await test.turn(id, "again");
  expect(result).toMatchObject({ outcome: "completed", messages: [{ role: "assistant", text: "fine" }] });
});

it("a known secret in the instructions is kept from the disk and from the model", async () => {
  const secret = "sk-very-secret-0123456789";
  const prompt = () => Promise.resolve(`Use the key ${secret}`);
  test = await openTestRuntime({ secret, prompt });
  const id = await test.session();
  await test.turn(id, "help");
  expect(JSON.stringify(await test.runtime.request(id, "last")).includes(secret)).toBe(false);
  const blobs = join(test.dataDir, "sessions", id, "blobs");
  const texts = [...Deno.readDirSync(blobs)].map(({ name }) => Deno.readTextFileSync(join(blobs, name)));
  expect(texts.some((text) => text.includes("Use the key [redacted"))).toBe(true);
  expect(texts.some((text) => text.includes(secret))).toBe(false);
});
