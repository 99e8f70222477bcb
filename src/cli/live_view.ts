// The event tail on a terminal: facts as lines, the model's text as it comes, and never the same text twice.
import { createDeltaText } from "../client/delta_text.ts";
import type { EventEnvelope } from "../protocol/facts.ts";
import { type ActorLabels, createActorLabels } from "./actor_labels.ts";
import type { DeltaFrame } from "../protocol/frames.ts";
import { createModeRuns, summaryLines } from "./mode_summary.ts";
import { namedEvent } from "./named_event.ts";
import { neutral } from "./neutral.ts";
import { renderEvent } from "./render.ts";
import type { Terminal } from "./terminal.ts";

export interface LiveView {
  event(event: EventEnvelope): void;
  delta(frame: DeltaFrame): void;
  /** A line of ours between the events. */
  note(text: string): void;
}

/**
 * Draws to the terminal's stdout. One actor speaks at a time: what others write meanwhile comes whole with its fact, so
 * that no two texts run into each other.
 */
export function createLiveView(
  terminal: Terminal,
  labels: ActorLabels = createActorLabels(terminal.colours),
): LiveView {
  const { colours, columns } = terminal;
  const text = createDeltaText();
  const runs = createModeRuns();
  /** Whose line is open, and whose text is not complete. */
  let speaker: string | undefined;
  let writer: string | undefined;

  function closeText(): void {
    if (speaker !== undefined) terminal.write("\n");
    speaker = undefined;
  }

  return {
    event(event) {
      closeText();
      labels.learn(event);
      if (event.actor === writer && event.type !== "model.called") writer = undefined;
      const shown = { colours, columns, who: labels.label(event.actor) };
      const requestId = event.data["request_id"];
      const run = runs.fact(event);
      if (typeof requestId !== "string") {
        terminal.line(renderEvent(namedEvent(event, labels), shown));
        if (run === undefined || event.type !== "mode.finished") return;
        return summaryLines(run).forEach((line) => terminal.line(`      ${line}`));
      }
      if (event.type === "model.called") text.started(requestId, event.seq);
      const final = event.data["text"];
      const restOfText = event.type === "model.replied" && typeof final === "string"
        ? text.rest(requestId, final)
        : undefined;
      terminal.line(renderEvent(event, { ...shown, restOfText }));
    },
    delta(frame) {
      if (writer !== undefined && writer !== frame.actor) return;
      const part = text.fresh(frame);
      if (part === "") return;
      writer = frame.actor;
      if (speaker !== frame.actor) {
        closeText();
        terminal.write(`      ${labels.label(frame.actor)} ${colours.dim("▸")} `);
        speaker = frame.actor;
      }
      terminal.write(neutral(part).replaceAll("\n", "\n      "));
    },
    note(line) {
      closeText();
      terminal.line(line);
    },
  };
}
