// The event tail on a terminal: facts as lines, the model's text as it comes, and never the same text twice.
import { createDeltaText } from "../client/delta_text.ts";
import type { EventEnvelope } from "../protocol/facts.ts";
import type { DeltaFrame } from "../protocol/frames.ts";
import { neutral } from "./neutral.ts";
import { renderEvent } from "./render.ts";
import type { Terminal } from "./terminal.ts";

export interface LiveView {
  event(event: EventEnvelope): void;
  delta(frame: DeltaFrame): void;
  /** A line of ours between the events. */
  note(text: string): void;
}

/** Draws to the terminal's stdout. */
export function createLiveView(terminal: Terminal): LiveView {
  const { colours, columns } = terminal;
  const text = createDeltaText();
  let speaker: string | undefined;

  function closeText(): void {
    if (speaker !== undefined) terminal.write("\n");
    speaker = undefined;
  }

  return {
    event(event) {
      closeText();
      const requestId = event.data["request_id"];
      if (typeof requestId !== "string") return terminal.line(renderEvent(event, { colours, columns }));
      if (event.type === "model.called") text.started(requestId, event.seq);
      const final = event.data["text"];
      const restOfText = event.type === "model.replied" && typeof final === "string"
        ? text.rest(requestId, final)
        : undefined;
      terminal.line(renderEvent(event, { colours, columns, restOfText }));
    },
    delta(frame) {
      const part = text.fresh(frame);
      if (part === "") return;
      if (speaker !== frame.actor) {
        closeText();
        terminal.write(`      ${colours.dim(`${neutral(frame.actor)} ▸`)} `);
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
