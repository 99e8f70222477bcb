// A workflow that was edited while it was paused: what is known of its nodes, in the places of the new graph.
import type { WorkflowPlan } from "../src/protocol/workflow_facts.ts";
import type { Run, WorkflowContext } from "./workflow_context.ts";
import { type Arrivals, graphOf } from "./workflow_graph.ts";

/** Nodes that have begun, or are about to: they must be there, carried out in the same way. */
export function lostNodes(context: WorkflowContext, plan: WorkflowPlan): string[] {
  const { plan: before, visits, runs, queue } = context;
  const graph = graphOf(plan);
  const begun = new Set<number>([
    ...visits.flatMap((count, node) => count > 0 ? [node] : []),
    ...Object.values(runs).map(({ node }) => node),
    ...queue.flatMap((entry) => typeof entry === "number" ? [] : [entry.node]),
  ]);
  return [...begun].filter((node) => {
    const place = graph.place(before.ids[node] ?? "");
    const isEach = (given: WorkflowPlan, at: number) => graphOf(given).more(at).each !== undefined;
    return place < 0 || plan.kinds[place] !== before.kinds[node] ||
      isEach(plan, place) !== isEach(before, node);
  }).map((node) => before.ids[node] ?? "");
}

export function placesIn(
  context: WorkflowContext,
  plan: WorkflowPlan,
): Pick<WorkflowContext, "plan" | "visits" | "arrived" | "spent" | "queue" | "runs"> {
  const { plan: before, visits, arrived, spent, queue, runs } = context;
  const graph = graphOf(plan);
  const old = graphOf(before);
  const moved = (node: number): number => graph.place(before.ids[node] ?? "");
  const movedRun = (run: Run): Run => ({ ...run, node: moved(run.node) });
  const movedArrivals = (table: Arrivals): Arrivals =>
    Object.fromEntries(
      Object.entries(table).map(([node, places]): [number, number[]] => [
        moved(Number(node)),
        places.map(moved).filter((place) => place >= 0),
      ]).filter(([node, places]) => node >= 0 && places.length > 0),
    );
  return {
    plan,
    visits: plan.ids.map((id) => visits[old.place(id)] ?? 0),
    arrived: movedArrivals(arrived),
    spent: movedArrivals(spent),
    queue: queue.map((entry) => typeof entry === "number" ? moved(entry) : movedRun(entry))
      .filter((entry) => typeof entry !== "number" || entry >= 0),
    runs: Object.fromEntries(Object.entries(runs).map(([key, run]) => [key, movedRun(run)])),
  };
}
