// Supervision of sub-agents: one whose endpoint fails goes on after a wait, as often as the policy says, and is then given up.
import { afterEach, expect, it } from "vitest";
import { openaiProvider } from "../../src/providers/openai.ts";
import { registryOf } from "../../src/providers/resolve_model.ts";
import { pause, until } from "../support/daemon.ts";
import { answer, refuse } from "../support/model_plan.ts";
import { type ModelServer, startModelServer } from "../support/model_server.ts";
import { openTestRuntime, type TestRuntime } from "../support/runtime.ts";

let test: TestRuntime;
let server: ModelServer | undefined;
afterEach(async () => {
  await test.close();
  await server?.close();
  server = undefined;
});

/** The requests of the sub-agent that are refused, by their number from 0, and with which status. */
async function openWith(
  fails: (n: number) => number | null,
  restart = { max: 2, backoff_ms: 50 },
  background = false,
) {
  let asked = 0;
  server = startModelServer({
    reply: ({ messages }) => {
      const texts = JSON.stringify(messages);
      if (messages[1]?.content === "go" || messages[0]?.content === "go") {
        const isFirst = !messages.some(({ role }) => role === "assistant");
        if (!isFirst) return answer({ text: "done" });
        const args = { description: "a", prompt: "inner work", background };
        return answer({ calls: [{ name: "Agent", args }] });
      }
      const status = fails(asked++);
      if (status !== null) return refuse(status, "Overloaded");
      if (texts.includes("echo once")) return answer({ text: "inner done" });
      return answer({ calls: [{ name: "Bash", args: { command: "echo once" } }] });
    },
  });
  const options = {
    providers: registryOf([
      openaiProvider({ apiKey: "test-key", baseUrl: server.url, model: "m", retries: 0 }),
    ]),
    agentLimits: { restart },
  };
  test = await openTestRuntime(options);
  return { id: await test.session(), options };
}

const mainEnd = (id: string) =>
  until(
    "the end",
    async () =>
      (await test.facts(id)).find(({ type, actor }) => type === "turn.ended" && actor === "main") ?? null,
  );
const restarts = async (id: string) =>
  (await test.facts(id)).flatMap((fact) => fact.type === "agent.restarted" ? [fact.data] : []);

it("a sub-agent whose endpoint fails goes on where it was, and its parent gets its result", async () => {
  const { id } = await openWith((n) => n === 1 || n === 2 ? 503 : null);
  await test.send(id, "go");
  await mainEnd(id);
  expect(await restarts(id)).toMatchObject([
    { attempt: 1, after_ms: 50, error: expect.stringContaining("Overloaded") },
    { attempt: 2, after_ms: 100 },
  ]);
  const facts = await test.facts(id);
  // What it had done already is not done again.
  expect(facts.filter(({ type, actor }) => type === "call.started" && actor !== "main")).toHaveLength(1);
  expect(facts.find(({ type }) => type === "agent.finished")?.data).toMatchObject({ result: "inner done" });
});

it("after the restarts that the policy allows it is given up, and the error says how many there were", async () => {
  const { id } = await openWith(() => 503);
  await test.send(id, "go");
  await mainEnd(id);
  expect(await restarts(id)).toHaveLength(2);
  const failed = (await test.facts(id)).find(({ type }) => type === "agent.failed");
  expect(JSON.stringify(failed?.data)).toContain("given up after 2 restarts");
});

it("a sub-agent that failed for another reason than its endpoint is not begun again", async () => {
  const { id } = await openWith(() => 401);
  await test.send(id, "go");
  await mainEnd(id);
  expect(await restarts(id)).toEqual([]);
});

it("a cancel ends an agent that waits to go on, and the wait with it", async () => {
  const { id } = await openWith(() => 503, { max: 1, backoff_ms: 300_000 });
  await test.send(id, "go");
  await test.fact(id, "agent.restarted");
  await test.runtime.command(id, { type: "turn.cancel" }, "me");
  await mainEnd(id);
  expect(await test.types(id)).toContain("agent.stopped");
  expect((await test.runtime.view(id)).state.effects).toEqual({});
});

it("the wait goes on over a restart of the daemon, and the agent begins once", async () => {
  const { id, options } = await openWith((n) => n === 0 ? 503 : null, { max: 1, backoff_ms: 400 }, true);
  await test.send(id, "go");
  await mainEnd(id);
  await test.fact(id, "agent.restarted");
  await test.restart(options);
  await test.fact(id, "agent.finished");
  await pause(500);
  const facts = await test.facts(id);
  expect(facts.filter(({ type }) => type === "timer.fired")).toHaveLength(1);
  expect(facts.filter(({ type, actor }) => type === "message.received" && actor !== "main")).toHaveLength(1);
});
