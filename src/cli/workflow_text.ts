// Workflows in words: a line for each node with its state and time, and one for the whole.
import type { WorkflowNodeView, WorkflowView } from "../protocol/workflow_views.ts";
import { neutralLine, shortLine } from "./neutral.ts";
import type { Colours } from "./terminal.ts";

const marks: Readonly<Record<WorkflowNodeView["state"], string>> = {
  pending: "·",
  running: "▸",
  waiting: "…",
  finished: "✓",
  failed: "✗",
};

interface Style {
  colours: Colours;
  columns: number;
  now: number;
}

export function workflowHead(view: WorkflowView, { colours, now }: Style): string {
  const ended = view.nodes.filter(({ state }) => state === "finished" || state === "failed").length;
  const time = spanText(view.started_at, view.ended_at, now);
  const name = neutralLine(`${view.name} (${view.workflow})`);
  return `${colours.bold(name)} ${
    stateText(view.state, colours)
  }, ${ended} of ${view.nodes.length} nodes, ${time}`;
}

export function stateText(state: WorkflowView["state"], colours: Colours): string {
  if (state === "completed") return colours.green(state);
  return state === "failed" || state === "limit" ? colours.red(state) : colours.yellow(state);
}

export function nodeLines(view: WorkflowView, style: Style): string[] {
  const width = Math.max(...view.nodes.map(({ node }) => node.length));
  return view.nodes.map((node) => nodeLine(node, width, style));
}

function nodeLine(node: WorkflowNodeView, width: number, { colours, columns, now }: Style): string {
  const { state, started_at, ended_at, visits, items, error, kind } = node;
  const paint = {
    pending: colours.dim,
    running: colours.cyan,
    waiting: colours.yellow,
    finished: colours.green,
    failed: colours.red,
  };
  const parts = [
    state === "pending" ? "" : state,
    started_at === null ? "" : spanText(started_at, ended_at, now),
    visits > 1 ? `visit ${visits}` : "",
    items === null
      ? ""
      : `${items.ended}/${items.total} items${items.failed > 0 ? `, ${items.failed} failed` : ""}`,
    error === null ? "" : neutralLine(error),
  ].filter((part) => part !== "");
  const head = `${marks[state]} ${node.node.padEnd(width)}  ${kind.padEnd(9)}`;
  return paint[state](shortLine(`${head} ${parts.join(", ")}`.trimEnd(), columns - 1));
}

/** How long something took, or has taken so far. */
export function spanText(from: string, to: string | null, now: number): string {
  const ms = Math.max(0, (to === null ? now : Date.parse(to)) - Date.parse(from));
  if (ms < 10_000) return `${(ms / 1_000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1_000);
  return seconds < 120 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}
