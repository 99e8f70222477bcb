// A workflow as an SVG picture that stands alone: no script, no link, no font from elsewhere.
import { edgesOf, type WorkflowDefinition, type WorkflowEdge } from "./definition.ts";
import { graphOf } from "./graph.ts";
import { type Item, type Layout, layOut } from "./layout.ts";
import { edgeWords, kindWords, nodesOf, type NodeStates, plainWords, stateMark, stateOf } from "./words.ts";

const [charWidth, boxHeight, layerGap, margin] = [7.5, 46, 44, 24];
const wordsMax = 40;
const loopReach = 36;
const fills: Readonly<Record<string, string>> = {
  running: "#fff3c4",
  waiting: "#fff3c4",
  finished: "#d6f5dd",
  failed: "#fed7d7",
};

/** A graph that is too large to be laid out gives a picture that says so. */
export function svgText(definition: WorkflowDefinition, states?: NodeStates): string {
  const { nodes, edges } = graphOf(definition);
  const words = new Map(
    nodesOf(definition).map(([id, node]) => {
      const state = stateOf(states, id);
      const name = state === undefined ? id : `${stateMark(state)} ${id}`;
      const what = plainWords(
        state === undefined ? kindWords(node) : `${kindWords(node)}, ${state}`,
        wordsMax,
      );
      return [id, {
        name,
        what,
        fill: Object.hasOwn(fills, state ?? "") ? fills[state ?? ""] ?? "" : "#ffffff",
      }];
    }),
  );
  const layout = layOut(nodes, edges.filter(({ closesLoop }) => !closesLoop), {
    widthOf: (id) => {
      const { name = "", what = "" } = words.get(id) ?? {};
      return Math.ceil(Math.max(name.length, what.length) * charWidth + 24);
    },
    gap: 24,
    passWidth: 4,
  });
  if (layout === undefined) {
    return picture(600, 60, definition.name, [text(300, 34, "This workflow is too large for a picture")]);
  }
  const places = placesOf(layout);
  const said = edgesOf(definition).map((edge, index) => ({
    edge,
    closesLoop: edges[index]?.closesLoop === true,
  }));
  const drawn = said.map(({ edge, closesLoop }, index) =>
    drawEdge(edge, { closesLoop, index, places, layout })
  );
  const boxes = [...words].flatMap(([id, { name, what, fill }]) => {
    const place = places.get(id);
    if (place === undefined) return [];
    const { x, y, item } = place;
    return [
      `<rect x="${
        round(x - item.width / 2)
      }" y="${y}" width="${item.width}" height="${boxHeight}" rx="6" fill="${fill}" stroke="#4a5568"/>`,
      text(x, y + 19, name, 'font-weight="bold"'),
      text(x, y + 36, what, 'fill="#4a5568"'),
    ];
  });
  const height = layout.layers.length * (boxHeight + layerGap) - layerGap + 2 * margin;
  // Room at the right for the edges that close loops, and for what stands beside edges.
  const width = layout.width + 2 * margin + loopReach * 2 + 180;
  return picture(width, height, definition.name, [
    ...drawn.flatMap(({ line }) => line),
    ...boxes,
    // Words last: a box must not hide them.
    ...drawn.flatMap(({ words }) => words),
  ]);
}

interface Place {
  x: number;
  y: number;
  item: Item;
}

function placesOf({ layers }: Layout): Map<string, Place> {
  return new Map(
    layers.flatMap((layer, index) =>
      layer.flatMap((item): [string, Place][] =>
        item.id === undefined
          ? []
          : [[item.id, { x: item.x + margin, y: margin + index * (boxHeight + layerGap), item }]]
      )
    ),
  );
}

interface Drawing {
  closesLoop: boolean;
  index: number;
  places: ReadonlyMap<string, Place>;
  layout: Layout;
}

/** The line of an edge, and what stands beside it. */
interface DrawnEdge {
  line: string[];
  words: string[];
}

function drawEdge(edge: WorkflowEdge, { closesLoop, index, places, layout }: Drawing): DrawnEdge {
  const from = places.get(edge.from);
  const to = places.get(edge.to);
  if (from === undefined || to === undefined) return { line: [], words: [] };
  const dashed = edge.on === "failure" ? ' stroke-dasharray="5 4"' : "";
  const words = edgeWords(edge);
  const title = `<title>${escapeXml(`${edge.from} → ${edge.to}${words === "" ? "" : `: ${words}`}`)}</title>`;
  const path = (d: string) =>
    `<path d="${d}" fill="none" stroke="#4a5568"${dashed} marker-end="url(#arrow)">${title}</path>`;
  // An edge of white keeps the words apart from the line that they stand on.
  const look = 'font-size="10" fill="#2b6cb0" stroke="#ffffff" stroke-width="3" paint-order="stroke"';
  const beside = (x: number, y: number, anchor: Anchor) =>
    words === "" ? [] : [text(x, y, short(words), look, anchor)];
  if (closesLoop) {
    // Around all boxes at the right, from side to side.
    const out = layout.width + margin + loopReach * (1 + (index % 3) / 3);
    const [y1, y2] = [from.y + boxHeight / 2, to.y + boxHeight / 2 + (from === to ? -12 : 0)];
    const [x1, x2] = [round(from.x + from.item.width / 2), round(to.x + to.item.width / 2)];
    // Where the curve is at its middle, the words begin beside it.
    const middle = (x1 + x2 + 6 * out) / 8;
    return {
      line: [path(`M ${x1} ${y1} C ${round(out)} ${y1}, ${round(out)} ${y2}, ${x2} ${y2}`)],
      words: beside(middle + 6, (y1 + y2) / 2 + 3, "start"),
    };
  }
  const points = wayOf(from, to);
  const [first, ...rest] = points;
  let d = `M ${round(first?.x ?? 0)} ${first?.y ?? 0}`;
  let [px, py] = [first?.x ?? 0, first?.y ?? 0];
  for (const { x, y } of rest) {
    const middle = round((py + y) / 2);
    d += x === px
      ? ` L ${round(x)} ${y}`
      : ` C ${round(px)} ${middle}, ${round(x)} ${middle}, ${round(x)} ${y}`;
    [px, py] = [x, y];
  }
  const next = rest[0] ?? { x: px, y: py };
  return {
    line: [path(d)],
    words: beside(((first?.x ?? 0) + next.x) / 2, ((first?.y ?? 0) + next.y) / 2, "middle"),
  };
}

/** From box to box through the places that the edge has in the layers between. */
function wayOf(from: Place, to: Place): { x: number; y: number }[] {
  const way = findWay(from.item, to.item);
  const points = [{ x: from.x, y: from.y + boxHeight }];
  for (const [index, item] of way.entries()) {
    const y = from.y + (index + 1) * (boxHeight + layerGap);
    points.push({ x: item.x + margin, y }, { x: item.x + margin, y: y + boxHeight });
  }
  return [...points, { x: to.x, y: to.y - 2 }];
}

function findWay(from: Item, to: Item): Item[] {
  for (const start of from.next) {
    const way: Item[] = [];
    let here: Item | undefined = start;
    while (here !== undefined && here.id === undefined) {
      way.push(here);
      here = here.next[0];
    }
    if (here === to) return way;
  }
  return [];
}

function picture(width: number, height: number, title: string, parts: readonly string[]): string {
  const [w, h] = [Math.ceil(width), Math.ceil(height)];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${w}" height="${h}" viewBox="0 0 ${w} ${h}" font-family="sans-serif" font-size="12">`,
    `<title>${escapeXml(title)}</title>`,
    '<defs><marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto"><path d="M 0 0 L 8 4 L 0 8 z" fill="#4a5568"/></marker></defs>',
    `<rect width="${w}" height="${h}" fill="#ffffff"/>`,
    ...parts,
    "</svg>",
    "",
  ].join("\n");
}

type Anchor = "start" | "middle";

function text(x: number, y: number, words: string, more = "", anchor: Anchor = "middle"): string {
  return `<text x="${round(x)}" y="${round(y)}" text-anchor="${anchor}"${more === "" ? "" : ` ${more}`}>${
    escapeXml(words)
  }</text>`;
}

function short(words: string): string {
  return words.length <= wordsMax ? words : `${words.slice(0, wordsMax - 1).toWellFormed()}…`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

/** Characters that XML does not know, and those that hide or turn text, become spaces. */
function escapeXml(words: string): string {
  const entities: Record<string, string> = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    '"': "&quot;",
    "'": "&#39;",
  };
  return words.toWellFormed().replace(/\p{Cc}|\p{Cf}|\p{Zl}|\p{Zp}|[\uFFFE\uFFFF]/gu, " ").replace(
    /[&<>"']/g,
    (character) => entities[character] ?? "",
  );
}
