// The tree of a session's actors as lines for a terminal: who there is, what each does and waits for, and its mailbox.
import type { ActorState, ActorView, ActorWait } from "../protocol/tree_views.ts";
import { neutralLine, shortLine } from "./neutral.ts";
import type { Colours } from "./terminal.ts";

export interface TreeTextOptions {
  colours: Colours;
  columns: number;
  /** Left out: all of them. */
  linesMax?: number;
  /** Each actor's unread mail below it. */
  withMail?: boolean;
  /** ms since the epoch; left out: it is not said for how long somebody works or waits. */
  now?: number;
}

const nameWidthMax = 36;
const mailShownMax = 5;
const doingWidthMin = 12;

/** No line is wider than the terminal, as far as characters have one column. */
export function treeLines(tree: readonly ActorView[], options: TreeTextOptions): string[] {
  const { linesMax = Infinity, withMail = false, columns } = options;
  const shown = chosen(tree, linesMax);
  const lefts = branches(shown).map((branch, i) => leftOf(branch, shown[i]));
  const width = Math.min(
    nameWidthMax,
    Math.floor(columns * 0.45),
    Math.max(0, ...lefts.map(({ length }) => length)),
  );
  const lines = shown.flatMap((actor, i) => [
    row(actor, shortLine(lefts[i] ?? "", width).padEnd(width), options),
    ...withMail ? mailLines(actor, options) : [],
  ]);
  const left = tree.length - shown.length;
  return left === 0 ? lines : [...lines, options.colours.dim(`… ${left} more`)];
}

/** Words for what an actor does, without colours: `waiting for approval: Bash`. */
export function doingText(
  { state, detail, waits_for }: Pick<ActorView, "state" | "detail" | "waits_for">,
): string {
  const head = state === "waiting" && waits_for !== undefined ? waitWords[waits_for] : state;
  return detail === "" || detail === "paused" ? head : `${head}: ${neutralLine(oneLine(detail))}`;
}

/** Words over several lines as they would stand in one. */
function oneLine(text: string): string {
  return text.trim().replaceAll(/\s*\n\s*/g, " ");
}

const waitWords: { readonly [wait in ActorWait]: string } = {
  approval: "waits for approval",
  question: "waits for an answer",
  budget: "waits at a limit",
  resume: "paused",
  timer: "waits",
  task: "waits for others",
};

/** `2 work, 1 waits`; "" when all rest. */
export function countText({ working, waiting }: { working: number; waiting: number }): string {
  const said = [
    ...working === 0 ? [] : [`${working} ${working === 1 ? "works" : "work"}`],
    ...waiting === 0 ? [] : [`${waiting} ${waiting === 1 ? "waits" : "wait"}`],
  ];
  return said.join(", ");
}

/** One line about all of them. */
export function treeSummary(tree: readonly ActorView[]): string {
  const count = (state: ActorState) => tree.filter((actor) => actor.state === state).length;
  const now = countText({ working: count("working"), waiting: count("waiting") });
  return `${tree.length} ${tree.length === 1 ? "actor" : "actors"}${now === "" ? ", all rest" : `, ${now}`}`;
}

const marks: { readonly [state in ActorState]: string } = {
  idle: "○",
  working: "●",
  waiting: "◐",
  done: "✓",
  failed: "✗",
  stopped: "■",
};

export function stateTint(
  state: ActorState,
  { cyan, dim, green, red, yellow }: Colours,
): (text: string) => string {
  if (state === "working") return cyan;
  if (state === "waiting") return yellow;
  if (state === "failed" || state === "stopped") return red;
  return state === "done" ? green : dim;
}

function leftOf(branch: string, actor: ActorView | undefined): string {
  if (actor === undefined) return branch;
  const { kind, name, state } = actor;
  const word = kind === "team" || kind === "workflow" ? `${kind} ` : "";
  return `${branch}${marks[state]} ${word}${neutralLine(name)}`;
}

function row(actor: ActorView, left: string, { colours, columns, now }: TreeTextOptions): string {
  const { state, unread, usage, role, description, since } = actor;
  const busy = state === "working" || state === "waiting";
  const asides = [
    ...unread === 0 ? [] : [`✉ ${unread}`],
    ...busy && now !== undefined && since.at !== "" ? [elapsed(now - Date.parse(since.at))] : [],
    ...tokens(usage),
  ];
  const placeFor = () => columns - 2 - left.length - asides.reduce((sum, aside) => sum + aside.length + 2, 0);
  // What it does matters more than what it used.
  while (asides.length > 0 && placeFor() < doingWidthMin) asides.pop();
  const right = asides.join("  ");
  const place = placeFor();
  const doing = shortLine(doingText(actor), Math.max(1, place));
  // The first line says what it is about; what follows may be long.
  const about = neutralLine((role ?? description).trim().split("\n", 1)[0] ?? "");
  const rest = place - doing.length - 3;
  const more = about === "" || rest < 8 ? "" : ` · ${shortLine(about, rest)}`;
  const gap = right === "" ? "" : " ".repeat(Math.max(2, place + 2 - doing.length - more.length));
  return `${left} ${stateTint(state, colours)(doing)}${colours.dim(more)}${gap}${colours.dim(right)}`
    .trimEnd();
}

function mailLines({ mailbox, unread }: ActorView, { colours, columns }: TreeTextOptions): string[] {
  const shown = mailbox.slice(0, mailShownMax).map(({ from, seq, text }) =>
    colours.dim(`      ${shortLine(`✉ #${seq} from ${from}: ${oneLine(text)}`, columns - 7)}`)
  );
  const more = unread - shown.length;
  return more > 0 ? [...shown, colours.dim(`      … ${more} more`)] : shown;
}

/** When not all have a place: those that live and those above them first, then the newest. */
function chosen(tree: readonly ActorView[], linesMax: number): readonly ActorView[] {
  if (tree.length <= linesMax) return tree;
  const byPath = new Map(tree.map((actor) => [actor.path, actor]));
  const wanted = new Set<ActorView>();
  const take = (actor: ActorView): void => {
    const line: ActorView[] = [];
    for (let one: ActorView | undefined = actor; one !== undefined && !wanted.has(one);) {
      line.push(one);
      one = one.parent === null ? undefined : byPath.get(one.parent);
    }
    if (wanted.size + line.length < linesMax) { for (const one of line) wanted.add(one); }
  };
  const rank = ({ state }: ActorView) => ["waiting", "working", "failed", "idle"].indexOf(state) + 1 || 9;
  [...tree].sort((a, b) => rank(a) - rank(b) || b.since.seq - a.since.seq).forEach(take);
  return tree.filter((actor) => wanted.has(actor));
}

/** The lines that show who is below whom, for actors in tree order. */
function branches(tree: readonly ActorView[]): string[] {
  const below = Map.groupBy(tree, ({ parent }) => parent);
  const isLast = (actor: ActorView) => below.get(actor.parent)?.at(-1) === actor;
  const byPath = new Map(tree.map((actor) => [actor.path, actor]));
  return tree.map((actor) => {
    let branch = "";
    for (let one: ActorView | undefined = actor; one?.parent !== null && one !== undefined;) {
      const parent: ActorView | undefined = byPath.get(one.parent);
      if (parent === undefined) break;
      branch = (one === actor ? (isLast(one) ? "└ " : "├ ") : isLast(one) ? "  " : "│ ") + branch;
      one = parent;
    }
    return branch;
  });
}

function tokens({ input_tokens, output_tokens, cost_usd }: ActorView["usage"]): string[] {
  const sum = input_tokens + output_tokens;
  if (sum === 0) return [];
  const cost = cost_usd === undefined || cost_usd === 0 ? [] : [`$${cost_usd.toFixed(2)}`];
  return [sum < 1000 ? `${sum} tok` : `${(sum / 1000).toFixed(1)}k tok`, ...cost];
}

function elapsed(ms: number): string {
  const s = Math.max(0, Math.floor(ms / 1000));
  if (s < 60) return `${s} s`;
  return s < 3600 ? `${Math.floor(s / 60)} min` : `${Math.floor(s / 3600)} h`;
}
