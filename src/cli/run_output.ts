// The three output formats of `jamey run`.
import { z } from "zod";
import { createDeltaText } from "../client/delta_text.ts";
import { type EventEnvelope, mainActor } from "../protocol/facts.ts";
import type { DeltaFrame, NoticeFrame } from "../protocol/frames.ts";
import type { SessionSummary } from "../protocol/http.ts";
import type { Context } from "./command.ts";
import { neutral, shortLine } from "./neutral.ts";
import { argsText, errorText } from "./render.ts";
import { explain, type RunResult } from "./run_outcome.ts";
import type { Terminal } from "./terminal.ts";
import { workText } from "./work_text.ts";

export const outputFormat = z.enum(["text", "json", "stream-json"]);
export type OutputFormat = z.infer<typeof outputFormat>;

export interface RunOutput {
  wantsDeltas: boolean;
  init(session: SessionSummary): void;
  event(event: EventEnvelope): void;
  delta(frame: DeltaFrame): void;
  notice(frame: NoticeFrame): void;
  result(result: RunResult): void;
}

export function openRunOutput(context: Context, format: OutputFormat): RunOutput {
  if (format === "text") {
    return context.terminal.outIsTerminal ? streamedText(context) : finalText(context.terminal);
  }
  const { terminal } = context;
  const streams = format === "stream-json";
  return {
    wantsDeltas: false,
    init(session) {
      if (streams) terminal.json(initLine(session, context.version));
    },
    event(event) {
      if (streams) terminal.json({ type: "event", event });
    },
    delta: () => {},
    notice: () => {},
    result(result) {
      terminal.json(result);
      complain(terminal, result);
    },
  };
}

function initLine(session: SessionSummary, version: string) {
  return {
    type: "system",
    subtype: "init",
    session_id: session.session_id,
    cwd: session.workspace,
    provider: session.provider,
    model: session.model,
    permission_mode: session.permission_mode,
    jamey_version: version,
  };
}

/** For pipes: the answer and nothing else. Model text is made harmless only where a terminal would obey it. */
function finalText(terminal: Terminal): RunOutput {
  return {
    wantsDeltas: false,
    init: () => {},
    event: (event) => tell(terminal, event),
    delta: () => {},
    notice: () => {},
    result(result) {
      if (hasAnswer(result)) terminal.line(result.result.trimEnd());
      complain(terminal, result);
    },
  };
}

/** For a person at a terminal: the text as it comes. */
function streamedText({ terminal }: Context): RunOutput {
  const text = createDeltaText();
  let open = false;
  const show = (part: string) => {
    if (part === "") return;
    terminal.write(neutral(part));
    open = !part.endsWith("\n");
  };
  const closeLine = () => {
    if (open) terminal.write("\n");
    open = false;
  };
  return {
    wantsDeltas: true,
    init: () => {},
    event(event) {
      const requestId = event.data["request_id"];
      if (event.actor === mainActor && typeof requestId === "string") {
        const final = event.data["text"];
        if (event.type === "model.called") text.started(requestId, event.seq);
        if (event.type === "model.replied" && typeof final === "string") show(text.rest(requestId, final));
        if (event.type !== "model.called") closeLine();
      }
      tell(terminal, event);
      if (event.type !== "mode.finished" || typeof event.data["text"] !== "string") return;
      // The main agent of a mode says nothing by itself: what the others found together is its answer.
      show(event.data["text"]);
      closeLine();
    },
    delta(frame) {
      if (frame.actor === mainActor) show(text.fresh(frame));
    },
    notice(frame) {
      closeLine();
      terminal.talk(terminal.talkColours.dim(`· ${shortLine(frame.text, 400)}`));
    },
    result(result) {
      closeLine();
      // The text was shown as it came; a plan comes as a call.
      if (result.plan !== undefined) terminal.line(neutral(result.plan.trimEnd()));
      complain(terminal, result);
    },
  };
}

/** What the agent does, on stderr. */
function tell(terminal: Terminal, event: EventEnvelope): void {
  const { type, data } = event;
  const { dim, red } = terminal.talkColours;
  const name = shortLine(String(data["name"] ?? ""), 60);
  switch (type) {
    case "call.proposed":
      return terminal.talk(dim(`· ${name} ${argsText(data["args"], 200)}`));
    case "call.failed":
      return terminal.talk(red(`· ${name} failed: ${shortLine(String(data["error"]), 200)}`));
    case "call.denied":
      return terminal.talk(red(`· ${name} denied: ${shortLine(String(data["reason"]), 200)}`));
    case "model.failed":
      return terminal.talk(red(`· the model failed: ${errorText(data["error"])}`));
    default: {
      // Of a list, the first line says how far it is.
      const [first] = workText(event) ?? [];
      if (first !== undefined) terminal.talk(dim(`· ${first}`));
    }
  }
}

/** Why a run failed is no answer of the agent, though it stands in its place for programs. */
function hasAnswer(result: RunResult): boolean {
  return result.result !== "" && !(result.is_error && result.result === whyOf(result));
}

function whyOf({ error, subtype }: RunResult): string {
  return error?.message ?? explain(subtype);
}

function complain(terminal: Terminal, result: RunResult): void {
  const { is_error, error, session_id } = result;
  if (!is_error) return;
  const { red, dim } = terminal.talkColours;
  terminal.warn(`${red("error:")} ${neutral(whyOf(result))}`);
  if (error?.hint !== undefined) terminal.warn(`${dim("hint:")}  ${neutral(error.hint)}`);
  if (session_id !== null) terminal.talk(dim(`Look at it with: jamey replay ${session_id}`));
}
