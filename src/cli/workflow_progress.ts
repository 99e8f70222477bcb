// How far a workflow is: at a terminal a list of its nodes at the bottom, kept up to date; otherwise a line for each event.
import type { Client } from "../client/client.ts";
import { pause } from "../platform/pause.ts";
import type { EventEnvelope } from "../protocol/facts.ts";
import type { BottomArea } from "./bottom_area.ts";
import type { Context } from "./command.ts";
import { shortLine } from "./neutral.ts";
import { nodeLines, workflowHead } from "./workflow_text.ts";

export interface Progress {
  fact(event: EventEnvelope): void;
  close(): Promise<void>;
}

const redrawMs = 200;
const linesMax = 30;
const errorCharsMax = 300;

export function openProgress(
  { terminal }: Context,
  client: Client,
  { session, workflow, area, signal }: {
    session: string;
    workflow: string;
    area: BottomArea | undefined;
    signal: AbortSignal;
  },
): Progress {
  const path = `workflow:${workflow}`;
  let running: Promise<void> | undefined;
  let closed = false;

  async function draw(): Promise<void> {
    const { workflows } = await client.workflows(session, signal);
    const view = workflows.find((one) => one.workflow === workflow);
    if (view === undefined || area === undefined) return;
    const style = { colours: terminal.colours, columns: terminal.columns, now: Date.now() };
    area.set([workflowHead(view, style), ...nodeLines(view, style).slice(0, linesMax)]);
  }
  /** Times go on also while nothing happens. */
  async function keepDrawing(): Promise<void> {
    while (!closed && !signal.aborted) {
      // The daemon is away: who follows says so.
      await draw().catch(() => {});
      await pause(redrawMs);
    }
  }
  if (area !== undefined) running = keepDrawing();

  return {
    fact: (event) => {
      if (area !== undefined || (event.actor !== path && !event.actor.startsWith(`${path}.`))) return;
      const text = lineOf(event);
      if (text !== undefined) terminal.talk(shortLine(text, terminal.columns - 1));
    },
    close: async () => {
      closed = true;
      await running;
      await draw().catch(() => {});
    },
  };
}

function lineOf({ type, data, actor }: EventEnvelope): string | undefined {
  const below = actor.split(".").length > 1 ? `${actor.slice("workflow:".length)}: ` : "";
  switch (type) {
    case "workflow.node_started":
      return `${below}▸ ${data["run"]}${Number(data["attempt"]) > 1 ? ` (attempt ${data["attempt"]})` : ""}`;
    case "workflow.node_finished":
      return `${below}✓ ${data["run"]}`;
    case "workflow.node_failed": {
      const error = String(data["error"]).slice(0, errorCharsMax);
      return `${below}${data["retries"] === true ? "…" : "✗"} ${data["run"]}: ${error}`;
    }
    case "workflow.paused":
    case "workflow.resumed":
    case "workflow.edited":
      return `${below}${type.slice("workflow.".length)}`;
    default:
      return undefined;
  }
}
