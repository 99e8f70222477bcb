// Plain words the scripted provider understands: each is one tool call, then what its result said.
import type { JsonObject } from "../../protocol/json.ts";
import { type Answer, type CallResult, say, type Turn } from "./turn.ts";

interface Phrase {
  /** As the help answer shows it. */
  usage: string;
  pattern: RegExp;
  tool: string;
  args(first: string, second: string): JsonObject;
}

const phrases: readonly Phrase[] = [
  {
    usage: "list files [in FOLDER]",
    pattern:
      /^(?:ls|list(?: all)?(?: the)? files)(?: here| in (?:this|the) (?:folder|directory|workspace)|(?: in| of)? (\S.*))?$/i,
    tool: "Glob",
    args: (folder) => ({ pattern: "*", ...(folder === "" ? {} : { path: folder }) }),
  },
  {
    usage: "find PATTERN",
    pattern: /^find (?:files )?(\S.*)$/i,
    tool: "Glob",
    args: (pattern) => ({ pattern }),
  },
  {
    usage: "search for TEXT",
    pattern: /^(?:search for|grep) (.+)$/i,
    tool: "Grep",
    args: (pattern) => ({ pattern }),
  },
  {
    usage: "read FILE",
    pattern: /^(?:read|cat) (?:the file )?(\S.*)$/i,
    tool: "Read",
    args: (path) => ({ file_path: path }),
  },
  { usage: "run `COMMAND`", pattern: /^run:? (\S[\s\S]*)$/i, tool: "Bash", args: (command) => ({ command }) },
  {
    usage: "write FILE: TEXT",
    pattern: /^write (?:the file )?(\S[^:\n]*): ?([\s\S]*)$/i,
    tool: "Write",
    args: (path, content) => ({ file_path: path, content }),
  },
  {
    usage: "delegate: TASK",
    pattern: /^delegate:? (\S[\s\S]*)$/i,
    tool: "Agent",
    args: (prompt) => ({ description: "Delegated task", prompt }),
  },
];

/** The most characters of a result that an answer repeats. */
const resultCharsMax = 4_000;

/** The answer to plain words; anything it does not know gets the plain truth about this provider. */
export function answerWords(turn: Turn): Answer {
  const text = turn.prompt.trim();
  if (/^\/?help[.!?]?$/i.test(text)) return say(helpText());
  for (const phrase of phrases) {
    const found = phrase.pattern.exec(text);
    if (found === null) continue;
    const result = turn.rounds.at(-1)?.[0];
    if (result !== undefined) return say(report(result));
    if (!turn.tools.has(phrase.tool)) {
      return say(`I cannot do that: this session has no tool "${phrase.tool}".`);
    }
    const args = phrase.args(unquote(found[1] ?? ""), found[2] ?? "");
    return { text: `I use ${phrase.tool}.`, calls: [{ name: phrase.tool, args }] };
  }
  // Nobody has looked at it: the first of the two words keeps no round going.
  const [, verdict] = /a line of its own: "(VERDICT: [A-Z]+)"/.exec(text) ?? [];
  return say(
    verdict === undefined ? plainTruth(turn) : `No model is asked, so I have no objection.\n\n${verdict}`,
  );
}

function report(result: CallResult): string {
  const cut = result.output.length > resultCharsMax;
  const shown = cut ? result.output.slice(0, resultCharsMax).toWellFormed() : result.output;
  const body = `${shown.trimEnd()}${
    cut ? `\n[${result.output.length - resultCharsMax} more characters]` : ""
  }`;
  const seen = imagesNote(result.images);
  if (result.isError) return `${result.name} did not succeed:\n\n${body}`;
  return body === ""
    ? `${result.name} succeeded and said nothing.${seen}`
    : `${result.name} said:\n\n${body}${seen}`;
}

/** There is nobody here to look at them, but they arrived. */
function imagesNote(images: number): string {
  return images === 0
    ? ""
    : `\n\nI was given ${images} image${images === 1 ? "" : "s"} and cannot look at images.`;
}

function unquote(text: string): string {
  const quoted = /^(`+|"|')([\s\S]*)\1$/.exec(text.trim());
  return quoted?.[2] ?? text.trim();
}

function plainTruth({ prompt, images }: Turn): string {
  return `This is the scripted offline provider of jamey: no model is asked. You wrote:\n\n${prompt}${
    imagesNote(images)
  }\n\n${howToConfigure}\n\nSay "help" for what I understand without a model.`;
}

const howToConfigure =
  "To talk to a real model, set the key of a provider in the environment of the daemon (OPENAI_API_KEY, ANTHROPIC_API_KEY or another; LLM_BASE_URL for a local endpoint) and restart it: `jamey doctor` shows what it finds.";

function helpText(): string {
  return [
    "I am the scripted offline provider of jamey: I follow rules, no model is asked. I understand:",
    "",
    ...phrases.map((phrase) => `- ${phrase.usage}`),
    "- the demo task",
    '- script: [{"text": "...", "calls": [{"name": "Bash", "args": {"command": "ls"}}]}, {"text": "done"}]',
    "  (as the whole message or in a fenced block; step k is my answer after k rounds of tool calls)",
    "",
    howToConfigure,
  ].join("\n");
}
