// A session's events as a story: turns, and in each turn the spans that took time. Pure.
import type { EventEnvelope } from "../protocol/facts.ts";
import { factData, mainActor } from "../protocol/facts.ts";

export type SpanKind = "model" | "call" | "wait";

/** Something that began and ended: a model call, a tool call, a wait for a person. Times are ms since the epoch. */
export interface Span {
  kind: SpanKind;
  label: string;
  actor: string;
  fromSeq: number;
  toSeq: number | null;
  from: number;
  to: number;
  /** How it ended: the last word of the fact's type, or `running`. */
  end: string;
  tokens: { input: number; output: number } | null;
}

export interface Turn {
  fromSeq: number;
  toSeq: number;
  from: number;
  to: number;
  prompt: string;
  answer: string;
  outcome: string;
  spans: Span[];
  tokens: { input: number; output: number };
}

export interface Story {
  /** What happened outside any turn: creation, renames, recoveries. */
  asides: EventEnvelope[];
  turns: Turn[];
}

/** The outcome of what was no turn of an agent. */
export const handOutcome = "by hand";

/**
 * A turn begins with a message while none runs, and ends with `turn.ended` of the main agent. A tool that a person runs by
 * hand meanwhile stands for itself: it ends with its result.
 */
export function tellStory(events: readonly EventEnvelope[]): Story {
  const story: Story = { asides: [], turns: [] };
  const open = new Map<string, Span>();
  let turn: Turn | undefined;
  let byHand: string | undefined;
  for (const event of events) {
    if (turn === undefined && !opensTurn(event)) {
      story.asides.push(event);
      continue;
    }
    if (turn === undefined) {
      turn = newTurn(event);
      story.turns.push(turn);
      open.clear();
      byHand = event.data["by"] === "user" ? String(event.data["call_id"]) : undefined;
      if (byHand !== undefined) turn.outcome = handOutcome;
    }
    extend(turn, event, open);
    if (byHand !== undefined && event.type === "message.received") {
      byHand = undefined;
      turn.outcome = "running";
    }
    if (byHand !== undefined && isResultOf(event, byHand)) {
      turn = undefined;
      continue;
    }
    if (event.type === "turn.ended" && event.actor === mainActor) {
      turn.outcome = String(event.data["outcome"]);
      turn = undefined;
    }
  }
  return story;
}

function isResultOf({ type, data }: EventEnvelope, callId: string): boolean {
  return ["call.finished", "call.failed", "call.denied", "call.interrupted"].includes(type) &&
    data["call_id"] === callId;
}

function opensTurn({ type }: EventEnvelope): boolean {
  return type === "message.received" || type === "model.called" || type === "call.proposed";
}

function newTurn(event: EventEnvelope): Turn {
  const at = Date.parse(event.at);
  return {
    fromSeq: event.seq,
    toSeq: event.seq,
    from: at,
    to: at,
    prompt: "",
    answer: "",
    outcome: "running",
    spans: [],
    tokens: { input: 0, output: 0 },
  };
}

function extend(turn: Turn, event: EventEnvelope, open: Map<string, Span>): void {
  turn.toSeq = event.seq;
  turn.to = Date.parse(event.at);
  for (const span of open.values()) span.to = turn.to;
  if (event.type === "message.received" && turn.prompt === "") turn.prompt = String(event.data["text"] ?? "");
  // Whatever an agent does after it met a limit ends its pause.
  const pause = open.get(pauseKey(event));
  if (pause !== undefined && endsPause(event.type)) {
    close(pause, event, turn);
    open.delete(pauseKey(event));
  }
  const spanned = spanOf(event);
  if (spanned === undefined) return;
  const known = open.get(spanned.key);
  if (known !== undefined) close(known, event, turn);
  open.delete(spanned.key);
  if (spanned.kind !== undefined) {
    open.set(spanned.key, begin(turn, event, { kind: spanned.kind, label: spanned.label }));
  } else if (known === undefined && isCallThatNeverRan(event)) {
    close(begin(turn, event, { kind: "call", label: String(event.data["name"] ?? "") }), event, turn);
  }
}

function begin(turn: Turn, { actor, seq }: EventEnvelope, what: Pick<Span, "kind" | "label">): Span {
  const span: Span = {
    ...what,
    actor,
    fromSeq: seq,
    toSeq: null,
    from: turn.to,
    to: turn.to,
    end: "running",
    tokens: null,
  };
  turn.spans.push(span);
  return span;
}

/** An unknown tool, wrong arguments, a refusal before anybody was asked: it took no time, but it belongs to the story. */
function isCallThatNeverRan({ type }: EventEnvelope): boolean {
  return type === "call.failed" || type === "call.denied" || type === "call.interrupted";
}

function close(span: Span, event: EventEnvelope, turn: Turn): void {
  span.to = Date.parse(event.at);
  span.toSeq = event.seq;
  span.end = event.type.split(".").at(-1) ?? event.type;
  const replied = factData["model.replied"].safeParse(event.data);
  if (event.type !== "model.replied" || !replied.success) return;
  const { input_tokens: input, output_tokens: output } = replied.data.usage;
  span.tokens = { input, output };
  turn.tokens = { input: turn.tokens.input + input, output: turn.tokens.output + output };
  if (event.actor === mainActor) turn.answer = replied.data.text;
}

/** Which span this fact begins or ends; without a kind it only ends one. */
function spanOf(
  { type, data, actor }: EventEnvelope,
): { key: string; kind?: SpanKind; label: string } | undefined {
  const request = `model ${String(data["request_id"])}`;
  const call = `call ${String(data["call_id"])}`;
  const name = String(data["name"] ?? "");
  switch (type) {
    case "model.called":
      return { key: request, kind: "model", label: String(data["model"] ?? "model") };
    case "model.replied":
    case "model.failed":
      return { key: request, label: "" };
    case "call.approval_requested":
      return { key: call, kind: "wait", label: `${name} waits for approval` };
    case "call.started":
      return { key: call, kind: "call", label: name };
    case "question.asked":
      return { key: call, kind: "wait", label: "waits for an answer" };
    case "budget.exceeded":
      return {
        key: pauseKey({ actor }),
        kind: "wait",
        label: `paused by a limit (${String(data["limit"])})`,
      };
    case "question.answered":
    case "call.approved":
    case "call.denied":
    case "call.finished":
    case "call.failed":
    case "call.interrupted":
      return { key: call, label: "" };
    default:
      return undefined;
  }
}

function pauseKey({ actor }: Pick<EventEnvelope, "actor">): string {
  return `pause ${actor}`;
}

function endsPause(type: string): boolean {
  return ["budget.extended", "message.received", "model.called", "turn.cancelled", "turn.ended"].includes(
    type,
  );
}
