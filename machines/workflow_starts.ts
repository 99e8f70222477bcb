// How runs of a workflow start: what is ready, as far as there is room, and how each kind of node is carried out.
import { ask, decision, type Draft, isEach, putRun, type Run, runName, termsOf } from "./workflow_context.ts";
import { arrive, graphOf, released, without } from "./workflow_graph.ts";
import { stop } from "./workflow_ends.ts";

/** Own facts in a row before others have their turn: all of them are one write, and nobody else is heard meanwhile. */
const streakMax = 100;

/** The edges that a node took. */
export function takeEdges(draft: Draft, from: number, next: readonly string[]): void {
  const graph = graphOf(draft.plan);
  for (const id of next) {
    const to = graph.place(id);
    if (to < 0) continue;
    const { starts, ...joins } = arrive(graph, draft, { from, to });
    Object.assign(draft, joins);
    if (starts) draft.queue = [...draft.queue, to];
  }
}

/** Starts whatever can start now. */
export function pump(draft: Draft): void {
  if (draft.stop !== null || draft.paused) return;
  let room = draft.plan.max_parallel - occupied(draft);
  // What is queued comes first anyway, so nobody looks for more before.
  if (room > 0 && draft.queue.length === 0) releaseJoins(draft);
  while (room > 0 && draft.stop === null) {
    const ready = nextReady(draft);
    if (ready === undefined) return;
    if (draft.streak >= streakMax) return breathe(draft);
    ready.take();
    begin(draft, ready.run);
    // The run of an `each` takes no room: its items do.
    if (!isEach(draft, ready.run)) room -= 1;
  }
}

function releaseJoins(draft: Draft): void {
  const graph = graphOf(draft.plan);
  if (Object.keys(draft.arrived).length === 0) return;
  const alive = new Set(Object.values(draft.runs).map(({ node }) => node));
  for (let node = released(graph, draft, alive); node >= 0; node = released(graph, draft, alive)) {
    draft.arrived = without(draft.arrived, node);
    draft.queue = [...draft.queue, node];
    alive.add(node);
  }
}

function occupied(draft: Draft): number {
  return Object.values(draft.runs).filter((run) => run.at !== "waiting" && !isEach(draft, run)).length;
}

function nextReady(draft: Draft): { run: Run; take: () => void } | undefined {
  const [first] = draft.queue;
  if (first !== undefined) {
    const run = typeof first === "number" ? visit(draft, first) : first;
    return { run, take: () => draft.queue = draft.queue.slice(1) };
  }
  for (const [key, items] of Object.entries(draft.each)) {
    const owner = draft.runs[key];
    if (owner?.at !== "working" || owner.late || items.failed) continue;
    const { max_parallel = 1 } = graphOf(draft.plan).more(owner.node).each ?? {};
    const [again, ...others] = items.again;
    if (items.live >= max_parallel || (again === undefined && items.next >= items.total)) continue;
    const place = again ?? { item: items.next, attempt: 1, failures: 0 };
    const after = again === undefined
      ? { ...items, next: items.next + 1, live: items.live + 1 }
      : { ...items, again: others, live: items.live + 1 };
    const take = () => draft.each = { ...draft.each, [key]: after };
    return { run: { ...fresh(owner.node, owner.visit), ...place }, take };
  }
  return undefined;
}

function visit(draft: Draft, node: number): Run {
  return fresh(node, (draft.visits[node] ?? 0) + 1);
}

function fresh(node: number, visit: number): Run {
  return { node, visit, item: -1, attempt: 1, failures: 0, at: "starting", ref: "", late: false };
}

function begin(draft: Draft, run: Run): void {
  const id = draft.plan.ids[run.node] ?? "";
  if (run.item < 0 && run.attempt === 1) {
    const { max_visits = 1 } = graphOf(draft.plan).more(run.node);
    if (max_visits > 0 && run.visit > max_visits) {
      const reason = `node "${id}" would start once more, and its max_visits is ${max_visits}`;
      return stop(draft, { outcome: "failed", reason, run: "" });
    }
    draft.visits = draft.visits.with(run.node, run.visit);
  }
  putRun(draft, { ...run, at: "starting", ref: "", late: false });
  ask(draft, "supervisor.say", {
    key: decision(draft, run, "start"),
    say: "start",
    node: id,
    run: runName(draft, run),
    visit: run.visit,
    attempt: run.attempt,
    item: run.item,
  });
}

function breathe(draft: Draft): void {
  if (draft.breath !== "") return;
  draft.breath = `${draft.actor}#breath-${draft.seq}`;
  ask(draft, "timer.wait", { timer_id: draft.breath, at: draft.at, after_ms: 0 });
}

/** The fact that a run has started: whoever carries it out begins. */
export function carryOut(draft: Draft, key: string, run: Run): "ends" | "works" {
  const kind = draft.plan.kinds[run.node];
  if (kind === "value") return "ends";
  const again = run.attempt > 1 ? `~${run.attempt}` : "";
  const below = `${draft.actor.slice("workflow:".length)}.${key}${again}`;
  const ref = kind === "agent"
    ? `${draft.actor}/agent:${key}${again}`
    : kind === "call"
    ? `w${draft.seq}`
    : `${kind}:${below}`;
  putRun(draft, { ...run, at: "working", ref });
  if (kind === "agent") ask(draft, "agent.start", { agent: ref, run: key });
  else if (kind === "call") ask(draft, "call.propose", { call_id: ref, run: key });
  else ask(draft, "supervisor.start", { supervisor: ref, run: key });
  limit(draft, { ...run, ref });
  return "works";
}

/** The time that one attempt may take. */
export function limit(draft: Draft, run: Run): void {
  const { timeout_ms } = termsOf(draft, run);
  if (timeout_ms === undefined) return;
  ask(draft, "timer.wait", { timer_id: decision(draft, run, "limit"), at: draft.at, after_ms: timeout_ms });
}
