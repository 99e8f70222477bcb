// Puts an answer together from its chunks. Knows when an answer is whole, and never lets half a tool call through.
import { z } from "zod";
import type { Usage } from "../../protocol/facts.ts";
import { jsonObject } from "../../protocol/json.ts";
import type { ModelCall } from "../contract.ts";
import type { Answer } from "../wire/attempt.ts";
import { type Advice, badAnswer, CallFailure, streamedFailure } from "../wire/failure.ts";
import type { ServerEvent } from "../wire/sse.ts";

/** The most calls of one answer. */
export const callsMax = 128;
/** The format of what a model thought, as chat completions tell it: words only. */
const chatReasoning = "openai-chat";

const callDelta = z.object({
  index: z.number().int().nullish(),
  id: z.string().nullish(),
  function: z.object({ name: z.string().nullish(), arguments: z.string().nullish() }).nullish(),
});
type CallDelta = z.infer<typeof callDelta>;
const tokens = z.number().nonnegative().transform(Math.trunc).nullish();
const chunk = z.object({
  choices: z.array(z.object({
    index: z.number().nullish(),
    delta: z.object({
      content: z.string().nullish(),
      refusal: z.string().nullish(),
      // What the model thinks, under the names that DeepSeek and vLLM, and OpenRouter and Ollama use.
      reasoning_content: z.string().nullish().catch(null),
      reasoning: z.string().nullish().catch(null),
      tool_calls: z.array(callDelta).nullish(),
    }).nullish(),
    finish_reason: z.string().nullish(),
  })).nullish(),
  usage: z.object({
    prompt_tokens: tokens,
    completion_tokens: tokens,
    prompt_tokens_details: z.object({ cached_tokens: tokens }).nullish().catch(null),
  }).nullish(),
  error: z.unknown().optional(),
});

/** A call in the making; `index` and `id` are the endpoint's and only tell calls apart. */
interface Draft {
  index: number | null;
  id: string;
  name: string;
  fragments: string[];
}

/**
 * Repeated chunks: the wire has no sequence numbers, and two equal pieces of text may be meant ("ha", "ha"), so text is
 * never dropped here (see sse.ts for events with ids). What is provably a repetition does no harm: the name of a call and
 * the finish reason are set, not appended, and arguments behind a complete JSON object can only be a repetition.
 */
export function assembleAnswer(advice?: Advice): Answer {
  const drafts: Draft[] = [];
  let text = "";
  let thought = "";
  let finish = "";
  let closed = false;
  let usage: Usage = { input_tokens: 0, output_tokens: 0 };

  return {
    get text() {
      return text;
    },
    get started() {
      return text !== "" || drafts.length > 0;
    },
    get finished() {
      return finish !== "";
    },
    get closed() {
      return closed;
    },
    add(event) {
      if (event.data === "[DONE]") {
        closed = true;
        return "";
      }
      const parsed = parseChunk(event, advice);
      if (parsed.usage) usage = readUsage(parsed.usage);
      const choice = parsed.choices?.find((one) => (one.index ?? 0) === 0);
      const added = (choice?.delta?.content ?? "") + (choice?.delta?.refusal ?? "");
      text += added;
      // Some servers fill both.
      thought += choice?.delta?.reasoning_content || choice?.delta?.reasoning || "";
      for (const delta of choice?.delta?.tool_calls ?? []) addCallDelta(drafts, delta);
      // Some servers send an empty reason with every chunk.
      finish = choice?.finish_reason || finish;
      return added;
    },
    end() {
      if (finish === "" && !closed) throw cutOff(drafts);
      // Any other reason to stop (length, content filter), or none, may have cut the last call.
      const whole = finish === "tool_calls" || finish === "stop" || finish === "function_call";
      const calls = drafts.map((draft) => finishCall(draft, whole));
      const stop_reason = finish || (calls.length > 0 ? "tool_calls" : "stop");
      // Kept for people; endpoints do not want it back.
      const reasoning = thought === ""
        ? {}
        : { reasoning: { format: chatReasoning, text: thought, items: [] } };
      return { type: "done", text, calls, usage, stop_reason, ...reasoning };
    },
  };
}

function cutOff(drafts: readonly Draft[]): CallFailure {
  if (drafts.length > 0) return badAnswer("it ended inside a tool call");
  return new CallFailure("disconnected", "the answer ended before it was whole", { retry: true });
}

function readUsage(told: NonNullable<z.infer<typeof chunk>["usage"]>): Usage {
  const input_tokens = told.prompt_tokens ?? 0;
  const cached = Math.min(told.prompt_tokens_details?.cached_tokens ?? 0, input_tokens);
  const usage = { input_tokens, output_tokens: told.completion_tokens ?? 0 };
  return cached === 0 ? usage : { ...usage, cache_read_tokens: cached };
}

/** The JSON of one event. Throws a CallFailure. */
export function parseEvent(event: ServerEvent): unknown {
  try {
    return JSON.parse(event.data);
  } catch {
    throw badAnswer(`an event is not JSON: ${event.data.slice(0, 80)}`);
  }
}

function parseChunk(event: ServerEvent, advice: Advice | undefined): z.infer<typeof chunk> {
  const value = parseEvent(event);
  if (event.event === "error") throw streamedFailure(errorIn(value), advice);
  const parsed = chunk.safeParse(value);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw badAnswer(`an event has the wrong shape: "${issue?.path.join(".")}": ${issue?.message}`);
  }
  if (parsed.data.error) throw streamedFailure(parsed.data.error, advice);
  return parsed.data;
}

/** LM Studio and others wrap what their error events say. */
export function errorIn(value: unknown): unknown {
  const wrapped = z.object({ error: z.union([z.string(), z.looseObject({})]) }).safeParse(value);
  return wrapped.success ? wrapped.data.error : value;
}

function addCallDelta(drafts: Draft[], delta: CallDelta): void {
  const name = delta.function?.name ?? "";
  let draft = findDraft(drafts, delta, name);
  if (draft === undefined) {
    if (drafts.length >= callsMax) throw badAnswer(`it has more than ${callsMax} tool calls`);
    draft = { index: delta.index ?? null, id: delta.id ?? "", name: "", fragments: [] };
    drafts.push(draft);
  }
  if (name !== "") draft.name = name;
  if (draft.id === "") draft.id = delta.id ?? "";
  if (delta.function?.arguments) draft.fragments.push(delta.function.arguments);
}

/** By index; where servers leave it out or give every call the same one, a new id with a name opens a new call. */
function findDraft(drafts: readonly Draft[], delta: CallDelta, name: string): Draft | undefined {
  const id = delta.id ?? "";
  const byId = id === "" ? undefined : drafts.findLast((draft) => draft.id === id);
  if (byId !== undefined && (delta.index == null || byId.index === delta.index)) return byId;
  const candidate = delta.index == null
    ? (name === "" ? drafts.at(-1) : undefined)
    : drafts.findLast((draft) => draft.index === delta.index);
  const another = candidate !== undefined && id !== "" && candidate.id !== "" && candidate.id !== id &&
    name !== "";
  return another ? undefined : candidate;
}

function finishCall(draft: Draft, whole: boolean): ModelCall {
  if (draft.name === "") throw badAnswer("a tool call has no name");
  const source = draft.fragments.join("");
  // Models leave the arguments of a tool that takes none empty.
  if (source.trim() === "" && whole) return { name: draft.name, args: {} };
  const args = parseArgs(draft.fragments);
  if (args !== null) return { name: draft.name, args };
  if (!whole) throw badAnswer(`the arguments of the call of "${draft.name}" are cut off`);
  return { name: draft.name, args: source };
}

/** The object that the fragments make; null when they make none. */
export function parseArgs(fragments: readonly string[]): ModelCall["args"] | null {
  const source = fragments.join("");
  const half = source.slice(0, source.length / 2);
  const withoutLast = fragments.at(-1) === fragments.at(-2) ? fragments.slice(0, -1).join("") : source;
  const candidates = [source, withoutLast, ...(half + half === source ? [half] : [])];
  for (const candidate of new Set(candidates)) {
    try {
      const parsed = jsonObject.safeParse(JSON.parse(candidate));
      if (parsed.success) return parsed.data;
    } catch {
      continue;
    }
  }
  return null;
}
