// Budgets of actors: shared by all below, held back before a call, extended by a person, or the end of whose they are.
import { afterEach, expect, it } from "vitest";
import { createLedger } from "../../machines/ledger.ts";
import type { Fact } from "../../src/protocol/facts.ts";
import { openaiProvider } from "../../src/providers/openai.ts";
import { registryOf } from "../../src/providers/resolve_model.ts";
import { until } from "../support/daemon.ts";
import { answer, type PlannedCall } from "../support/model_plan.ts";
import { type ModelServer, startModelServer, type WireRequest } from "../support/model_server.ts";
import { openTestRuntime, type TestRuntime } from "../support/runtime.ts";

let test: TestRuntime;
let server: ModelServer | undefined;
afterEach(async () => {
  await test.close();
  await server?.close();
  server = undefined;
});

/** Tokens that every answer counts: less than a call reserves, for instructions and tools are sent along. */
const perCall = 1_000;

type Given = { name: string; prompt: string; budget?: Record<string, unknown> };
const agent = ({ name, ...given }: Given): PlannedCall => ({
  name: "Agent",
  args: { description: name, name, ...given },
});

/** A model that answers at once: what each agent does is a function of its first message and of how often it was answered. */
async function openWith(
  act: (first: string, round: number) => PlannedCall[],
  price?: { input: number; output: number },
) {
  const reply = (request: WireRequest) => {
    const first = String(request.messages.find(({ role }) => role === "user")?.content ?? "");
    const round = request.messages.filter(({ role }) => role === "assistant").length;
    const usage = { prompt_tokens: perCall - 100, completion_tokens: 100 };
    const calls = act(first, round);
    return answer(calls.length === 0 ? { text: "done", usage } : { calls, usage });
  };
  server = startModelServer({ reply });
  const models = { m: { outputMax: 100, ...(price === undefined ? {} : { price }) } };
  const provider = openaiProvider({ apiKey: "test-key", baseUrl: server.url, model: "m", models });
  test = await openTestRuntime({
    providers: registryOf([provider]),
    agentLimits: { depth: 3, atOnce: 64, total: 1_000 },
  });
  return await test.session();
}

const bash = (command: string): PlannedCall => ({ name: "Bash", args: { command } });
const paused = async (id: string) => (await test.runtime.view(id)).state.paused;
const answerFor = (id: string, decision: "continue" | "stop", actor?: string) =>
  test.runtime.command(
    id,
    { type: "budget.answer", decision, ...(actor === undefined ? {} : { actor }) },
    "me",
  );
const callsOf = (facts: readonly Fact[], prefix: string) =>
  facts.filter(({ type, actor }) => type === "model.replied" && actor.startsWith(prefix)).length;

/** The most that was ever used and reserved of each budget, by its actor, and the largest reservation. */
function peaks(facts: readonly Fact[]) {
  const ledger = createLedger();
  const most = new Map<string, number>();
  let dearest = 0;
  for (const fact of facts) {
    ledger.apply(fact);
    if (fact.type === "model.called") dearest = Math.max(dearest, fact.data.reserved?.tokens ?? 0);
    for (const { actor, limit, used, reserved } of ledger.rows(Date.parse(fact.at))) {
      if (limit === "tokens") most.set(actor, Math.max(most.get(actor) ?? 0, used + reserved));
    }
  }
  return { most, dearest, rows: ledger.rows(0) };
}

it(
  "twenty agents at once under one budget never exceed it by more than a call, and its extension lets exactly them go on",
  {
    timeout: 60_000,
  },
  async () => {
    const budget = { tokens: 40_000 };
    const id = await openWith((first, round) => {
      if (first === "go") {
        return round > 0 ? [] : [
          agent({ name: "boss", prompt: "lead twenty", budget }),
          agent({ name: "other", prompt: "work alone", budget: { model_calls: 3 } }),
        ];
      }
      if (first === "lead twenty" && round === 0) {
        return Array.from({ length: 20 }, (_, n) => agent({ name: `w${n}`, prompt: `work ${n}` }));
      }
      return [bash(`echo ${round}`)];
    });
    await test.send(id, "go");
    const all = await until("twenty-one pauses", async () => {
      const waiting = await paused(id);
      return waiting.length === 21 ? waiting : null;
    });
    const boss = all.find(({ actor }) => !actor.includes("other") && actor.split("/").length === 3)?.of ?? "";
    const others = all.filter(({ of }) => of !== boss);
    expect(all.filter(({ of, limit, max }) => of === boss && limit === "tokens" && max === 40_000))
      .toHaveLength(20);
    expect(others).toMatchObject([{ limit: "calls", used: 3, max: 3 }]);
    const before = await test.facts(id);
    const seen = peaks(before);
    expect(seen.most.get(boss)).toBeLessThanOrEqual(budget.tokens + seen.dearest);
    expect(seen.most.get(boss)).toBeGreaterThanOrEqual(budget.tokens);
    expect((await test.runtime.view(id)).state.budgets).toContainEqual({
      actor: boss,
      limit: "tokens",
      used: budget.tokens,
      reserved: 0,
      max: budget.tokens,
    });
    expect(callsOf(before, boss)).toBe(budget.tokens / perCall);

    await answerFor(id, "continue", boss);
    await until("twenty pauses again", async () => {
      const met = (await test.facts(id)).slice(before.length).filter(({ type }) =>
        type === "budget.exceeded"
      );
      return met.length >= 20 && (await paused(id)).length === 21 || null;
    });
    const after = await test.facts(id);
    expect(callsOf(after, boss)).toBe(2 * budget.tokens / perCall);
    expect(callsOf(after, others[0]?.actor ?? "")).toBe(3);
    expect(peaks(after).most.get(boss)).toBeLessThanOrEqual(2 * budget.tokens + seen.dearest);
    await answerFor(id, "stop");
    await until("rest", async () => (await test.types(id)).at(-1) === "turn.ended" || null);
    expect(peaks(await test.facts(id)).rows.filter(({ reserved }) => reserved !== 0)).toEqual([]);
    console.log(
      `twenty agents used ${budget.tokens} of ${budget.tokens} tokens, the largest call reserved ${seen.dearest}`,
    );
  },
);

it("what is left for one call only is used by one agent after the other, and nobody is asked too early", async () => {
  const id = await openWith((first, round) => {
    if (first === "go") {
      return round > 0 ? [] : [agent({ name: "boss", prompt: "lead", budget: { tokens: 6_000 } })];
    }
    if (first === "lead") {
      return round > 0 ? [] : [1, 2, 3].map((n) => agent({ name: `w${n}`, prompt: `work ${n}` }));
    }
    return [];
  });
  await test.send(id, "go");
  expect((await test.fact(id, "turn.ended")).data).toBeDefined();
  await until(
    "the end",
    async () =>
      (await test.facts(id)).some(({ type, actor }) => type === "turn.ended" && actor === "main") || null,
  );
  expect(await test.types(id)).not.toContain("budget.exceeded");
});

it("with nobody to be asked, a budget ends its agent and all below it, and its result says why", async () => {
  const id = await openWith((first, round) => {
    if (first === "go") {
      return round > 0 ? [] : [
        agent({ name: "boss", prompt: "lead", budget: { tokens: 20_000, on_limit: "stop" } }),
      ];
    }
    if (first === "lead" && round === 0) {
      return [1, 2, 3].map((n) => agent({ name: `w${n}`, prompt: `work ${n}` }));
    }
    return [bash(`echo ${round}`)];
  });
  await test.send(id, "go");
  await until(
    "the end",
    async () =>
      (await test.facts(id)).some(({ type, actor }) => type === "turn.ended" && actor === "main") || null,
  );
  const facts = await test.facts(id);
  const failed = facts.find(({ type, data }) =>
    type === "call.failed" && "name" in data && data.name === "Agent"
  );
  expect(JSON.stringify(failed?.data)).toMatch(/budget of .*used 20000 of 20000 tokens/);
  const ends = facts.filter(({ type }) => type === "agent.failed" || type === "agent.stopped");
  expect(ends).toHaveLength(4);
  expect(
    facts.filter(({ type, actor, data }) =>
      type === "turn.ended" && actor !== "main" && "outcome" in data && data.outcome !== "limit"
    ),
  ).toEqual([]);
  expect(facts.at(-1)).toMatchObject({ actor: "main", data: { outcome: "completed" } });
});

it("a budget in money holds, and is said to be none where nobody knows what the model costs", async () => {
  const act = (first: string, round: number): PlannedCall[] => {
    if (first !== "go") return [bash(`echo ${round}`)];
    return round > 0
      ? []
      : [agent({ name: "a", prompt: "work", budget: { cost_usd: 0.005, model_calls: 9 } })];
  };
  const id = await openWith(act, { input: 1, output: 1 });
  await test.send(id, "go");
  expect((await test.fact(id, "budget.exceeded")).data).toMatchObject({
    limit: "cost",
    used: 0.005,
    max: 0.005,
  });
  await test.close();
  await server?.close();
  const second = await openWith(act);
  const notices: string[] = [];
  await test.runtime.subscribe(second, {
    event: () => {},
    delta: () => {},
    notice: ({ text }) => void notices.push(text),
    closed: () => {},
  });
  await test.send(second, "go");
  expect((await test.fact(second, "budget.exceeded")).data).toMatchObject({ limit: "calls", used: 9 });
  expect(notices.filter((text) => text.includes("US dollars"))).toHaveLength(1);
});

it("the budget of a mode is that of its members: it asks, and without being extended the mode says why it ended", async () => {
  await openWith(() => [bash("date +%s%N")]);
  const { session_id: id } = await test.runtime.create({
    workspace: test.workspace,
    add_dirs: [],
    agent_mode: "parallel",
    permission_mode: "bypassPermissions",
    mode_settings: {
      members: ["a", "b", "c"].map((name) => ({ name })),
      budget: { model_calls: 7 },
    },
  });
  await test.send(id, "go");
  const all = await until("three pauses", async () => {
    const waiting = await paused(id);
    return waiting.length === 3 ? waiting : null;
  });
  const of = all[0]?.of ?? "";
  expect(of).toMatch(/^main\/mode:/);
  expect(all.every((one) => one.of === of && one.used === 7 && one.max === 7)).toBe(true);
  expect((await test.runtime.view(id)).state.summary.status).not.toBe("idle");
  await answerFor(id, "stop", of);
  const end = await until(
    "the end",
    async () =>
      (await test.facts(id)).find(({ type, actor }) => type === "turn.ended" && actor === "main") ?? null,
  );
  expect(end.data).toMatchObject({ outcome: "limit" });
  const finished = (await test.facts(id)).find(({ type }) => type === "mode.finished");
  expect(JSON.stringify(finished?.data)).toMatch(/budget of .*used 7 of 7 model calls/);
});
