// What the machine of a workflow keeps between two facts: the graph, counters and what is under way. No words: inputs,
// outputs and errors stay in the log, and the voice of the workflow reads them there.
import type { SupervisorOutcome } from "../src/protocol/supervisor_facts.ts";
import type { WorkflowPlan } from "../src/protocol/workflow_facts.ts";
import { type Arrivals, graphOf, type PlanMore } from "./workflow_graph.ts";
import type { EffectRequest } from "./step.ts";

/** One visit of one node, or one item of an `each`: it begins once, perhaps in several attempts, and ends once. */
export interface Run {
  node: number;
  visit: number;
  /** -1: the node itself. */
  item: number;
  attempt: number;
  failures: number;
  /** `starting` and `ending` wait for their fact, `working` for what carries it out, `waiting` for its next attempt. */
  at: "starting" | "working" | "waiting" | "ending";
  /** The agent, the call or the supervisor that carries it out. */
  ref: string;
  /** Its time is over. */
  late: boolean;
}

/** The items of an `each`. */
export interface Items {
  total: number;
  next: number;
  /** Items that are to begin again. */
  again: readonly Pick<Run, "item" | "attempt" | "failures">[];
  live: number;
  failed: boolean;
}

/** Why a workflow ends before its graph does: in words, or by the run whose error says it. */
export interface Stop {
  outcome: SupervisorOutcome;
  reason: string;
  run: string;
}

export interface WorkflowContext {
  actor: string;
  plan: WorkflowPlan;
  visits: readonly number[];
  arrived: Arrivals;
  spent: Arrivals;
  /** Nodes that are to start, and runs that are to begin again. */
  queue: readonly (number | Run)[];
  runs: Readonly<Record<string, Run>>;
  each: Readonly<Record<string, Items>>;
  paused: boolean;
  /** Paused in a fork: what ran before runs in the other session. */
  forked: boolean;
  stop: Stop | null;
  finishing: boolean;
  /** Own facts since something outside was heard: after many of them it lets others have their turn. */
  streak: number;
  breath: string;
  requests: readonly EffectRequest[];
}

/** A context while it is changed: everything below is replaced, never written into. */
export type Draft = { -readonly [K in keyof WorkflowContext]: WorkflowContext[K] } & {
  requests: EffectRequest[];
  at: string;
  seq: number;
};

/** The name of a run: `review.1`, and `files.1.4` for the item at 4. */
export function runName({ plan }: Pick<WorkflowContext, "plan">, { node, visit, item }: Run): string {
  return `${plan.ids[node]}.${visit}${item < 0 ? "" : `.${item}`}`;
}

/** Unique in the session: the key of a decision about an attempt of a run, or the name of one of its timers. */
export function decision(
  { actor, plan }: Pick<WorkflowContext, "actor" | "plan">,
  run: Run,
  what: "start" | "end" | "retry" | "limit",
): string {
  return `${actor}#${runName({ plan }, run)}~${run.attempt}:${what}`;
}

export function finishKey({ actor }: Pick<WorkflowContext, "actor">): string {
  return `${actor}#finish`;
}

export function ask(draft: Draft, kind: string, params: Record<string, string | number | boolean>): void {
  draft.requests.push({ kind, params });
}

export function putRun(draft: Draft, run: Run): void {
  draft.runs = { ...draft.runs, [runName(draft, run)]: run };
}

/** The items that a run belongs to; undefined when it is no item. */
export function parentOf(draft: Draft, run: Run): string | undefined {
  return run.item < 0 ? undefined : runName(draft, { ...run, item: -1 });
}

/** What holds for one attempt of a run: that of the inner node for an item. */
export function termsOf(draft: Draft, run: Run): Pick<PlanMore, "retry" | "timeout_ms"> {
  const more = graphOf(draft.plan).more(run.node);
  return run.item < 0 ? more : more.each ?? more;
}

export function isEach(draft: Draft, run: Run): boolean {
  return run.item < 0 && graphOf(draft.plan).more(run.node).each !== undefined;
}
