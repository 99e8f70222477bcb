// Where the nodes of a graph go in a diagram: layers from top to bottom, few crossings, nodes near what they belong to.
// Edges that pass a layer have a place of their own in it, so that no line runs through a box.

export interface Item {
  /** Undefined for the place of an edge that passes. */
  id: string | undefined;
  /** Of its middle, and how wide it is. */
  x: number;
  width: number;
  /** Items of the next layer that a line goes to. */
  next: Item[];
  previous: Item[];
}
export interface Layout {
  layers: Item[][];
  /** From the left end of the leftmost item, which is at 0, to the right end of the rightmost. */
  width: number;
}
export interface LayoutOptions {
  widthOf: (id: string) => number;
  /** Between two items of a layer. */
  gap: number;
  passWidth: number;
}

const itemsMax = 4_000;
const orderSweeps = 8;
const placeSweeps = 12;

/** The edges must be free of loops. Undefined for a graph that is too large to be looked at. */
export function layOut(
  nodes: readonly string[],
  edges: readonly { from: string; to: string }[],
  options: LayoutOptions,
): Layout | undefined {
  const layers = fillLayers(nodes, edges, options);
  if (layers === undefined) return undefined;
  for (let sweep = 0; sweep < orderSweeps; sweep++) {
    for (const layer of inTurn(layers, sweep)) order(layer, sweep % 2 === 0 ? "previous" : "next");
  }
  for (const layer of layers) place(layer, layer.map(() => 0), options.gap);
  for (let sweep = 0; sweep < placeSweeps; sweep++) {
    for (const layer of inTurn(layers, sweep)) {
      place(
        layer,
        layer.map((item) => meanX(item, sweep % 2 === 0 ? "previous" : "next") ?? item.x),
        options.gap,
      );
    }
  }
  const items = layers.flat();
  const left = Math.min(...items.map(({ x, width }) => x - width / 2));
  for (const item of items) item.x -= left;
  return { layers, width: Math.max(...items.map(({ x, width }) => x + width / 2)) };
}

function fillLayers(
  nodes: readonly string[],
  edges: readonly { from: string; to: string }[],
  { widthOf, passWidth }: LayoutOptions,
): Item[][] | undefined {
  const ranks = ranksOf(nodes, edges);
  const layers: Item[][] = [];
  let count = 0;
  const add = (rank: number, id: string | undefined, width: number): Item => {
    const item: Item = { id, x: 0, width, next: [], previous: [] };
    (layers[rank] ??= []).push(item);
    count++;
    return item;
  };
  const items = new Map<string, Item>();
  for (const id of [...nodes].sort((a, b) => (ranks.get(a) ?? 0) - (ranks.get(b) ?? 0))) {
    items.set(id, add(ranks.get(id) ?? 0, id, widthOf(id)));
  }
  for (const pair of new Set(edges.map(({ from, to }) => `${from} ${to}`))) {
    const [from = "", to = ""] = pair.split(" ");
    let here = items.get(from);
    const target = items.get(to);
    if (here === undefined || target === undefined) continue;
    for (let rank = (ranks.get(from) ?? 0) + 1; rank < (ranks.get(to) ?? 0); rank++) {
      if (count > itemsMax) return undefined;
      here = connect(here, add(rank, undefined, passWidth));
    }
    connect(here, target);
  }
  return count > itemsMax ? undefined : layers;
}

function connect(from: Item, to: Item): Item {
  from.next.push(to);
  to.previous.push(from);
  return to;
}

/** The length of the longest way to each node. */
function ranksOf(
  nodes: readonly string[],
  edges: readonly { from: string; to: string }[],
): Map<string, number> {
  const ranks = new Map(nodes.map((id) => [id, 0]));
  const left = new Map(nodes.map((id) => [id, 0]));
  const next = Map.groupBy(edges, ({ from }) => from);
  for (const { to } of edges) left.set(to, (left.get(to) ?? 0) + 1);
  const open = nodes.filter((id) => left.get(id) === 0);
  for (const id of open) {
    for (const { to } of next.get(id) ?? []) {
      ranks.set(to, Math.max(ranks.get(to) ?? 0, (ranks.get(id) ?? 0) + 1));
      const count = (left.get(to) ?? 0) - 1;
      left.set(to, count);
      if (count === 0) open.push(to);
    }
  }
  return ranks;
}

function inTurn(layers: readonly Item[][], sweep: number): Item[][] {
  return sweep % 2 === 0 ? [...layers] : [...layers].reverse();
}

/** Puts each item near the middle of those that it is connected with. Places in the layer stand for x until x is known. */
function order(layer: Item[], side: "previous" | "next"): void {
  const wanted = new Map(layer.map((item, index) => [item, meanX(item, side) ?? index]));
  layer.sort((a, b) => (wanted.get(a) ?? 0) - (wanted.get(b) ?? 0));
  for (const [index, item] of layer.entries()) item.x = index;
}

function meanX(item: Item, side: "previous" | "next"): number | undefined {
  const others = item[side];
  return others.length === 0 ? undefined : others.reduce((sum, { x }) => sum + x, 0) / others.length;
}

/** As near to the wanted places as the order and the gaps allow: neighbours that would overlap share their mean. */
function place(layer: readonly Item[], wanted: readonly number[], gap: number): void {
  const offsets: number[] = [];
  for (const [index, item] of layer.entries()) {
    const before = layer[index - 1];
    offsets.push(
      before === undefined ? 0 : (offsets[index - 1] ?? 0) + (before.width + item.width) / 2 + gap,
    );
  }
  const blocks: { sum: number; count: number }[] = [];
  for (const [index, want] of wanted.entries()) {
    let block = { sum: want - (offsets[index] ?? 0), count: 1 };
    for (
      let last = blocks.at(-1);
      last !== undefined && last.sum / last.count > block.sum / block.count;
      last = blocks.at(-1)
    ) {
      blocks.pop();
      block = { sum: block.sum + last.sum, count: block.count + last.count };
    }
    blocks.push(block);
  }
  let index = 0;
  for (const { sum, count } of blocks) {
    for (let k = 0; k < count; k++, index++) {
      const item = layer[index];
      if (item !== undefined) item.x = sum / count + (offsets[index] ?? 0);
    }
  }
}
