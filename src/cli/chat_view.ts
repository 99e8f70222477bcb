// The conversation on a terminal: what was said, one line for each tool call, and how a turn ended when not well.
import { createDeltaText } from "../client/delta_text.ts";
import { type EventEnvelope, mainActor } from "../protocol/facts.ts";
import type { DeltaFrame, NoticeFrame } from "../protocol/frames.ts";
import { type ActorNames, createActorLabels, type NameOf } from "./actor_labels.ts";
import { imagesText } from "./image_text.ts";
import { createModeRuns, type ModeRun, summaryLines, utteranceHead, utteranceText } from "./mode_summary.ts";
import { namedEvent } from "./named_event.ts";
import { neutral, shortLine, shortText } from "./neutral.ts";
import { argsText, errorText } from "./render.ts";
import type { Terminal } from "./terminal.ts";
import { workText } from "./work_text.ts";

export interface ChatView {
  event(event: EventEnvelope): void;
  delta(frame: DeltaFrame): void;
  notice(frame: NoticeFrame): void;
  closeLine(): void;
  /** Also shows the text of this agent as it comes. */
  follow(actor: string | undefined): void;
  /** What an actor is called here. */
  nameOf: NameOf;
}

export interface ChatViewOptions {
  /** Messages that were typed here are on the screen already. */
  typedHere(messageId: string): boolean;
}

const outputLinesMax = 6;
const noticeCharsMax = 400;
const handLinesMax = 200;
const outputCharsMax = 200;
const callEnds = new Set(["call.finished", "call.failed", "call.denied", "call.interrupted"]);

export function createChatView(terminal: Terminal, { typedHere }: ChatViewOptions): ChatView {
  const { colours } = terminal;
  const text = createDeltaText();
  /** Calls that a person made: their output is what was wanted, so more of it is shown. */
  const byHand = new Set<string>();
  /** Agents whose call waits for them, and that call: its result is their answer. */
  const awaited = new Map<string, string>();
  const runs = createModeRuns();
  const names = createActorLabels(colours);
  let followed: string | undefined;
  /** Whose text is being written: that of others comes whole with its fact then. */
  let writer: string | undefined;
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

  function said({ data, actor }: EventEnvelope): void {
    const words = [imagesText(data["images"]), neutral(String(data["text"]))].filter((part) => part !== "");
    // What a background task or a hook says is no person's word.
    const line = `${actor === mainActor ? ">" : `> to ${names.name(actor)}:`} ${words.join(" ")}`;
    if (data["source"] === undefined) say(colours.cyan(line));
    else say(colours.dim(shortText(line, outputLinesMax, outputCharsMax)));
  }

  function reply(event: EventEnvelope): void {
    const requestId = String(event.data["request_id"]);
    const final = typeof event.data["text"] === "string" ? event.data["text"] : "";
    if (isShown(event.actor)) {
      const rest = text.rest(requestId, final);
      if (rest !== "") begin(event.actor);
      show(rest);
    }
    closeLine();
  }

  function isShown(actor: string): boolean {
    return actor === mainActor || actor === followed;
  }
  /** Says who speaks, when it is not the main agent. */
  function begin(actor: string): void {
    if (actor === writer) return;
    closeLine();
    writer = actor;
    if (actor !== mainActor) terminal.write(`${names.label(actor)} ${colours.dim("▸")} `);
  }

  /** The end of an agent that a call waits for, without the answer: that comes with the result of the call. */
  function withoutAwaited(event: EventEnvelope): EventEnvelope {
    const { type, actor, data } = event;
    const callId = data["call_id"];
    if (type === "agent.started" && typeof callId === "string" && (data["kind"] ?? "task") === "task") {
      awaited.set(actor, callId);
    } else if (callEnds.has(type)) {
      for (const [agent, call] of awaited) if (call === callId) awaited.delete(agent);
    }
    return type === "agent.finished" && awaited.has(actor)
      ? { ...event, data: { ...data, result: "" } }
      : event;
  }

  /** Who speaks in a run of a mode, and in the end the answer that they found together. */
  function modeFact(event: EventEnvelope, run: ModeRun): void {
    const last = run.said.at(-1);
    if (event.type === "mode.said" && last !== undefined) {
      say(colours.bold(utteranceHead(last)));
      if (last.text !== "") terminal.line(colours.dim(indent(utteranceText(last))));
    } else if (event.type === "mode.finished") {
      for (const line of summaryLines(run)) say(colours.dim(`  ${line}`));
      show(run.end?.text ?? "");
      closeLine();
    } else {
      const line = describe(event, { colours, byHand, names });
      if (line !== undefined) say(line);
    }
  }

  return {
    event(event) {
      const { type, data, actor, seq } = event;
      names.learn(event);
      const run = runs.fact(event);
      if (run !== undefined) return modeFact(event, run);
      // What leads a member asks it for is told by what it says then.
      if (type === "message.received" && data["source"] === "supervisor") return;
      if (type === "model.called" && isShown(actor)) text.started(String(data["request_id"]), seq);
      else if (type === "model.replied") reply(event);
      else if (type === "message.received") {
        if (!typedHere(String(data["message_id"]))) said(event);
      } else {
        if (type === "call.proposed" && data["by"] === "user") byHand.add(String(data["call_id"]));
        const line = describe(withoutAwaited(event), { colours, byHand, names });
        if (line !== undefined) say(line);
      }
      if (actor === writer && type !== "model.called") writer = undefined;
    },
    delta(frame) {
      if (!isShown(frame.actor) || (writer !== undefined && writer !== frame.actor)) return;
      const part = text.fresh(frame);
      if (part === "") return;
      begin(frame.actor);
      show(part);
    },
    follow: (actor) => void (followed = actor),
    notice: ({ text }) => say(colours.dim(`  ${shortLine(text, noticeCharsMax)}`)),
    closeLine,
    nameOf: names.name,
  };
}

interface DescribeOptions {
  colours: Terminal["colours"];
  byHand: ReadonlySet<string>;
  names: ActorNames;
}

function describe(event: EventEnvelope, { colours, byHand, names }: DescribeOptions): string | undefined {
  const { type, data, actor } = event;
  const { dim, red, yellow } = colours;
  const who = actor === mainActor ? "" : `${names.name(actor)} `;
  const name = shortLine(String(data["name"] ?? ""), 60);
  switch (type) {
    case "call.proposed":
      return dim(`· ${who}${name} ${argsText(data["args"], 300)}`);
    case "call.finished": {
      const linesMax = byHand.has(String(data["call_id"])) ? handLinesMax : outputLinesMax;
      const output = shortText(String(data["output"] ?? ""), linesMax, outputCharsMax);
      return dim(indent([imagesText(data["images"]), output].filter((part) => part !== "").join("\n")));
    }
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
    // Shown as what it is: a question to the person.
    case "question.asked":
    case "budget.exceeded":
    case "context.compact_requested":
    // What they have just asked for, or nothing that the conversation is about.
    case "turn.cancelled":
    case "session.owned":
    case "session.upgraded":
    case "agent.resumed":
    case "timer.fired":
      return undefined;
    case "hook.ran":
      return data["outcome"] === "passed" ? undefined : workLines(event, { who, names, tint: yellow });
    default:
      // Those begin with the name of the actor themselves.
      return workLines(event, {
        who: /^(agent\.|team\.message_sent)/.test(type) ? "" : who,
        names,
        tint: dim,
      });
  }
}

function workLines(
  event: EventEnvelope,
  { who, names, tint }: { who: string; names: ActorNames; tint: (text: string) => string },
): string | undefined {
  const [first, ...more] = workText(namedEvent(event, names)) ?? [];
  return first === undefined
    ? undefined
    : tint([`  ${who}${first}`, ...more.map((line) => `    ${line}`)].join("\n"));
}

function indent(text: string): string {
  return text.split("\n").map((line) => `    ${line}`).join("\n");
}
