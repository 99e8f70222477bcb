// A session's events as a story: turns, and in each turn the spans that took time. Pure.
import { z } from "zod";
import type { EventEnvelope } from "../protocol/facts.ts";
import { factData, mainActor } from "../protocol/facts.ts";
import { type ActorNames, createActorNames } from "./actor_labels.ts";
import { endsPause, pauseKey, type SpanKind, spanOf } from "./story_spans.ts";

/** Something that began and ended: a model call, a tool call, a wait for a person, another actor's life. Times are ms since the epoch. */
export interface Span {
  kind: SpanKind;
  label: string;
  actor: string;
  /** What the actor is called. */
  who: string;
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

const agentArgs = z.object({ name: z.string().optional(), description: z.string().optional() });

/** The outcome of what was no turn of an agent. */
export const handOutcome = "by hand";

/** Whose end is the end of a turn: an agent's, that of a call by hand, or that of a team or a workflow of a person's. */
type Root = { agent: string } | { call: string } | { lead: string };

/**
 * A turn begins with a message or other work while none runs, and ends with the turn of the agent that began it; as soon as
 * the main agent works, with its. What a person runs by hand meanwhile, a tool, a team or a workflow, stands for itself.
 */
export function tellStory(events: readonly EventEnvelope[]): Story {
  const story: Story = { asides: [], turns: [] };
  const open = new Map<string, Span>();
  const names = createActorNames();
  const begun = new Map<string, string>();
  let turn: Turn | undefined;
  let root: Root = { agent: mainActor };
  for (const event of events) {
    names.learn(event);
    if (turn === undefined && !opensTurn(event)) {
      story.asides.push(event);
      continue;
    }
    if (turn === undefined) {
      turn = newTurn(event);
      story.turns.push(turn);
      open.clear();
      root = rootOf(event);
      if ("call" in root) turn.outcome = handOutcome;
    }
    extend(turn, event, { open, names, root, begun });
    if (takesOver(event, root)) {
      root = { agent: event.actor };
      turn.outcome = "running";
    }
    if (!endsTurn(event, root)) continue;
    if (!("call" in root)) turn.outcome = outcomeOf(event);
    turn = undefined;
  }
  return story;
}

function rootOf({ type, actor, data }: EventEnvelope): Root {
  if (type === "call.proposed" && data["by"] === "user") return { call: String(data["call_id"]) };
  if (type === "team.started" || type === "workflow.started") return { lead: actor };
  return { agent: actor };
}

function takesOver({ type, actor }: EventEnvelope, root: Root): boolean {
  if ("agent" in root && root.agent === mainActor) return false;
  if (type === "message.received") return "call" in root || actor === mainActor;
  return type === "model.called" && actor === mainActor;
}

function endsTurn(event: EventEnvelope, root: Root): boolean {
  if ("call" in root) return isResultOf(event, root.call);
  const { type, actor } = event;
  if ("lead" in root) return actor === root.lead && /^(?:team|workflow)\.finished$/.test(type);
  return actor === root.agent && (type === "turn.ended" || isAgentEnd(type));
}

function isAgentEnd(type: string): boolean {
  return type === "agent.finished" || type === "agent.failed" || type === "agent.stopped";
}

function outcomeOf({ type, data }: EventEnvelope): string {
  return typeof data["outcome"] === "string" ? data["outcome"] : type.slice(type.indexOf(".") + 1);
}

function isResultOf({ type, data }: EventEnvelope, callId: string): boolean {
  return ["call.finished", "call.failed", "call.denied", "call.interrupted"].includes(type) &&
    data["call_id"] === callId;
}

function opensTurn({ type }: EventEnvelope): boolean {
  return type === "message.received" || type === "model.called" || type === "call.proposed" ||
    type === "agent.started" || type === "team.started" || type === "workflow.started";
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

interface Telling {
  open: Map<string, Span>;
  names: ActorNames;
  root: Root;
  /** What an agent is to be called, by the call that begins it. */
  begun: Map<string, string>;
}

function extend(turn: Turn, event: EventEnvelope, telling: Telling): void {
  const { open } = telling;
  turn.toSeq = event.seq;
  turn.to = Date.parse(event.at);
  for (const span of open.values()) span.to = turn.to;
  if (turn.prompt === "") turn.prompt = promptOf(event, telling.root);
  // Whatever an agent does after it met a limit ends its pause.
  const pause = open.get(pauseKey(event));
  if (pause !== undefined && endsPause(event.type)) {
    close(pause, event, turn, telling);
    open.delete(pauseKey(event));
  }
  // The agents of a mode answer for the main one.
  if (event.type === "mode.finished" && event.data["text"]) turn.answer = String(event.data["text"]);
  // Of several calls of one tool at the same time, this one says which it was.
  if (event.type === "call.proposed" && event.data["name"] === "Agent") {
    telling.begun.set(String(event.data["call_id"]), agentNamed(event.data["args"]));
  }
  const spanned = spanOf(event);
  if (spanned === undefined) return;
  const known = open.get(spanned.key);
  if (known !== undefined) close(known, event, turn, telling);
  open.delete(spanned.key);
  if (spanned.kind !== undefined) {
    open.set(
      spanned.key,
      begin(turn, event, { kind: spanned.kind, label: labelOf(spanned.label, event, telling) }, telling),
    );
  } else if (known === undefined && isCallThatNeverRan(event)) {
    const what = { kind: "call", label: String(event.data["name"] ?? "") } as const;
    close(begin(turn, event, what, telling), event, turn, telling);
  }
}

function agentNamed(args: unknown): string {
  const { name = "", description = "" } = agentArgs.catch({}).parse(args);
  return name === "" ? description : name;
}

/** The call of an agent says which one; the life of that agent is labelled with it anyway. */
function labelOf(label: string, { type, data }: EventEnvelope, { begun }: Telling): string {
  if (!type.startsWith("call.")) return label;
  const name = begun.get(String(data["call_id"])) ?? "";
  return name === "" ? label : `${label} ${name}`;
}

/** What was asked: a message to whoever the turn is about, or what it was begun with. */
function promptOf({ type, actor, data }: EventEnvelope, root: Root): string {
  if (type === "message.received") return String(data["text"] ?? "");
  if (type === "agent.started" && "agent" in root && root.agent === actor) {
    return String(data["prompt"] ?? "");
  }
  if ((type === "team.started" || type === "workflow.started") && "lead" in root) {
    return String(data["goal"] ?? data["name"] ?? "");
  }
  return "";
}

function begin(
  turn: Turn,
  { actor, seq }: EventEnvelope,
  what: Pick<Span, "kind" | "label">,
  { names }: Telling,
): Span {
  const span: Span = {
    ...what,
    actor,
    who: names.name(actor),
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

function close(span: Span, event: EventEnvelope, turn: Turn, { root }: Telling): void {
  span.to = Date.parse(event.at);
  span.toSeq = event.seq;
  const word = event.type.split(".").at(-1) ?? event.type;
  const ended = span.kind === "actor" && typeof event.data["outcome"] === "string";
  span.end = (ended ? String(event.data["outcome"]) : word).replace(/^node_/, "");
  const replied = factData["model.replied"].safeParse(event.data);
  if (event.type !== "model.replied" || !replied.success) return;
  const { input_tokens: input, output_tokens: output } = replied.data.usage;
  span.tokens = { input, output };
  turn.tokens = { input: turn.tokens.input + input, output: turn.tokens.output + output };
  const speaker = "agent" in root ? root.agent : mainActor;
  if (event.actor === speaker) turn.answer = replied.data.text;
}
