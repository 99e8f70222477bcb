// The ledger of budgets: whatever happens in whatever order, nobody uses more than is there and one call, and nothing that was
// held back stays so.
import fc from "fast-check";
import { expect, it } from "vitest";
import { type BudgetRow, createLedger, type Ledger } from "../../machines/ledger.ts";
import type { ActorBudget } from "../../src/protocol/agent_facts.ts";
import type { Fact, FactData, FactType } from "../../src/protocol/facts.ts";

const sequences = Number(Deno.env.get("JAMEY_LEDGER_SEQUENCES") ?? 10_000);
const start = Date.parse("2026-01-01T00:00:00.000Z");

/** A ledger with the facts as the kernel logs them: one second apart, unless the clock is moved on. */
function tell() {
  const ledger = createLedger();
  let seq = 0;
  let nowMs = start;
  return {
    ledger,
    pass: (ms: number) => void (nowMs += ms),
    now: () => nowMs,
    log<T extends FactType>(type: T, data: FactData<T>, actor = "main") {
      seq += 1;
      // Type and data are checked as a pair by the signature.
      ledger.apply({ seq, at: new Date(nowMs).toISOString(), v: 1, actor, type, data } as unknown as Fact);
    },
    agent(path: string, parent: string, budget?: ActorBudget) {
      const more = budget === undefined ? {} : { budget };
      this.log("agent.started", { agent: path, parent, description: "", prompt: "", ...more }, path);
    },
    call(actor: string, request_id: string, tokens: number, cost_usd = 0) {
      const head = { provider: "p", model: "m", attempt: 1, head: null, request_sha256: "" };
      this.log("model.called", { request_id, ...head, reserved: { tokens, cost_usd } }, actor);
    },
    reply(actor: string, request_id: string, tokens: number, cost_usd = 0) {
      const usage = { input_tokens: tokens, output_tokens: 0, cost_usd };
      this.log("model.replied", { request_id, text: "", calls: [], usage, stop_reason: "stop" }, actor);
    },
    fail(actor: string, request_id: string) {
      this.log("model.failed", { request_id, error: { code: "x", message: "" } }, actor);
    },
  };
}

const row = (ledger: Ledger, actor: string, limit: BudgetRow["limit"], nowMs = start) =>
  ledger.rows(nowMs).find((one) => one.actor === actor && one.limit === limit);

const agentsMax = 6;
const budgetOf = fc.option(
  fc.record({
    tokens: fc.integer({ min: 1, max: 300 }),
    cost_usd: fc.integer({ min: 1, max: 300 }).map((cents) => cents / 100),
    model_calls: fc.integer({ min: 1, max: 6 }),
  }, { requiredKeys: [] }),
  { nil: undefined },
);
const actorNumber = fc.nat(agentsMax);
const action = fc.oneof(
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant("start" as const), parent: actorNumber, budget: budgetOf }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant("ask" as const),
      who: actorNumber,
      tokens: fc.integer({ min: 1, max: 100 }),
      cents: fc.integer({ min: 0, max: 100 }),
    }),
  },
  // How much of what it reserved a call uses.
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant("reply" as const), who: actorNumber, share: fc.nat(100) }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("fail" as const), who: actorNumber }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("crash" as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("extend" as const),
      who: actorNumber,
      limit: fc.constantFrom("tokens" as const, "cost" as const, "calls" as const),
      max: fc.integer({ min: 1, max: 600 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("end" as const), who: actorNumber }) },
);

/** What a session does, beside a plain count of what the ledger is to say. */
function play(actions: readonly (typeof action extends fc.Arbitrary<infer A> ? A : never)[]) {
  const told = tell();
  const { ledger } = told;
  const paths = ["main"];
  const parents = new Map<string, string>();
  const ended = new Set<string>();
  const open = new Map<string, { id: string; tokens: number; cents: number; isAsked: boolean }>();
  /** The dearest call below an actor. */
  const dearest = new Map<string, { tokens: number; cost: number }>();
  const used = new Map<string, { tokens: number; cents: number; calls: number }>();
  let calls = 0;
  let admitted = 0;
  const above = (path: string | undefined): string[] =>
    path === undefined ? [] : [path, ...above(parents.get(path))];
  const spend = (path: string, tokens: number, cents: number) => {
    for (const one of above(path)) {
      const before = used.get(one) ?? { tokens: 0, cents: 0, calls: 0 };
      used.set(one, { tokens: before.tokens + tokens, cents: before.cents + cents, calls: before.calls + 1 });
    }
  };
  for (const step of actions) {
    const before = ledger.rows(start);
    const path = "who" in step ? paths[step.who % paths.length] ?? "main" : "main";
    const call = open.get(path);
    if (step.do === "start" && paths.length <= agentsMax) {
      const parent = paths[step.parent % paths.length] ?? "main";
      const made = `${parent}/agent:${paths.length}`;
      paths.push(made);
      parents.set(made, parent);
      const { budget } = step;
      told.agent(made, parent, budget as ActorBudget | undefined);
    } else if (step.do === "ask" && !ended.has(path) && !(call?.isAsked ?? false)) {
      const id = call?.id ?? `r${calls += 1}`;
      if (ledger.room({ actor: path, nowMs: start, requestId: id }).is !== "free") continue;
      admitted += 1;
      told.call(path, id, step.tokens, step.cents / 100);
      open.set(path, { id, tokens: step.tokens, cents: step.cents, isAsked: true });
      for (const one of above(path)) {
        const { tokens, cost } = dearest.get(one) ?? { tokens: 0, cost: 0 };
        dearest.set(one, { tokens: Math.max(tokens, step.tokens), cost: Math.max(cost, step.cents / 100) });
      }
    } else if (step.do === "reply" && call?.isAsked) {
      const [tokens, cents] = [call.tokens, call.cents].map((all) => Math.floor(all * step.share / 100));
      told.reply(path, call.id, tokens ?? 0, (cents ?? 0) / 100);
      spend(path, tokens ?? 0, cents ?? 0);
      open.delete(path);
    } else if (step.do === "fail" && call?.isAsked) {
      told.fail(path, call.id);
      spend(path, 0, 0);
      open.delete(path);
    } else if (step.do === "crash") {
      told.log("session.owned", { epoch: 2, version: "v", recovered: true });
      for (const one of open.values()) one.isAsked = false;
    } else if (step.do === "extend") {
      told.log("budget.extended", { limit: step.limit, max: step.max, by: "me", of: path }, path);
      const after = ledger.rows(start);
      const others = (rows: BudgetRow[]) =>
        rows.filter(({ actor, limit }) => actor !== path || limit !== step.limit);
      // Only that budget is another one now, and none shrinks.
      expect(others(after)).toEqual(others(before));
      expect(row(ledger, path, step.limit)?.max ?? 0).toBeGreaterThanOrEqual(
        before.find(({ actor, limit }) => actor === path && limit === step.limit)?.max ?? 0,
      );
    } else if (step.do === "end" && path !== "main" && !ended.has(path)) {
      told.log("agent.stopped", { agent: path, reason: "cancelled" }, path);
      ended.add(path);
      open.delete(path);
    }
    for (const { actor, limit, used: spent, reserved, max } of ledger.rows(start)) {
      expect(reserved).toBeGreaterThanOrEqual(0);
      const one = limit === "calls" ? 0 : dearest.get(actor)?.[limit === "tokens" ? "tokens" : "cost"] ?? 0;
      expect(spent + reserved).toBeLessThanOrEqual(max + one + 1e-9);
      const counted = used.get(actor) ?? { tokens: 0, cents: 0, calls: 0 };
      const plain = limit === "tokens"
        ? counted.tokens
        : limit === "calls"
        ? counted.calls
        : counted.cents / 100;
      expect(spent).toBeCloseTo(plain, 6);
    }
  }
  for (const [path, { id, isAsked }] of open) if (isAsked) told.fail(path, id);
  expect(ledger.rows(start).filter(({ reserved }) => reserved !== 0)).toEqual([]);
  return admitted;
}

it(`${sequences} sequences: no budget is exceeded by more than one call, and nothing stays reserved`, {
  timeout: 120_000,
}, () => {
  let admitted = 0;
  const property = fc.property(fc.array(action, { maxLength: 60, size: "max" }), (actions) => {
    admitted += play(actions);
  });
  fc.assert(property, { numRuns: sequences });
  expect(admitted).toBeGreaterThan(sequences);
});

it("whoever is below an actor uses of its budget, and what is reserved comes back with the answer", () => {
  const told = tell();
  told.agent("a", "main", { tokens: 100 });
  told.agent("a/b", "a");
  told.call("a/b", "r1", 80);
  expect(row(told.ledger, "a", "tokens")).toMatchObject({ used: 0, reserved: 80, max: 100 });
  told.call("a", "r2", 90);
  // There is room in nothing but what the two may give back.
  expect(told.ledger.room({ actor: "a/b", nowMs: start, requestId: "r3" })).toEqual({ is: "taken" });
  told.reply("a/b", "r1", 30);
  told.reply("a", "r2", 70);
  expect(row(told.ledger, "a", "tokens")).toMatchObject({ used: 100, reserved: 0 });
  expect(told.ledger.room({ actor: "a/b", nowMs: start, requestId: "r3" })).toEqual({
    is: "full",
    of: "a",
    limit: "tokens",
    used: 100,
    max: 100,
    stops: false,
  });
  // The main agent is above it.
  expect(told.ledger.room({ actor: "main", nowMs: start })).toEqual({ is: "free" });
});

it("a budget of a team, a mode or a workflow holds for its members", () => {
  const told = tell();
  const restart = { max: 0, backoff_ms: 0 };
  told.log("mode.started", {
    key: "k",
    run: "5",
    mode: "parallel",
    parent: "main",
    settings: { members: [], rounds_max: 1, restart, budget: { model_calls: 1, on_limit: "stop" } },
    of_seq: 5,
  }, "main/mode:5");
  told.agent("main/mode:5/agent:x", "main/mode:5");
  told.call("main/mode:5/agent:x", "r1", 10);
  told.fail("main/mode:5/agent:x", "r1");
  expect(told.ledger.room({ actor: "main/mode:5/agent:x", nowMs: start })).toMatchObject({
    is: "full",
    of: "main/mode:5",
    limit: "calls",
    stops: true,
  });
});

it("what a call reserved before a crash stands in nobody's way after it", () => {
  const told = tell();
  told.agent("a", "main", { tokens: 100, model_calls: 5 });
  told.call("a", "r1", 100);
  told.log("session.owned", { epoch: 2, version: "v", recovered: true });
  expect(told.ledger.room({ actor: "a", nowMs: start })).toEqual({ is: "free" });
  told.call("a", "r1", 100);
  expect(row(told.ledger, "a", "tokens")).toMatchObject({ used: 0, reserved: 100 });
  told.reply("a", "r1", 60);
  expect(row(told.ledger, "a", "calls")).toMatchObject({ used: 1, reserved: 0 });
});

it("time is work of the actor and all below it: waiting for a person or for a daemon is none", () => {
  const told = tell();
  told.agent("a", "main", { wall_ms: 1_000 });
  told.agent("a/b", "a");
  const worked = () => row(told.ledger, "a", "wall", told.now())?.used;
  told.call("a", "r1", 1);
  told.call("a/b", "r2", 1);
  told.pass(100);
  told.reply("a", "r1", 1);
  told.pass(100);
  expect(worked()).toBe(200);
  told.reply("a/b", "r2", 1);
  told.pass(100_000);
  expect(worked()).toBe(200);
  told.log("call.started", { call_id: "c1", name: "Bash", attempt: 1 }, "a/b");
  told.pass(300);
  told.log("session.renamed", { name: "x" });
  told.pass(9_000);
  told.log("session.owned", { epoch: 2, version: "v", recovered: true });
  told.pass(9_000);
  expect(worked()).toBe(500);
  told.log("call.started", { call_id: "c1", name: "Bash", attempt: 2 }, "a/b");
  told.pass(500);
  expect(told.ledger.room({ actor: "a/b", nowMs: told.now() })).toMatchObject({ is: "full", limit: "wall" });
});
