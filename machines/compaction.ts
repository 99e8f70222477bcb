// Compaction: how a conversation is made smaller for the model. The facts say what was done; this says what it means.
// The originals stay in the conversation and in the log.
import type { Message } from "../src/protocol/conversation.ts";
import { enclosed } from "../src/protocol/enclosed.ts";
import type { FactData } from "../src/protocol/facts.ts";

export interface Compaction {
  /** Messages up to this fact are not sent; the summary, when there is one, stands for them. */
  before: number;
  summary: string | null;
  /** Results of calls up to this fact are sent as references. */
  micro: number;
  /** The most characters of one text; null for no limit. */
  textMax: number | null;
}

export const noCompaction: Compaction = { before: 0, summary: null, micro: 0, textMax: null };

/** Results that are shorter stay as they are. */
export const microCharsMin = 600;
/** Characters of a result that its reference still shows. */
const microHeadChars = 200;
/** Characters of the last words of a user that are sent when they stand in the part that is not. */
const lastWordsChars = 2_000;

export function withCompaction(now: Compaction, data: FactData<"context.compacted">): Compaction {
  // With the past go the texts that were too long.
  const moves = data.kind !== "micro" && data.through > now.before;
  const textMax = data.text_max ?? (moves ? null : now.textMax);
  switch (data.kind) {
    case "micro":
      return { ...now, textMax, micro: Math.max(now.micro, data.through) };
    case "summary":
      return { ...now, textMax, before: data.through, summary: data.summary ?? null };
    case "cut":
      return { ...now, textMax, before: Math.max(now.before, data.through) };
  }
}

interface Source {
  messages: readonly Message[];
  seqs: readonly number[];
  steering: readonly Message[];
}

/** What is sent of a conversation. */
export function compactedView({ messages, seqs, steering }: Source, compaction: Compaction): Message[] {
  if (compaction === noCompaction) return [...messages, ...steering];
  const first = firstAfter(seqs, compaction.before);
  const view = first === 0 ? [] : [opening(compaction, lastWords({ messages, seqs, steering }, first))];
  for (let index = first; index < messages.length; index++) {
    const message = messages[index];
    if (message === undefined) continue;
    view.push(shortened(message, (seqs[index] ?? 0) <= compaction.micro, compaction.textMax));
  }
  for (const message of steering) view.push(shortened(message, false, compaction.textMax));
  return view;
}

/** Index of the first message that was put there after the fact `seq`. */
export function firstAfter(seqs: readonly number[], seq: number): number {
  let low = 0;
  let high = seqs.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((seqs[middle] ?? 0) <= seq) low = middle + 1;
    else high = middle;
  }
  return low;
}

function opening({ summary, textMax }: Compaction, words: string | null): Message {
  const text = summary === null
    ? "The earlier part of this conversation was left out because it was too long. Ask, or look again, for what you need of it."
    : `The earlier part of this conversation was replaced by this summary:\n\n${summary}`;
  const wanted = words === null
    ? ""
    : `\n\nWhat was asked for last:\n\n${cut(words, Math.min(lastWordsChars, textMax ?? lastWordsChars))}`;
  return { role: "user", text: enclosed("note", `${text}${wanted}`) };
}

/** What a long turn is about, when its message is in the part that is left out. A sub-agent's is its first. */
function lastWords({ messages, steering }: Source, first: number): string | null {
  const isSaid = (message: Message) => message.role === "user" && message.message_id !== undefined;
  const last = messages.findLastIndex(isSaid);
  if (last >= first || steering.some(isSaid)) return null;
  const said = messages[Math.max(last, 0)];
  return said?.role === "user" ? said.text : null;
}

function shortened(message: Message, micro: boolean, textMax: number | null): Message {
  if (message.role === "tool" && micro && (message.output.length > microCharsMin || message.images)) {
    const { images: _left, ...rest } = message;
    return { ...rest, output: reference(message.output, message.images?.length ?? 0) };
  }
  if (textMax === null) return message;
  if (message.role === "tool") return { ...message, output: cut(message.output, textMax) };
  return { ...message, text: cut(message.text, textMax) };
}

function reference(output: string, images: number): string {
  const head = output.slice(0, microHeadChars).toWellFormed();
  const pictures = images === 0 ? "" : ` and ${images} images`;
  return `${head}\n[... the rest of ${output.length} characters${pictures} was left out to save room; call the tool again if you need it ...]`;
}

function cut(text: string, charsMax: number): string {
  if (text.length <= charsMax) return text;
  const half = Math.floor(charsMax / 2);
  return `${text.slice(0, half).toWellFormed()}\n[... ${
    text.length - 2 * half
  } characters were left out ...]\n${text.slice(-half).toWellFormed()}`;
}
