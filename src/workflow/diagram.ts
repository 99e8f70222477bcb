// A workflow as text for a terminal: boxes in layers with lines between them, and below a list of its edges with what they say.
// What stands outside ASCII in a name is shown as "?" in a box; the caller neutralises the rest as any other text.
import { edgesOf, type WorkflowDefinition } from "./definition.ts";
import { graphOf } from "./graph.ts";
import { type Item, type Layout, layOut } from "./layout.ts";
import { edgeWords, kindWords, nodesOf, type NodeStates, plainWords, stateMark, stateOf } from "./words.ts";

const boxCharsMax = 28;
const boxLines = 4;
const bendMin = 2;

/** `columns`: how wide the terminal is; a workflow that is wider is told as a list. */
export function diagramText(
  definition: WorkflowDefinition,
  { columns, states }: { columns: number; states?: NodeStates },
): string {
  const boxes = new Map(
    nodesOf(definition).map(([id, node]) => {
      const state = stateOf(states, id);
      const name = state === undefined ? id : `${stateMark(state)} ${id}`;
      const what = plainWords(
        state === undefined ? kindWords(node) : `${kindWords(node)}, ${state}`,
        boxCharsMax,
      );
      const width = Math.max(name.length, what.length) + 4;
      // Odd, so that its middle is a character.
      return [id, { lines: [name, what], width: width % 2 === 0 ? width + 1 : width }];
    }),
  );
  const { nodes, edges } = graphOf(definition);
  const layout = layOut(nodes, edges.filter(({ closesLoop }) => !closesLoop), {
    widthOf: (id) => boxes.get(id)?.width ?? 0,
    gap: 2,
    passWidth: 1,
  });
  const drawn = layout === undefined ? undefined : draw(layout, boxes, columns);
  const listed = drawn === undefined ? nodeList(definition, states) : drawn;
  return [...listed, "", ...edgeList(definition)].map((line) => line.trimEnd()).join("\n").trimEnd() + "\n";
}

interface Box {
  lines: string[];
  width: number;
}

function draw({ layers }: Layout, boxes: ReadonlyMap<string, Box>, columns: number): string[] | undefined {
  const middles = wholeColumns(layers);
  const width = Math.max(...layers.flat().map((item) => (middles.get(item) ?? 0) + (item.width - 1) / 2)) + 1;
  if (width > columns) return undefined;
  const lines: string[] = [];
  for (const [index, layer] of layers.entries()) {
    const rows = Array.from({ length: boxLines }, () => Array.from({ length: width }, () => " "));
    for (const item of layer) {
      const middle = middles.get(item) ?? 0;
      const box = item.id === undefined ? undefined : boxes.get(item.id);
      if (box === undefined) { for (const row of rows) row[middle] = "│"; }
      else drawBox(rows, box, { middle, isLast: item.next.length === 0 });
    }
    lines.push(...rows.map((row) => row.join("")));
    if (index < layers.length - 1) lines.push(...connect(layer, middles, width));
  }
  return lines;
}

/** Middles as whole columns; what rounding made overlap is moved to the right. */
function wholeColumns(layers: readonly Item[][]): Map<Item, number> {
  const middles = new Map<Item, number>();
  for (const layer of layers) {
    let free = 0;
    for (const item of layer) {
      const half = (item.width - 1) / 2;
      const [above, ...more] = item.previous;
      const wanted = Math.round(item.x - 0.5);
      const straight = above === undefined || more.length > 0 ? wanted : middles.get(above) ?? wanted;
      // A line that is straight but for a hair's breadth reads worse than a box beside its place.
      const middle = Math.max(Math.abs(straight - wanted) <= bendMin ? straight : wanted, free + half);
      middles.set(item, middle);
      free = middle + half + 2;
    }
  }
  return middles;
}

function drawBox(
  rows: string[][],
  { lines, width }: Box,
  { middle, isLast }: { middle: number; isLast: boolean },
): void {
  const left = middle - (width - 1) / 2;
  const inner = width - 2;
  const bottom = "─".repeat(inner);
  const half = (inner - 1) / 2;
  const texts = [
    `┌${"─".repeat(inner)}┐`,
    ...lines.map((line) => `│ ${line.padEnd(inner - 1)}│`),
    `└${isLast ? bottom : `${bottom.slice(0, half)}┬${bottom.slice(0, half)}`}┘`,
  ];
  for (const [index, text] of texts.entries()) {
    for (const [place, character] of [...text].entries()) {
      const row = rows[index];
      if (row !== undefined) row[left + place] = character;
    }
  }
}

const [up, down, leftward, rightward] = [1, 2, 4, 8];
const glyphs: Readonly<Record<number, string>> = {
  [up | down]: "│",
  [leftward | rightward]: "─",
  [down | rightward]: "┌",
  [down | leftward]: "┐",
  [up | rightward]: "└",
  [up | leftward]: "┘",
  [up | down | rightward]: "├",
  [up | down | leftward]: "┤",
  [down | leftward | rightward]: "┬",
  [up | leftward | rightward]: "┴",
  [up | down | leftward | rightward]: "┼",
};

interface Bus {
  sources: number[];
  targets: number[];
  from: number;
  to: number;
  row: number;
}

/** The lines between a layer and the next. What leads to the same boxes shares a row, beside others that are not in its way. */
function connect(layer: readonly Item[], middles: ReadonlyMap<Item, number>, width: number): string[] {
  const at = (item: Item) => middles.get(item) ?? 0;
  const buses = busesOf(layer, at);
  const height = Math.max(0, ...buses.map(({ row }) => row + 1)) + 1;
  // One grid for each bus: lines of two that only cross are not joined.
  const cells = Array.from({ length: height }, () => Array.from({ length: width }, (): number[] => []));
  for (const { sources, targets, from, to, row } of buses) {
    const own = Array.from({ length: height }, () => Array.from({ length: width }, () => 0));
    const mark = (y: number, x: number, bits: number) => {
      const line = own[y];
      if (line !== undefined) line[x] = (line[x] ?? 0) | bits;
    };
    for (const x of sources) {
      for (let y = 0; y < row; y++) mark(y, x, up | down);
      mark(row, x, up);
    }
    for (let x = from; x < to; x++) {
      mark(row, x, rightward);
      mark(row, x + 1, leftward);
    }
    for (const x of targets) {
      mark(row, x, down);
      for (let y = row + 1; y < height; y++) mark(y, x, up | down);
    }
    for (const [y, line] of own.entries()) {
      for (const [x, bits] of line.entries()) if (bits !== 0) cells[y]?.[x]?.push(bits);
    }
  }
  const arrows = new Set(layer.flatMap(({ next }) => next.filter(({ id }) => id !== undefined).map(at)));
  return cells.map((line, y) =>
    line.map((bits, x) => y === height - 1 && arrows.has(x) ? "▼" : glyph(bits)).join("")
  );
}

function busesOf(layer: readonly Item[], at: (item: Item) => number): Bus[] {
  const leading = layer.filter(({ next }) => next.length > 0);
  const groups = Map.groupBy(leading, ({ next }) => next.map(at).sort((a, b) => a - b).join(" "));
  const buses = [...groups.values()].map((items): Bus => {
    const [sources, targets] = [items.map(at), (items[0]?.next ?? []).map(at)];
    const ends = [...sources, ...targets];
    return { sources, targets, from: Math.min(...ends), to: Math.max(...ends), row: 0 };
  });
  const rowEnds: number[] = [];
  for (const bus of buses.sort((a, b) => a.from - b.from)) {
    const free = rowEnds.findIndex((end) => end < bus.from);
    bus.row = free < 0 ? rowEnds.length : free;
    rowEnds[bus.row] = bus.to + 1;
  }
  return buses;
}

function glyph(lines: readonly number[]): string {
  if (lines.length === 0) return " ";
  const crosses = lines.includes(up | down) && lines.includes(leftward | rightward) &&
    lines.every((bits) => bits === (up | down) || bits === (leftward | rightward));
  if (crosses) return "│";
  return glyphs[lines.reduce((all, bits) => all | bits, 0)] ?? "│";
}

function nodeList(definition: WorkflowDefinition, states: NodeStates | undefined): string[] {
  return nodesOf(definition).map(([id, node]) => {
    const state = stateOf(states, id);
    return state === undefined
      ? `${id} (${kindWords(node)})`
      : `${stateMark(state)} ${id} (${kindWords(node)}, ${state})`;
  });
}

/** Plain edges of a node on one line, others on lines of their own. */
function edgeList(definition: WorkflowDefinition): string[] {
  const { edges } = graphOf(definition);
  const said = edgesOf(definition).map((edge, index) => {
    const loop = edges[index]?.closesLoop === true ? "loop" : "";
    return { ...edge, words: [edgeWords(edge), loop].filter((word) => word !== "").join(", ") };
  });
  return [...Map.groupBy(said, ({ from }) => from)].flatMap(([from, leaving]) => {
    const plain = leaving.filter(({ words }) => words === "").map(({ to }) => to);
    return [
      ...(plain.length === 0 ? [] : [`${from} → ${plain.join(", ")}`]),
      ...leaving.filter(({ words }) => words !== "").map(({ to, words }) => `${from} → ${to}  (${words})`),
    ];
  });
}
