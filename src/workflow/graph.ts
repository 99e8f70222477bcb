// What can be told from the nodes and edges alone: loops and their limits, what leads to what, what is never reached.
import { edgesOf, startOf, type WorkflowDefinition } from "./definition.ts";
import { limits } from "./nodes.ts";

export interface Graph {
  nodes: string[];
  /** As `edgesOf` gives them; `closesLoop`: its target comes before its source, so nobody waits for it. */
  edges: (GraphEdge & { closesLoop: boolean })[];
  start: string[];
  /** Of each node: how often it may start in one run. */
  visitsMax: Record<string, number>;
}
interface GraphEdge {
  from: string;
  to: string;
}

/** The graph of a definition whose edges name nodes that exist. */
export function graphOf(definition: WorkflowDefinition): Graph {
  const nodes = Object.keys(definition.nodes);
  const edges = edgesOf(definition);
  const start = startOf(definition);
  const closing = loopEdges(nodes, edges, start);
  const inLoop = nodesInLoops(nodes, edges);
  return {
    nodes,
    start,
    edges: edges.map((edge, index) => ({ ...edge, closesLoop: closing.has(index) })),
    visitsMax: Object.fromEntries(
      Object.entries(definition.nodes).map((
        [id, { max_visits }],
      ) => [id, max_visits ?? (inLoop.has(id) ? limits.visits : 1)]),
    ),
  };
}

/** Every node that these lead to, themselves included only when they are reached again or `withStart`. */
export function reachedFrom(
  start: readonly string[],
  next: ReadonlyMap<string, readonly string[]>,
  { withStart }: { withStart: boolean },
): Set<string> {
  const reached = new Set<string>(withStart ? start : []);
  const open = [...start];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    for (const to of next.get(id) ?? []) {
      if (reached.has(to)) continue;
      reached.add(to);
      open.push(to);
    }
  }
  return reached;
}

export function nextOf(edges: readonly GraphEdge[]): Map<string, string[]> {
  return group(edges, ({ from, to }) => [from, to]);
}

export function previousOf(edges: readonly GraphEdge[]): Map<string, string[]> {
  return group(edges, ({ from, to }) => [to, from]);
}

/** A loop that nothing ends: no node and no edge of it says `max_visits`. In the order of its edges. */
export function endlessLoop(definition: WorkflowDefinition): string[] | undefined {
  const isFree = (id: string) => definition.nodes[id]?.max_visits === undefined;
  const free = edgesOf(definition).filter(({ from, to, max_visits }) =>
    max_visits === undefined && isFree(from) && isFree(to)
  );
  const nodes = Object.keys(definition.nodes);
  const loop = nodesInLoops(nodes, free);
  const [first] = nodes.filter((id) => loop.has(id));
  return first === undefined ? undefined : pathBack(first, nextOf(free));
}

/** The shortest way from a node to itself. */
function pathBack(from: string, next: ReadonlyMap<string, readonly string[]>): string[] {
  const cameFrom = new Map<string, string>();
  const open = [from];
  for (const id of open) {
    for (const to of next.get(id) ?? []) {
      if (to === from) {
        const path = [id];
        for (let at = id; at !== from; path.unshift(at)) at = cameFrom.get(at) ?? from;
        return path;
      }
      if (!cameFrom.has(to)) open.push(cameFrom.set(to, id) && to);
    }
  }
  return [from];
}

/** Nodes that lead to themselves: those of strongly connected parts with an edge inside (Tarjan, without recursion). */
export function nodesInLoops(nodes: readonly string[], edges: readonly GraphEdge[]): Set<string> {
  const next = nextOf(edges);
  const found = new Set(edges.filter(({ from, to }) => from === to).map(({ from }) => from));
  const order = new Map<string, number>();
  const low = new Map<string, number>();
  const stack: string[] = [];
  const onStack = new Set<string>();
  const close = (id: string) => {
    if (low.get(id) !== order.get(id)) return;
    const part = stack.splice(stack.lastIndexOf(id));
    for (const member of part) {
      onStack.delete(member);
      if (part.length > 1) found.add(member);
    }
  };
  for (const root of nodes) {
    walk(root, next, {
      enter: (id) => {
        if (order.has(id)) return false;
        order.set(id, order.size);
        low.set(id, order.size - 1);
        stack.push(id);
        onStack.add(id);
        return true;
      },
      known: (id, to) => {
        if (onStack.has(to)) low.set(id, Math.min(low.get(id) ?? 0, order.get(to) ?? 0));
      },
      leave: (id, parent) => {
        if (parent !== undefined) low.set(parent, Math.min(low.get(parent) ?? 0, low.get(id) ?? 0));
        close(id);
      },
    });
  }
  return found;
}

/** Places of the edges that lead back to a node that is still being walked: the loops' last edges. */
function loopEdges(
  nodes: readonly string[],
  edges: readonly GraphEdge[],
  start: readonly string[],
): Set<number> {
  const next = nextOf(edges);
  const pairs = new Set<string>();
  const seen = new Set<string>();
  const open = new Set<string>();
  for (const root of [...start, ...nodes]) {
    walk(root, next, {
      enter: (id) => {
        if (seen.has(id)) return false;
        seen.add(id);
        open.add(id);
        return true;
      },
      known: (id, to) => {
        if (open.has(to)) pairs.add(`${id} ${to}`);
      },
      leave: (id) => open.delete(id),
    });
  }
  return new Set(edges.flatMap(({ from, to }, index) => pairs.has(`${from} ${to}`) ? [index] : []));
}

interface Walk {
  /** False for a node that is known already. */
  enter(id: string): boolean;
  /** An edge to a node that is known. */
  known(id: string, to: string): void;
  leave(id: string, parent: string | undefined): void;
}

/** Depth first, in the order of the edges. */
function walk(
  root: string,
  next: ReadonlyMap<string, readonly string[]>,
  { enter, known, leave }: Walk,
): void {
  if (!enter(root)) return;
  const path = [{ id: root, place: 0 }];
  for (let here = path.at(-1); here !== undefined; here = path.at(-1)) {
    const to = next.get(here.id)?.[here.place++];
    if (to === undefined) {
      path.pop();
      leave(here.id, path.at(-1)?.id);
    } else if (enter(to)) path.push({ id: to, place: 0 });
    else known(here.id, to);
  }
}

function group(
  edges: readonly GraphEdge[],
  pair: (edge: GraphEdge) => [string, string],
): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const edge of edges) {
    const [key, value] = pair(edge);
    const known = groups.get(key);
    if (known === undefined) groups.set(key, [value]);
    else known.push(value);
  }
  return groups;
}
