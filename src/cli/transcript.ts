// A session as Markdown that a person reads: what was said, what was done and what came of it. Pure.
import type { EventEnvelope } from "../protocol/facts.ts";
import { neutral } from "./neutral.ts";

const outputCharsMax = 4_000;

/** The part of the transcript for one event; "" for what is no part of the story. Ends with an empty line. */
export function transcriptPart({ at, actor, type, data }: EventEnvelope): string {
  const text = (name: string) => typeof data[name] === "string" ? data[name] : "";
  const who = actor === "main" ? "" : ` (${neutral(actor)})`;
  switch (type) {
    case "session.created":
      return `# Session ${text("name") || text("session_id")}\n\n${at}, in \`${text("workspace")}\`\n\n`;
    case "message.received":
      return `## ${text("source") === "" ? "User" : `From a ${text("source")}`}${who}\n\n${
        neutral(text("text"))
      }\n\n`;
    case "model.replied":
      return text("text") === "" ? "" : `## Agent${who}\n\n${neutral(text("text"))}\n\n`;
    case "call.proposed":
      return `### ${neutral(text("name"))}${who} \`${text("call_id")}\`\n\n${
        fenced(argumentsOf(data["args"]), "json")
      }`;
    case "call.finished":
      return `Result of \`${text("call_id")}\`:\n\n${fenced(text("output"))}`;
    case "call.failed":
      return `**\`${text("call_id")}\` failed:** ${neutral(text("error"))}\n\n`;
    case "call.denied":
    case "call.interrupted":
      return `**\`${text("call_id")}\` ${type === "call.denied" ? "denied" : "interrupted"}:** ${
        neutral(text("reason"))
      }\n\n`;
    case "model.failed":
      return `**The model failed**${who}\n\n`;
    case "context.compacted":
      return `_The conversation was shortened here._\n\n`;
    default:
      return "";
  }
}

function argumentsOf(args: unknown): string {
  return typeof args === "string" ? args : JSON.stringify(args, null, 2);
}

/** In a fence longer than any in the text, so that nothing in it ends the block. */
function fenced(text: string, language = ""): string {
  const long = text.length > outputCharsMax;
  const shown = neutral(long ? text.slice(0, outputCharsMax).toWellFormed() : text);
  const longest = Math.max(2, ...[...shown.matchAll(/`{3,}/g)].map(([run]) => run.length));
  const fence = "`".repeat(longest + 1);
  const more = long ? `\n[${text.length - outputCharsMax} more characters]` : "";
  return `${fence}${language}\n${shown}${more}\n${fence}\n\n`;
}
