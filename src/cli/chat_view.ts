// The conversation on a terminal: what was said, one line for each tool call, and how a turn ended when not well.
import { createDeltaText } from "../client/delta_text.ts";
import { type EventEnvelope, mainActor } from "../protocol/facts.ts";
import type { DeltaFrame } from "../protocol/frames.ts";
import { neutral, neutralLine, shortLine, shortText } from "./neutral.ts";
import { argsText, errorText } from "./render.ts";
import type { Terminal } from "./terminal.ts";

export interface ChatView {
  event(event: EventEnvelope): void;
  delta(frame: DeltaFrame): void;
  closeLine(): void;
}

export interface ChatViewOptions {
  /** Messages that were typed here are on the screen already. */
  typedHere(messageId: string): boolean;
}

const outputLinesMax = 6;
const outputCharsMax = 200;

export function createChatView(terminal: Terminal, { typedHere }: ChatViewOptions): ChatView {
  const { colours } = terminal;
  const text = createDeltaText();
  let open = false;

  function show(part: string): void {
    if (part === "") return;
    terminal.write(neutral(part));
    open = !part.endsWith("\n");
  }
  function closeLine(): void {
    if (open) terminal.write("\n");
    open = false;
  }
  function say(line: string): void {
    closeLine();
    terminal.line(line);
  }

  function reply(event: EventEnvelope): void {
    const requestId = String(event.data["request_id"]);
    const final = typeof event.data["text"] === "string" ? event.data["text"] : "";
    if (event.actor === mainActor) show(text.rest(requestId, final));
    closeLine();
  }

  return {
    event(event) {
      const { type, data, actor, seq } = event;
      if (type === "model.called" && actor === mainActor) text.started(String(data["request_id"]), seq);
      else if (type === "model.replied") reply(event);
      else if (type === "message.received") {
        if (!typedHere(String(data["message_id"]))) say(colours.cyan(`> ${neutral(String(data["text"]))}`));
      } else {
        const line = describe(event, colours);
        if (line !== undefined) say(line);
      }
    },
    delta(frame) {
      if (frame.actor === mainActor) show(text.fresh(frame));
    },
    closeLine,
  };
}

function describe({ type, data, actor }: EventEnvelope, colours: Terminal["colours"]): string | undefined {
  const { dim, red, yellow } = colours;
  const who = actor === mainActor ? "" : `${neutralLine(actor)} `;
  const name = shortLine(String(data["name"] ?? ""), 60);
  switch (type) {
    case "call.proposed":
      return dim(`· ${who}${name} ${argsText(data["args"], 300)}`);
    case "call.finished":
      return dim(indent(shortText(String(data["output"] ?? ""), outputLinesMax, outputCharsMax)));
    case "call.failed":
      return red(`  ${name} failed: ${shortLine(String(data["error"]), 300)}`);
    case "call.denied":
      return red(`  ${name} denied: ${shortLine(String(data["reason"]), 300)}`);
    case "call.interrupted":
      return red(`  ${name} interrupted: ${shortLine(String(data["reason"]), 300)}`);
    case "model.failed":
      return red(`  the model failed: ${errorText(data["error"])}`);
    case "turn.ended": {
      if (actor !== mainActor || data["outcome"] === "completed") return undefined;
      const why = errorText(data["error"]);
      return yellow(
        `  the turn ended: ${shortLine(String(data["outcome"]), 40)}${why === "" ? "" : `: ${why}`}`,
      );
    }
    default:
      return undefined;
  }
}

function indent(text: string): string {
  return text.split("\n").map((line) => `    ${line}`).join("\n");
}
