// The tree of a session kept up to date while it is followed: read again when something happened, not more than ten times a
// second. At a terminal it stays at the bottom; otherwise each actor that changed is a line.
import type { Client } from "../client/client.ts";
import { pause } from "../platform/pause.ts";
import type { ActorView } from "../protocol/tree_views.ts";
import type { BottomArea } from "./bottom_area.ts";
import { shortLine } from "./neutral.ts";
import type { Terminal } from "./terminal.ts";
import { doingText, treeLines, treeSummary } from "./tree_text.ts";

export interface LiveTree {
  /** Something happened. */
  changed(): void;
  /** Resolves when nothing is being read any more. */
  close(): Promise<void>;
}

export interface LiveTreeOptions {
  client: Client;
  session: string;
  terminal: Terminal;
  /** Left out: there is no terminal. */
  area?: BottomArea | undefined;
  signal: AbortSignal;
}

const redrawMs = 100;
const linesMax = 20;

export function openLiveTree({ client, session, terminal, area, signal }: LiveTreeOptions): LiveTree {
  const stop = new AbortController();
  const ended = AbortSignal.any([signal, stop.signal]);
  const seen = new Map<string, string>();
  let started = false;
  let dirty = false;
  let running: Promise<void> | undefined;

  function show(tree: readonly ActorView[]): void {
    const { colours } = terminal;
    if (area !== undefined) {
      const { columns, rows } = sizeOf(terminal);
      const lines = treeLines(tree, {
        colours,
        columns,
        linesMax: Math.max(1, Math.min(linesMax, rows - 6)),
      });
      const head = shortLine(`── ${treeSummary(tree)} `, columns - 1);
      return area.set([colours.dim(head.padEnd(columns - 1, "─")), ...lines]);
    }
    if (!started) {
      treeLines(tree, { colours, columns: terminal.columns }).forEach((line) => terminal.line(line));
    }
    for (const actor of tree) {
      const doing = doingText(actor) + (actor.unread === 0 ? "" : `, ${actor.unread} unread`);
      const isNews = seen.get(actor.path) !== doing;
      seen.set(actor.path, doing);
      if (started && isNews) {
        terminal.line(shortLine(`      tree: ${actor.path} ${doing}`, terminal.columns - 1));
      }
    }
    started = true;
  }

  async function run(): Promise<void> {
    while (dirty && !ended.aborted) {
      dirty = false;
      try {
        const { tree } = await client.tree(session, undefined, ended);
        if (!ended.aborted) show(tree);
      } catch {
        // The daemon is away: who follows says so, and the next fact brings the tree back.
      }
      await pause(redrawMs, ended);
    }
    running = undefined;
  }
  return {
    changed() {
      dirty = true;
      running ??= run();
    },
    async close() {
      stop.abort();
      await running;
      area?.close();
    },
  };
}

function sizeOf({ columns }: Terminal): { columns: number; rows: number } {
  try {
    const size = Deno.consoleSize();
    // A terminal that says nothing of its size.
    return { columns: size.columns || columns, rows: size.rows || 24 };
  } catch {
    return { columns, rows: 24 };
  }
}
