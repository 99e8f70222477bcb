// Puts an answer of the responses API together from its events. It is whole at its terminal event and not before: the end
// of the connection says nothing, and half a tool call never gets through.
import { z } from "zod";
import type { Usage } from "../../protocol/facts.ts";
import type { JsonObject } from "../../protocol/json.ts";
import type { ModelCall } from "../contract.ts";
import { callsMax, errorIn, parseArgs, parseEvent } from "./assembly.ts";
import type { Answer, Done } from "../wire/attempt.ts";
import { type Advice, badAnswer, CallFailure, streamedFailure } from "../wire/failure.ts";
import { type OutputItem, type ResponseEvent, responseEvent, type Terminal } from "./responses_events.ts";
import { responsesReasoning } from "./responses_wire.ts";
import type { ServerEvent } from "../wire/sse.ts";

interface CallDraft {
  name: string;
  fragments: string[];
  /** The whole arguments, once the endpoint has said them. */
  whole: string | null;
}
interface TextDraft {
  text: string;
}
interface ThoughtDraft {
  item: JsonObject;
  text: string;
}
interface State {
  /** What the model puts out, by the index of the endpoint: each kind for itself, for servers that number everything 0. */
  calls: Map<number, CallDraft>;
  texts: Map<number, TextDraft>;
  thoughts: Map<number, ThoughtDraft>;
  text: string;
  terminal: Terminal | null;
}

export function assembleResponse(advice?: Advice): Answer {
  const state: State = {
    calls: new Map(),
    texts: new Map(),
    thoughts: new Map(),
    text: "",
    terminal: null,
  };
  return {
    get text() {
      return state.text;
    },
    get started() {
      return state.text !== "" || state.calls.size > 0;
    },
    get finished() {
      return state.terminal !== null;
    },
    get closed() {
      return state.terminal !== null;
    },
    add(event) {
      // Some servers close with the word of the other API.
      if (event.data === "[DONE]") return "";
      const before = state.text.length;
      take(state, readEvent(event, advice), advice);
      return state.text.slice(before);
    },
    end: () => endOf(state),
  };
}

function readEvent(event: ServerEvent, advice: Advice | undefined): ResponseEvent | null {
  const value = parseEvent(event);
  const typed = z.looseObject({ type: z.string() }).safeParse(value);
  if (event.event === "error" || (typed.success && typed.data.type === "error")) {
    throw streamedFailure(errorIn(value), advice);
  }
  if (!typed.success) {
    // Errors of proxies come without a type.
    if (errorIn(value) !== value) throw streamedFailure(errorIn(value), advice);
    throw badAnswer('an event has the wrong shape: it has no "type"');
  }
  const parsed = responseEvent(typed.data);
  if (parsed === "unknown") return null;
  if ("wrong" in parsed) throw badAnswer(`an event has the wrong shape: ${parsed.wrong}`);
  return parsed;
}

function take(state: State, event: ResponseEvent | null, advice: Advice | undefined): void {
  if (event === null) return;
  switch (event.type) {
    case "response.output_text.delta":
    case "response.refusal.delta":
      return addText(state, event.output_index, event.delta);
    case "response.output_text.done":
      return fillText(state, event.output_index, event.text);
    case "response.function_call_arguments.delta":
      callAt(state, event.output_index).fragments.push(event.delta);
      return;
    case "response.function_call_arguments.done":
      callAt(state, event.output_index).whole = event.arguments;
      return;
    case "response.output_item.added":
      return openItem(state, event.output_index, event.item);
    case "response.output_item.done":
      return closeItem(state, event.output_index, event.item);
    case "response.failed":
      throw streamedFailure(event.response.error ?? { message: "it gave no reason" }, advice);
    case "response.completed":
    case "response.incomplete":
      takeOutput(state, event.response.output ?? []);
      state.terminal = event;
      return;
    default:
      return event satisfies never;
  }
}

/** The whole output at the end counts for what was never sent in pieces: its numbers need not be those of the pieces. */
function takeOutput(state: State, output: readonly OutputItem[]): void {
  const missing = new Set<string>();
  if (state.calls.size === 0) missing.add("function_call");
  if (state.texts.size === 0) missing.add("message");
  if (state.thoughts.size === 0) missing.add("reasoning");
  output.forEach((item, index) => {
    if (missing.has(item.type)) closeItem(state, index, item);
  });
}

function openItem(state: State, index: number, item: OutputItem): void {
  if (item.type === "function_call") callAt(state, index).name = item.name ?? "";
}

function closeItem(state: State, index: number, item: OutputItem): void {
  if (item.type === "function_call") {
    const draft = callAt(state, index);
    draft.name = item.name || draft.name;
    draft.whole = item.arguments || draft.whole;
  } else if (item.type === "message") {
    fillText(state, index, (item.content ?? []).map((part) => part.text ?? part.refusal ?? "").join(""));
  } else if (item.type === "reasoning") {
    const said = [...(item.summary ?? []), ...(item.content ?? [])].map((part) => part.text ?? "");
    state.thoughts.set(index, { item: thoughtItem(item), text: said.join("\n\n") });
  }
}

/** As it came, without its status, which the API gives and does not take. */
function thoughtItem(item: OutputItem): JsonObject {
  const { status: _, ...kept } = item;
  // The border cast: it was read from JSON.
  return kept as unknown as JsonObject;
}

function addText(state: State, index: number, piece: string): void {
  if (piece === "") return;
  const draft = state.texts.get(index) ?? { text: "" };
  state.texts.set(index, draft);
  // Two messages of one answer are two paragraphs.
  if (draft.text === "" && state.text !== "") state.text += "\n\n";
  draft.text += piece;
  state.text += piece;
}

/** The whole text of a message, for servers that send no pieces. */
function fillText(state: State, index: number, text: string): void {
  if ((state.texts.get(index)?.text ?? "") === "") addText(state, index, text);
}

function callAt(state: State, index: number): CallDraft {
  const found = state.calls.get(index);
  if (found !== undefined) return found;
  if (state.calls.size >= callsMax) throw badAnswer(`it has more than ${callsMax} tool calls`);
  const draft: CallDraft = { name: "", fragments: [], whole: null };
  state.calls.set(index, draft);
  return draft;
}

function inOrder<T>(drafts: ReadonlyMap<number, T>): T[] {
  return [...drafts.entries()].sort(([a], [b]) => a - b).map(([, draft]) => draft);
}

function endOf(state: State): Done {
  const { terminal, text } = state;
  if (terminal === null) {
    if (state.calls.size > 0) throw badAnswer("it ended inside a tool call");
    throw new CallFailure("disconnected", "the answer ended before it was whole", { retry: true });
  }
  const made = inOrder(state.calls).map((draft) => finishCall(draft, terminal.type === "response.completed"));
  const thoughts = inOrder(state.thoughts);
  const reasoning = {
    format: responsesReasoning,
    text: thoughts.map((thought) => thought.text).filter((said) => said !== "").join("\n\n"),
    items: thoughts.map((thought) => thought.item),
  };
  return {
    type: "done",
    text,
    calls: made,
    usage: readUsage(terminal),
    stop_reason: stopReason(terminal, made.length),
    ...(thoughts.length === 0 ? {} : { reasoning }),
  };
}

function finishCall(draft: CallDraft, whole: boolean): ModelCall {
  const { name } = draft;
  if (name === "") throw badAnswer("a tool call has no name");
  const fragments = draft.whole === null ? draft.fragments : [draft.whole];
  const source = fragments.join("");
  // Models leave the arguments of a tool that takes none empty.
  if (source.trim() === "" && whole) return { name, args: {} };
  const args = parseArgs(fragments);
  if (args !== null) return { name, args };
  if (!whole) throw badAnswer(`the arguments of the call of "${name}" are cut off`);
  return { name, args: source };
}

function stopReason(terminal: Terminal, calls: number): string {
  if (terminal.type === "response.completed") return calls > 0 ? "tool_calls" : "stop";
  const reason = terminal.response.incomplete_details?.reason ?? "incomplete";
  return reason === "max_output_tokens" ? "length" : reason;
}

function readUsage({ response: { usage: told } }: Terminal): Usage {
  const input_tokens = told?.input_tokens ?? 0;
  const cached = Math.min(told?.input_tokens_details?.cached_tokens ?? 0, input_tokens);
  const usage = { input_tokens, output_tokens: told?.output_tokens ?? 0 };
  return cached === 0 ? usage : { ...usage, cache_read_tokens: cached };
}
