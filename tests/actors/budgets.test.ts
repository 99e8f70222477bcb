// Limits pause a turn and ask a person; nothing is lost, and the count survives a restart.
import { afterEach, expect, it } from "vitest";
import { join } from "node:path";
import type { SessionLimits } from "../../actors/budgets.ts";
import { openaiProvider } from "../../src/providers/openai.ts";
import { registryOf } from "../../src/providers/resolve_model.ts";
import { pause, until } from "../support/daemon.ts";
import { answer } from "../support/model_plan.ts";
import { type ModelServer, startModelServer, type WireRequest } from "../support/model_server.ts";
import { openTestRuntime, script, type TestRuntime } from "../support/runtime.ts";

let test: TestRuntime;
let server: ModelServer | undefined;
afterEach(async () => {
  await test.close();
  await server?.close();
  server = undefined;
});

/** A model at its wire that never stops calling: what it calls next is a function of how often it was asked. */
async function openWith(
  call: (round: number, request: WireRequest) => { name: string; args: Record<string, unknown> },
  limits: Partial<SessionLimits>,
  usage = { prompt_tokens: 10, completion_tokens: 10 },
): Promise<string> {
  server = startModelServer({
    reply: (request) => answer({ calls: [call(resultsOf(request), request)], usage }),
  });
  const models = { m: { price: { input: 1, output: 1 } } };
  const provider = openaiProvider({ apiKey: "test-key", baseUrl: server.url, model: "m", models });
  test = await openTestRuntime({ providers: registryOf([provider]), limits });
  return await test.session();
}

const resultsOf = (request: WireRequest) => request.messages.filter(({ role }) => role === "tool").length;
const bash = (command: string) => ({ name: "Bash", args: { command } });
const calls = async (id: string) => (await test.types(id)).filter((type) => type === "call.finished").length;
const carryOn = (id: string) =>
  test.runtime.command(id, { type: "budget.answer", decision: "continue" }, "me");
const stop = (id: string) => test.runtime.command(id, { type: "budget.answer", decision: "stop" }, "me");

it("R1: the same call with the same result pauses at 5, two that alternate at 10, polling never", async () => {
  const counts: number[] = [];
  for (const command of [() => "echo same", (round: number) => `echo ${round % 2}`]) {
    const id = await openWith((round) => bash(command(round)), { steps: 50 });
    await test.send(id, "go");
    const exceeded = await test.fact(id, "budget.exceeded");
    expect(exceeded.data).toMatchObject({ limit: "repeat" });
    counts.push(await calls(id));
    await stop(id);
    await test.fact(id, "turn.ended");
    await test.close();
    await server?.close();
  }
  expect(counts).toEqual([5, 10]);
  const id = await openWith(() => bash("date +%s%N"), { steps: 30 });
  await test.send(id, "go");
  expect((await test.fact(id, "budget.exceeded")).data).toMatchObject({ limit: "steps", used: 30 });
  console.log(
    `R1: a repeated call paused after ${counts[0]}, an alternating pair after ${
      counts[1]
    }, polling ran 30 steps`,
  );
});

it("an agent that repeats itself is warned before it is paused", async () => {
  const id = await openWith(() => bash("echo same"), {});
  await test.send(id, "go");
  await test.fact(id, "budget.exceeded");
  const warned = server?.requests.map(({ body }) =>
    JSON.stringify(body.messages.at(-1)).includes("<reminder>")
  );
  expect(warned).toEqual([false, false, false, true, true]);
});

it("a paused turn goes on where it was: by an answer, by a message, or after a restart", async () => {
  const id = await openWith(() => bash("echo same"), {});
  await test.send(id, "go");
  let paused = await test.fact(id, "budget.exceeded");
  expect((await test.runtime.view(id)).state).toMatchObject({
    summary: { status: "paused" },
    paused: [{ actor: "main", limit: "repeat", used: 5, max: 5 }],
  });
  await test.restart({ providers: registryOf([providerAgain()]) });
  expect((await test.runtime.view(id)).state.summary.status).toBe("paused");
  await carryOn(id);
  paused = await test.fact(id, "budget.exceeded", paused.seq);
  expect(await calls(id)).toBe(10);
  await test.send(id, "try harder");
  paused = await test.fact(id, "budget.exceeded", paused.seq);
  expect(await calls(id)).toBe(15);
  await stop(id);
  expect((await test.fact(id, "turn.ended")).data).toMatchObject({ outcome: "limit" });
  await expect(carryOn(id)).rejects.toMatchObject({ code: "conflict" });
});

function providerAgain() {
  return openaiProvider({ apiKey: "test-key", baseUrl: server?.url ?? "", model: "m" });
}

it("R2: a turn of a thousand calls stops at its cap, and a bomb of sub-agents at theirs", async () => {
  const id = await openWith((round) => bash(`echo ${round}`), { steps: 20 });
  await test.send(id, "go");
  expect((await test.fact(id, "budget.exceeded")).data).toMatchObject({ limit: "steps", used: 20, max: 20 });
  expect(await calls(id)).toBe(20);
  await stop(id);
  await test.close();
  await server?.close();
  const bomb = (_: number) => ({
    name: "Agent",
    args: { description: "again", prompt: "start another one" },
  });
  const second = await openWith(bomb, { steps: 10 });
  await test.send(second, "go");
  await until("a pause", async () => (await test.runtime.view(second)).state.paused.length > 0 || null);
  const started = (await test.types(second)).filter((type) => type === "agent.started").length;
  expect(started).toBeLessThanOrEqual(10);
  console.log(`R2: a thousand-call turn paused after 20 calls; a sub-agent bomb after ${started} agents`);
});

it("R3: tokens and money used up by twenty sub-agents stop all of them, and extending lets all go on", async () => {
  server = startModelServer({
    reply: (request) => {
      const isChild = JSON.stringify(request.messages).includes("child task");
      const results = resultsOf(request);
      const usage = { prompt_tokens: 500_000, completion_tokens: 500_000 };
      if (isChild) return answer({ calls: [bash(`echo ${results}`)], usage });
      const agents = Array.from({ length: 20 }, (_, index) => ({
        name: "Agent",
        args: { description: `child ${index}`, prompt: `child task ${index}` },
      }));
      return results === 0 ? answer({ calls: agents, usage }) : answer({ text: "done", usage });
    },
  });
  const provider = openaiProvider({
    apiKey: "test-key",
    baseUrl: server.url,
    model: "m",
    models: { m: { price: { input: 1, output: 1 } } },
  });
  test = await openTestRuntime({
    providers: registryOf([provider]),
    limits: { costUsd: 30, tokens: 1e9 },
    agentLimits: { atOnce: 20 },
  });
  const id = await test.session();
  await test.send(id, "go");
  const allPaused = () =>
    until("twenty pauses", async () => (await test.runtime.view(id)).state.paused.length === 20 || null);
  await allPaused();
  const spent = (await test.runtime.view(id)).state.usage;
  // What was in flight when the limit was met may still end: one call for each of the twenty.
  expect(spent.cost_usd).toBeGreaterThanOrEqual(30);
  expect(spent.cost_usd).toBeLessThanOrEqual(30 + 20);
  const before = server.requests.length;
  await carryOn(id);
  await allPaused();
  expect(server.requests.length).toBeGreaterThan(before);
  await stop(id);
  await until("rest", async () => (await test.runtime.view(id)).state.summary.status !== "acting" || null);
  console.log(`R3: 20 sub-agents paused at $${spent.cost_usd} of $30, went on when extended, and stopped`);
});

it("time without a person pauses, and a person's hand starts it anew", async () => {
  const id = await openWith((round) => bash(`sleep 0.05; echo ${round}`), { wallMs: 300 });
  await test.send(id, "go");
  const first = await test.fact(id, "budget.exceeded");
  expect(first.data).toMatchObject({ limit: "wall", max: 300 });
  await carryOn(id);
  await test.fact(id, "budget.exceeded", first.seq);
  await stop(id);
});

it("a limit that the message names ends the turn instead of asking", async () => {
  const id = await openWith((round) => bash(`echo ${round}`), {});
  await test.send(id, "go", { max_steps: 3 });
  expect((await test.fact(id, "turn.ended")).data).toMatchObject({ outcome: "limit", steps: 3 });
});

it("a queued message brings its own limit to the turn that it begins", async () => {
  const id = await openWith((round) => bash(`sleep 0.02; echo ${round}`), {});
  await test.send(id, "go", { max_steps: 2 });
  await test.send(id, "and then", { delivery: "queue", max_steps: 1 });
  const first = await test.fact(id, "turn.ended");
  expect(first.data).toMatchObject({ steps: 2 });
  expect((await test.fact(id, "turn.ended", first.seq)).data).toMatchObject({ outcome: "limit", steps: 1 });
});

it("a limit is extended once, however many answer at the same time", async () => {
  const id = await openWith((round) => bash(`echo ${round}`), { steps: 2 });
  await test.send(id, "go");
  await test.fact(id, "budget.exceeded");
  const settled = await Promise.allSettled([carryOn(id), carryOn(id), carryOn(id)]);
  expect(settled.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  for (const end of settled) {
    if (end.status === "rejected") expect(end.reason).toMatchObject({ code: "conflict" });
  }
  expect((await test.types(id)).filter((type) => type === "budget.extended")).toHaveLength(1);
});

it("a larger limit for repetition holds for a single call as well", async () => {
  const id = await openWith(() => bash("echo same"), { repeat: 12, steps: 50 });
  await test.send(id, "go");
  expect((await test.fact(id, "budget.exceeded")).data).toMatchObject({ limit: "repeat", used: 12, max: 12 });
  expect(await calls(id)).toBe(12);
});

const sub = (calls: ReturnType<typeof bash>[]) => ({
  name: "Agent",
  args: { description: "sub", prompt: script({ calls }, { text: "inner" }) },
});

for (const [answer, decision] of [["refusal", "reject_once"], ["approval", "allow_once"]] as const) {
  for (const [where, wrap] of [["the agent", null], ["a sub-agent", sub]] as const) {
    it(`the ${answer} of a call of ${where} is a person's hand: the time before it does not count`, async () => {
      test = await openTestRuntime({ limits: { wallMs: 2_000 } });
      const id = await test.session("default");
      const asking = [bash("echo hello")];
      await test.send(id, script({ calls: wrap === null ? asking : [wrap(asking)] }, { text: "done" }));
      const asked = await test.fact(id, "call.approval_requested");
      await pause(2_100);
      const call_id = asked.type === "call.approval_requested" ? asked.data.call_id : "";
      await test.runtime.command(id, { type: "call.answer", call_id, decision }, "me");
      await until("an end or a pause", async () => {
        const types = await test.types(id);
        return types.includes("budget.exceeded") || types.at(-1) === "turn.ended" || null;
      });
      expect(await test.types(id)).not.toContain("budget.exceeded");
    });
  }
}

it("an agent that rests uses no time: one that is woken late may work", async () => {
  test = await openTestRuntime({ limits: { wallMs: 2_000 } });
  const id = await test.session();
  const command = "while [ ! -e gate ]; do sleep 0.02; done";
  const waiting = { name: "Bash", args: { command, run_in_background: true } };
  await test.turn(id, script({ calls: [waiting] }, { text: "it runs" }));
  await pause(2_100);
  await Deno.writeTextFile(join(test.workspace, "gate"), "");
  const ended = await test.fact(id, "background.ended");
  await until("an end or a pause", async () => {
    const later = (await test.facts(id)).filter(({ seq }) => seq > ended.seq).map(({ type }) => type);
    return later.includes("budget.exceeded") || later.includes("turn.ended") || null;
  });
  expect(await test.types(id)).not.toContain("budget.exceeded");
});

it("a limit that was extended does not stay below one that the configuration raised later", async () => {
  const id = await openWith((round) => bash(`echo ${round}`), { tokens: 100, steps: 20 });
  await test.send(id, "go");
  const first = await test.fact(id, "budget.exceeded");
  await carryOn(id);
  const second = await test.fact(id, "budget.exceeded", first.seq);
  expect(second.data).toMatchObject({ limit: "tokens", max: 200 });
  await test.restart({ providers: registryOf([providerAgain()]), limits: { tokens: 100_000, steps: 20 } });
  await test.send(id, "go on");
  expect((await test.fact(id, "budget.exceeded", second.seq)).data).toMatchObject({ limit: "steps" });
});
