// Thinking blocks as a message keeps them, and back again. They are signed: the API takes them only as they were, in the order
// in which they were, so places between them are marked where the model spoke or called in between.
import { z } from "zod";
import type { Reasoning } from "../../protocol/facts.ts";
import { type JsonObject, jsonObject } from "../../protocol/json.ts";

export const reasoningFormat = "anthropic";

/** A part of an answer in the order in which it came. `thought` is the endpoint's own block. */
export type Part =
  | { type: "thought"; block: JsonObject; text: string }
  | { type: "said"; chars: number }
  | { type: "called" };

const said = z.object({ type: z.literal("said"), chars: z.number().int().nonnegative() });
const called = z.object({ type: z.literal("called") });

/** What is kept of an answer's thinking; undefined when there was none. */
export function keepReasoning(parts: readonly Part[]): Reasoning | undefined {
  const last = parts.findLastIndex((part) => part.type === "thought");
  if (last < 0) return undefined;
  const kept = parts.slice(0, last + 1);
  const text = kept.flatMap((part) => part.type === "thought" && part.text !== "" ? [part.text] : []);
  const items = kept.map((part): JsonObject => part.type === "thought" ? part.block : { ...part });
  return { format: reasoningFormat, text: text.join("\n\n"), items };
}

/**
 * The content of an assistant message: kept thinking where it was, text and calls around it, all of them exactly once.
 * Reasoning of another format is left out.
 */
export function placeReasoning(
  reasoning: Reasoning | undefined,
  text: string,
  calls: readonly JsonObject[],
): JsonObject[] {
  const content: JsonObject[] = [];
  let rest = text;
  let nextCall = 0;
  const say = (piece: string) => {
    // The API refuses blank text.
    if (piece.trim() !== "") content.push({ type: "text", text: piece.toWellFormed() });
  };
  for (const item of reasoning?.format === reasoningFormat ? reasoning.items : []) {
    const speech = said.safeParse(item);
    if (speech.success) {
      say(rest.slice(0, speech.data.chars));
      rest = rest.slice(speech.data.chars);
    } else if (called.safeParse(item).success) {
      content.push(...calls.slice(nextCall, nextCall + 1));
      nextCall++;
    } else {
      content.push(jsonObject.parse(item));
    }
  }
  say(rest);
  content.push(...calls.slice(nextCall));
  return content;
}
