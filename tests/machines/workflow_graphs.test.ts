// Workflows of random graphs, through the real session step: facts go in as the kernel would write them, in random order, with
// failures, slow nodes, pauses, cancels, stops of the daemon and forks. JAMEY_WORKFLOW_RUNS=n plays n of them (10,000 in CI).
import { expect, it } from "vitest";
import fc from "fast-check";
import type { Fact } from "../../src/protocol/facts.ts";
import type { WorkflowPlan } from "../../src/protocol/workflow_facts.ts";
import { path, World } from "../support/workflow_world.ts";

const runs = Number(Deno.env.get("JAMEY_WORKFLOW_RUNS") ?? 10_000);
const stepsMax = 3_000;

/** A stop of the daemon cuts its calls off. */
type Break = "pause" | "cancel" | "stop" | "fork";

interface Scenario {
  plan: WorkflowPlan;
  /** Read one by one, whatever is to be decided; over and over. */
  chances: number[];
  /** After so many steps. */
  breaks: { after: number; what: Break }[];
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
      what: fc.constantFrom<Break>("pause", "pause", "stop", "stop", "fork", "cancel"),
    }),
    { maxLength: 3 },
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

function play({ plan, chances, breaks }: Scenario): void {
  const world = new World({ plan, chances });
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

function interfere(world: World, what: Break | undefined): void {
  if (what === "pause") world.log({ actor: path, type: "workflow.paused", data: { by: "me" } });
  else if (what === "cancel") {
    world.log({ actor: path, type: "turn.cancelled", data: { by: "me", outcome: "cancelled" } });
  } else if (what === "stop") {
    for (const call of Object.keys(world.state.calls)) world.endCall(call, "interrupted");
    // Before what follows is said.
    if (world.chance(4) === 0) interfere(world, "cancel");
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
