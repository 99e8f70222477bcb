// The graph of a workflow as its machine sees it: which edges a join still waits for, and what leads to it.
import type { WorkflowPlan } from "../src/protocol/workflow_facts.ts";

export type PlanMore = WorkflowPlan["more"][string];

/** What follows from a plan and is asked for often. */
export interface Graph {
  place(id: string): number;
  /** Where the edges of a node come from, without those that close a loop. */
  from(node: number): readonly number[];
  isLoop(from: number, to: number): boolean;
  more(node: number): PlanMore;
  /** Every node that edges lead to from these, over any number of others. */
  reached(from: Iterable<number>): ReadonlySet<number>;
}

const none: PlanMore = {};
/** Plans are frozen and shared by all snapshots of a run: what follows from one is found out once. */
const known = new WeakMap<WorkflowPlan, Graph>();

export function graphOf(plan: WorkflowPlan): Graph {
  const found = known.get(plan);
  if (found !== undefined) return found;
  const made = makeGraph(plan);
  known.set(plan, made);
  return made;
}

function makeGraph(plan: WorkflowPlan): Graph {
  const places = new Map(plan.ids.map((id, place) => [id, place]));
  const loops = new Set(plan.loops.map(([from, to]) => `${from}>${to}`));
  const isLoop = (from: number, to: number): boolean => loops.has(`${from}>${to}`);
  const into: number[][] = plan.ids.map(() => []);
  for (const [from, targets] of plan.to.entries()) {
    for (const to of targets) if (!isLoop(from, to)) into[to]?.push(from);
  }
  return {
    place: (id) => places.get(id) ?? -1,
    from: (node) => into[node] ?? [],
    isLoop,
    more: (node) => plan.more[node] ?? none,
    reached: (from) => {
      const seen = new Set<number>();
      const open = [...from];
      for (let node = open.pop(); node !== undefined; node = open.pop()) {
        for (const to of plan.to[node] ?? []) {
          if (seen.has(to)) continue;
          seen.add(to);
          open.push(to);
        }
      }
      return seen;
    },
  };
}

/** Edges that were taken to nodes that wait for more, and of joins `any` those that count for nothing: by place. */
export type Arrivals = Readonly<Record<string, readonly number[]>>;

export interface Joins {
  arrived: Arrivals;
  spent: Arrivals;
}

/** An edge is taken: the joins after it, and whether its node starts. */
export function arrive(
  graph: Graph,
  { arrived, spent }: Joins,
  { from, to }: { from: number; to: number },
): Joins & { starts: boolean } {
  if (graph.isLoop(from, to)) return { arrived, spent, starts: true };
  const sources = graph.from(to);
  if (graph.more(to).any === true) {
    const ignored = spent[to] ?? [];
    if (ignored.includes(from)) {
      return { arrived, spent: put(spent, to, ignored.filter((other) => other !== from)), starts: false };
    }
    return { arrived, spent: put(spent, to, sources.filter((other) => other !== from)), starts: true };
  }
  const came = new Set([...arrived[to] ?? [], from]);
  const starts = sources.every((source) => came.has(source));
  return { arrived: put(arrived, to, starts ? [] : [...came]), spent, starts };
}

/** A join that still waits although nothing that is `alive` leads to it: it starts with what came. -1: there is none. */
export function released(graph: Graph, { arrived }: Joins, alive: ReadonlySet<number>): number {
  const waiting = Object.keys(arrived).map(Number);
  const first = waiting[0];
  if (first === undefined) return -1;
  const led = graph.reached(alive);
  for (const node of waiting) {
    if (led.has(node)) continue;
    if (!graph.reached(waiting.filter((other) => other !== node)).has(node)) return node;
  }
  // Joins that wait for each other and for nothing else: one of them has to be the first.
  return alive.size === 0 ? first : -1;
}

export function without(table: Arrivals, node: number): Arrivals {
  return put(table, node, []);
}

function put(table: Arrivals, node: number, places: readonly number[]): Arrivals {
  if (places.length > 0) return { ...table, [node]: places };
  const { [node]: _gone, ...others } = table;
  return others;
}
