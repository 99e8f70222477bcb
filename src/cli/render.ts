// One event as lines for a person: number, time, actor, type and what matters of its data. All foreign text is neutral.
import type { EventEnvelope } from "../protocol/facts.ts";
import type { JsonObject, JsonValue } from "../protocol/json.ts";
import { imagesText } from "./image_text.ts";
import { neutralLine, shortLine, shortText } from "./neutral.ts";
import type { Colours } from "./terminal.ts";
import { workText } from "./work_text.ts";

export interface RenderOptions {
  colours: Colours;
  columns: number;
  /** For `model.replied`: the part of the text that has not been shown yet; undefined shows all of it. */
  restOfText?: string | undefined;
  /** The actor as it is called here, in its colour; left out: its path. */
  who?: string;
}

const argsCharsMax = 400;
const outputLinesMax = 12;
const outputCharsMax = 400;
const textLinesMax = 2000;
const textCharsMax = 20_000;
const clientCharsMax = 120;
const typeWidth = 23;

/** No line feed at the end. */
export function renderEvent(event: EventEnvelope, options: RenderOptions): string {
  const { dim } = options.colours;
  const head =
    `${String(event.seq).padStart(5)} ${dim(event.at.slice(11, 19))} ${
      options.who ?? dim(neutralLine(event.actor))
    } ` +
    colourOf(event.type, options.colours)(neutralLine(event.type).padEnd(typeWidth));
  const { line, block } = describe(event, options);
  const first = `${head} ${line}`.trimEnd();
  return block === "" ? first : `${first}\n${indent(block)}`;
}

/** The arguments of a call on one line. */
export function argsText(args: JsonValue | undefined, charsMax = argsCharsMax): string {
  if (args === undefined) return "";
  return shortLine(typeof args === "string" ? args : JSON.stringify(args), charsMax);
}

interface Description {
  line: string;
  block: string;
}

function describe({ type, data }: EventEnvelope, options: RenderOptions): Description {
  const text = (key: string) => typeof data[key] === "string" ? data[key] : "";
  const call = `${shortLine(text("name"), 60)} ${options.colours.dim(shortLine(text("call_id"), 60))}`;
  switch (type) {
    case "session.created":
      return line(
        [text("workspace"), `${text("provider")}/${text("model")}`, text("permission_mode")]
          .map((part) => shortLine(part, 200)).join(", "),
      );
    case "message.received": {
      const marks = [
        text("delivery") === "queue" ? "(queued)" : "",
        sourceText(data),
        imagesText(data["images"]),
      ];
      return block(marks.filter((mark) => mark !== "").join(" "), longText(text("text")));
    }
    case "model.called":
      return line(
        `${shortLine(`${text("provider")}/${text("model")}`, 100)}${attempt(data)}${insteadText(data)}`,
      );
    case "model.replied":
      return block(usageText(data), longText(options.restOfText ?? text("text")));
    case "model.failed":
      return line(errorText(data["error"]));
    case "call.proposed":
      return line(`${call} ${argsText(data["args"])}`);
    case "call.approval_requested":
      return block(`${call}${why(text("reason"))}`, longText(text("prompt")));
    case "call.approved":
      return line(
        `${call} by ${shortLine(text("by"), 60)} (${shortLine(text("decision"), 40)}${added(data)})${
          through(data)
        }`,
      );
    case "call.denied":
      return line(
        `${call} by ${shortLine(text("by"), 60)}: ${shortLine(text("reason"), argsCharsMax)}${added(data)}${
          through(data)
        }`,
      );
    case "call.finished":
      return block(
        [call + (data["truncated"] === true ? " (truncated)" : ""), imagesText(data["images"])].join(" ")
          .trimEnd(),
        outputText(text("output")),
      );
    case "call.failed":
      return block(`${call}: ${shortLine(text("error"), argsCharsMax)}`, outputText(text("output")));
    case "call.interrupted":
      return block(`${call}: ${shortLine(text("reason"), argsCharsMax)}`, outputText(text("output")));
    case "call.started":
      return line(`${call}${attempt(data)}${why(text("allowed_by"))}`);
    case "turn.ended":
      return line(
        `${shortLine(text("outcome"), 40)} after ${shortLine(String(data["steps"]), 20)} steps${
          prefixed(errorText(data["error"]))
        }`,
      );
    default: {
      const [first, ...more] = workText({ type, data }) ?? [shortLine(JSON.stringify(data), argsCharsMax)];
      return block(`${first ?? ""}${through(data)}`, more.join("\n"));
    }
  }
}

/** Who says it, when it is not a person. */
function sourceText(data: JsonObject): string {
  return typeof data["source"] === "string" ? `(${shortLine(data["source"], 40)})` : "";
}

/** The program through which a person spoke. */
function through({ client }: JsonObject): string {
  return typeof client === "string" ? ` [${shortLine(client, clientCharsMax)}]` : "";
}

/** The rule that came with an answer. */
function added({ rule }: JsonObject): string {
  return typeof rule === "string" ? `, added the rule ${shortLine(rule, argsCharsMax)}` : "";
}

function why(reason: string): string {
  return reason === "" ? "" : ` because ${shortLine(reason, argsCharsMax)}`;
}

function line(text: string): Description {
  return { line: text.replaceAll("\n", " "), block: "" };
}

function block(first: string, text: string): Description {
  return { line: first, block: text };
}

function attempt(data: JsonObject): string {
  return typeof data["attempt"] === "number" && data["attempt"] > 1 ? ` (attempt ${data["attempt"]})` : "";
}

function insteadText({ instead_of: instead }: JsonObject): string {
  if (!isObject(instead)) return "";
  const name = shortLine(`${String(instead["provider"])}/${String(instead["model"])}`, 100);
  return `, instead of ${name}${prefixed(errorText(instead["error"]))}`;
}

function usageText(data: JsonObject): string {
  const usage = data["usage"];
  if (!isObject(usage)) return "";
  return shortLine(`${String(usage["input_tokens"])} in, ${String(usage["output_tokens"])} out`, 60);
}

/** Code and message of an error value; empty when there is none. */
export function errorText(error: JsonValue | undefined): string {
  if (!isObject(error)) return "";
  return shortLine(`${String(error["code"])}: ${String(error["message"])}`, argsCharsMax);
}

function prefixed(text: string): string {
  return text === "" ? "" : `: ${text}`;
}

function outputText(text: string): string {
  return text === "" ? "" : shortText(text, outputLinesMax, outputCharsMax);
}

function longText(text: string): string {
  return text === "" ? "" : shortText(text, textLinesMax, textCharsMax);
}

function indent(text: string): string {
  return text.split("\n").map((part) => `      ${part}`).join("\n");
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function colourOf(type: string, colours: Colours): (text: string) => string {
  if (/failed|denied|interrupted|exceeded/.test(type)) return colours.red;
  if (type === "call.approval_requested" || type === "question.asked") return colours.yellow;
  if (type.startsWith("message.")) return colours.cyan;
  if (type.startsWith("model.")) return colours.green;
  if (type.startsWith("call.")) return colours.blue;
  if (type.startsWith("turn.")) return colours.magenta;
  return colours.dim;
}
