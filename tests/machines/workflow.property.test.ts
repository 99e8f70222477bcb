// Workflows of random graphs, through the real session step: facts go in as the kernel would write them, in random order, with
// failures, slow nodes, pauses, cancels and forks. JAMEY_WORKFLOW_RUNS=n plays n of them (10,000 in CI).
import { expect, it } from "vitest";
import fc from "fast-check";
import type { PendingEffect } from "../../machines/effects.ts";
import { stepSession } from "../../machines/session.ts";
import { emptySession, type SessionState } from "../../machines/session_state.ts";
import type { WorkflowContext } from "../../machines/workflow_context.ts";
import type { Fact, FactDraft } from "../../src/protocol/facts.ts";
import type { WorkflowPlan } from "../../src/protocol/workflow_facts.ts";
import { at, createdData } from "../support/story.ts";

const runs = Number(Deno.env.get("JAMEY_WORKFLOW_RUNS") ?? 10_000);
const path = "workflow:w";
const stepsMax = 3_000;

interface Scenario {
  plan: WorkflowPlan;
  /** Read one by one, whatever is to be decided; over and over. */
  chances: number[];
  /** After so many steps: pause, cancel or fork. */
  breaks: { after: number; what: "pause" | "cancel" | "fork" }[];
}

const node = fc.record({
  kind: fc.constantFrom("agent" as const, "call" as const, "value" as const),
  any: fc.boolean(),
  visits: fc.constantFrom(1, 2, 3),
  retries: fc.constantFrom(0, 0, 1, 2),
  timeout: fc.constantFrom(0, 0, 5),
  each: fc.constantFrom(0, 0, 0, 1, 3),
  goesOn: fc.boolean(),
});

const scenario: fc.Arbitrary<Scenario> = fc.record({
  nodes: fc.array(node, { minLength: 1, maxLength: 6 }),
  edges: fc.array(fc.tuple(fc.nat(5), fc.nat(5)), { maxLength: 10 }),
  parallel: fc.integer({ min: 1, max: 4 }),
  chances: fc.array(fc.nat(99), { minLength: 20, maxLength: 60 }),
  breaks: fc.array(
    fc.record({
      after: fc.nat(40),
      what: fc.constantFrom("pause" as const, "pause" as const, "fork" as const, "cancel" as const),
    }),
    { maxLength: 2 },
  ),
}).map(({ nodes, edges, parallel, chances, breaks }) => ({
  plan: planOf(nodes, edges, parallel),
  chances,
  breaks,
}));

function planOf(
  nodes: {
    kind: "agent" | "call" | "value";
    any: boolean;
    visits: number;
    retries: number;
    timeout: number;
    each: number;
    goesOn: boolean;
  }[],
  pairs: [number, number][],
  max_parallel: number,
): WorkflowPlan {
  const count = nodes.length;
  const edges = pairs.map(([from, to]): [number, number] => [from % count, to % count]);
  const to = nodes.map((
    _,
    place,
  ) => [...new Set(edges.filter(([from]) => from === place).map(([, target]) => target))]);
  return {
    ids: nodes.map((_, place) => `n${place}`),
    kinds: nodes.map(({ kind }) => kind),
    starts: [0],
    to,
    // An edge to a node before it, or to itself, closes a loop.
    loops: to.flatMap((targets, from) =>
      targets.filter((target) => target <= from).map((target): [number, number] => [from, target])
    ),
    max_parallel,
    more: Object.fromEntries(nodes.map(({ any, visits, retries, timeout, each, goesOn }, place) => {
      const attempt = {
        ...(retries === 0 ? {} : { retry: { max: retries, backoff_ms: 1 } }),
        ...(timeout === 0 ? {} : { timeout_ms: timeout }),
      };
      const more = each === 0 ? attempt : { each: { max_parallel: each, goes_on: goesOn, ...attempt } };
      return [String(place), { ...(any ? { any: true as const } : {}), max_visits: visits, ...more }];
    })),
  };
}

/** The world around the workflow: what is owed is done, in an order that chance decides. */
class World {
  state: SessionState = emptySession;
  facts: Fact[] = [];
  #chances: readonly number[];
  #place = 0;
  #plan: WorkflowPlan;

  constructor({ plan, chances }: Scenario) {
    this.#chances = chances;
    this.#plan = plan;
    this.log({ actor: "main", type: "session.created", data: createdData() });
    this.log({
      actor: path,
      type: "workflow.started",
      data: { workflow: "w", name: "w", parent: "main", by: "user", definition: {}, plan, inputs: {} },
    });
  }

  chance(below: number): number {
    const value = this.#chances[this.#place++ % this.#chances.length] ?? 0;
    // Never the same round again for ever.
    return (value + Math.floor(this.#place / this.#chances.length)) % below;
  }

  /** False when the machines refuse it. */
  log(draft: FactDraft): boolean {
    const fact: Fact = { ...draft, seq: this.state.seq + 1, at, v: 1 };
    const step = stepSession(this.state, fact);
    if (step.ignored) return false;
    this.state = step.state;
    this.facts.push(fact);
    for (const signal of step.signals) this.#signal(signal);
    return true;
  }

  get context(): WorkflowContext {
    return this.state.supervisors[path]?.snapshot.context as WorkflowContext;
  }
  get value(): unknown {
    return this.state.supervisors[path]?.snapshot.value;
  }

  /** What the composer does: those below are told to stop. */
  #signal({ kind, params, actor }: PendingEffect): void {
    if (kind !== "work.cancel" && kind !== "work.stop") return;
    const isMeant = (name: string) => kind === "work.cancel" || params.target === name;
    for (const [child, { parent }] of Object.entries(this.state.children)) {
      if (parent === actor && isMeant(child) && this.state.agents[child] !== undefined) {
        this.endAgent(child, "stopped");
      }
    }
    for (const [id, call] of Object.entries(this.state.calls)) {
      if (call.actor === actor && isMeant(id)) this.endCall(id, "interrupted");
    }
  }

  endAgent(child: string, how: "finished" | "failed" | "stopped"): void {
    const agent = child.slice(child.lastIndexOf(":") + 1);
    if (how === "finished") this.log({ actor: child, type: "agent.finished", data: { agent, result: "x" } });
    else if (how === "failed") this.log({ actor: child, type: "agent.failed", data: { agent, error: "x" } });
    else this.log({ actor: child, type: "agent.stopped", data: { agent, reason: "x" } });
  }

  endCall(call_id: string, how: "finished" | "failed" | "interrupted"): void {
    if (how === "finished") {
      this.log({ actor: path, type: "call.started", data: { call_id, name: "T", attempt: 1 } });
      this.log({
        actor: path,
        type: "call.finished",
        data: { call_id, name: "T", output: "", truncated: false },
      });
    } else if (how === "failed") {
      this.log({ actor: path, type: "call.failed", data: { call_id, name: "T", error: "x" } });
    } else this.log({ actor: path, type: "call.interrupted", data: { call_id, name: "T", reason: "x" } });
  }

  /** Does one thing that is owed or under way; false when there is none. */
  act(): boolean {
    const owed = Object.values(this.state.effects).filter(({ actor, kind }) =>
      actor === path && kind !== "call.review" && kind !== "call.run"
    );
    const agents = Object.keys(this.state.children).filter((child) => this.state.agents[child] !== undefined);
    const calls = Object.keys(this.state.calls);
    const things = owed.length + agents.length + calls.length;
    if (things === 0) return false;
    const pick = this.chance(things);
    const effect = owed[pick];
    if (effect !== undefined) this.#make(effect);
    else {
      const how = this.chance(4) === 0 ? "failed" : "finished";
      const agent = agents[pick - owed.length];
      const call = calls[pick - owed.length - agents.length];
      if (agent !== undefined) this.endAgent(agent, how);
      else if (call !== undefined) this.endCall(call, how);
    }
    return true;
  }

  #make({ kind, params }: PendingEffect): void {
    const text = (name: string): string => String(params[name]);
    if (kind === "agent.start") {
      const actor = text("agent");
      const agent = actor.slice(actor.lastIndexOf(":") + 1);
      const data = { agent, parent: path, description: "d", prompt: "p", kind: "task" } as const;
      return void this.#must({ actor, type: "agent.started", data });
    }
    if (kind === "call.propose") {
      const data = { call_id: text("call_id"), name: "T", args: {}, by: "supervisor" } as const;
      return void this.#must({ actor: path, type: "call.proposed", data });
    }
    if (kind === "timer.wait") {
      return void this.#must({ actor: path, type: "timer.fired", data: { timer_id: text("timer_id") } });
    }
    if (kind !== "supervisor.say") throw new Error(`Nobody makes "${kind}"`);
    if (params.say === "start") return this.#start(params);
    if (params.say === "end") return this.#end(params);
    const data = {
      key: text("key"),
      workflow: "w",
      // The machine's own word.
      outcome: params.outcome as "completed",
      reason: text("reason"),
      outputs: {},
    };
    this.#must({ actor: path, type: "workflow.finished", data });
  }

  #start(params: PendingEffect["params"]): void {
    const ids = {
      key: String(params.key),
      node: String(params.node),
      run: String(params.run),
      attempt: Number(params.attempt),
    };
    if (this.chance(20) === 0) return this.#fail({ ...params, retries: false });
    const place = this.#plan.ids.indexOf(ids.node);
    const isEach = this.#plan.more[place]?.each !== undefined && Number(params.item) < 0;
    const items = isEach ? { items: this.chance(5) } : {};
    this.#must({
      actor: path,
      type: "workflow.node_started",
      data: { ...ids, visit: Number(params.visit), ...items },
    });
  }

  #end(params: PendingEffect["params"]): void {
    if (params.how !== "done" || this.chance(10) === 0) return this.#fail(params);
    const { key, node, run } = {
      key: String(params.key),
      node: String(params.node),
      run: String(params.run),
    };
    const next = this.#next(params);
    this.#must({ actor: path, type: "workflow.node_finished", data: { key, node, run, output: null, next } });
  }

  #fail(params: PendingEffect["params"]): void {
    const retries = params.retries === true;
    const data = {
      key: String(params.key),
      node: String(params.node),
      run: String(params.run),
      attempt: Number(params.attempt),
      error: "x",
      retries,
      after_ms: Number(params.after_ms ?? 0),
      next: retries || this.chance(2) === 0 ? [] : this.#next(params),
    };
    this.#must({ actor: path, type: "workflow.node_failed", data });
  }

  #next(params: PendingEffect["params"]): string[] {
    if (Number(params.item) >= 0) return [];
    const place = this.#plan.ids.indexOf(String(params.node));
    return (this.#plan.to[place] ?? []).filter(() => this.chance(3) > 0).map((to) =>
      this.#plan.ids[to] ?? ""
    );
  }

  #must(draft: FactDraft): void {
    if (!this.log(draft)) throw new Error(`"${draft.type}" was refused: ${JSON.stringify(draft.data)}`);
  }
}

function play({ plan, chances, breaks }: Scenario): void {
  const world = new World({ plan, chances, breaks });
  let steps = 0;
  const left = [...breaks].sort((a, b) => a.after - b.after);
  for (; steps < stepsMax; steps++) {
    holds(world, plan);
    if (world.value === "ended") break;
    while (left[0] !== undefined && left[0].after <= steps) interfere(world, left.shift()?.what);
    if (world.value === "paused" && world.chance(6) === 0) {
      world.log({ actor: path, type: "workflow.resumed", data: { by: "me" } });
    }
    if (!world.act()) {
      if (world.value !== "paused") throw new Error(`It stands still: ${JSON.stringify(world.context)}`);
      world.log({ actor: path, type: "workflow.resumed", data: { by: "me" } });
    }
  }
  if (world.value !== "ended") throw new Error(`It does not end: ${JSON.stringify(world.context)}`);
  checkRuns(world.facts);
}

function interfere(world: World, what: "pause" | "cancel" | "fork" | undefined): void {
  if (what === "pause") world.log({ actor: path, type: "workflow.paused", data: { by: "me" } });
  else if (what === "cancel") {
    world.log({ actor: path, type: "turn.cancelled", data: { by: "me", outcome: "cancelled" } });
  } else {
    world.log({
      actor: "main",
      type: "session.forked",
      data: { session_id: "t", from: "s", at: world.state.seq },
    });
    // In a fork nothing runs that ran before.
    for (const child of Object.keys(world.state.agents)) {
      if (child !== "main") world.endAgent(child, "stopped");
    }
    for (const call of Object.keys(world.state.calls)) world.endCall(call, "interrupted");
  }
}

/** What is true after every fact. */
function holds({ context, state }: World, plan: WorkflowPlan): void {
  const atWork = Object.values(state.children).filter(({ snapshot }) =>
    !["finished", "failed", "stopped"].includes(String(snapshot.value))
  );
  const under = atWork.length + Object.keys(state.calls).length;
  if (under > plan.max_parallel) throw new Error(`${under} run at once, the most are ${plan.max_parallel}`);
  for (const [place, visits] of context.visits.entries()) {
    const most = plan.more[place]?.max_visits ?? 1;
    if (visits > most) {
      throw new Error(`"${plan.ids[place]}" was visited ${visits} times, the most are ${most}`);
    }
  }
}

/** Every run ends exactly once and never begins again; the end says why. */
function checkRuns(facts: readonly Fact[]): void {
  const open = new Set<string>();
  const ended = new Set<string>();
  for (const fact of facts) {
    if (fact.type === "workflow.node_started") {
      if (ended.has(fact.data.run)) throw new Error(`"${fact.data.run}" begins again`);
      open.add(fact.data.run);
    } else if (
      fact.type === "workflow.node_finished" || (fact.type === "workflow.node_failed" && !fact.data.retries)
    ) {
      if (ended.has(fact.data.run)) throw new Error(`"${fact.data.run}" ends twice`);
      ended.add(fact.data.run);
      open.delete(fact.data.run);
    }
  }
  if (open.size > 0) throw new Error(`These have no end: ${[...open].join(", ")}`);
  const last = facts.at(-1);
  if (last?.type !== "workflow.finished") throw new Error("The last fact is not the end");
  const { outcome, reason } = last.data;
  const failed = facts.some((fact) => fact.type === "workflow.node_failed" && !fact.data.retries);
  if (outcome === "failed" && reason === "" && !failed) throw new Error("It failed and does not say why");
}

it(
  `${runs} workflows: each run ends once, nothing stands still, limits of visits and of parallel runs hold`,
  {
    timeout: 600_000,
  },
  () => {
    fc.assert(fc.property(scenario, play), { numRuns: runs, seed: 20_261_121 });
    expect(runs).toBeGreaterThan(0);
  },
);
