// Puts an answer of the responses API together from its events. It is whole at its terminal event and not before: the end
// of the connection says nothing, and half a tool call never gets through.
import { z } from "zod";
import type { Usage } from "../../protocol/facts.ts";
import type { JsonObject } from "../../protocol/json.ts";
import type { ModelCall } from "../contract.ts";
import { type Assembly, callsMax, errorIn, parseArgs, parseEvent } from "./assembly.ts";
import { type Advice, badAnswer, CallFailure, streamedFailure } from "./failure.ts";
import { type OutputItem, type ResponseEvent, responseEvent, type Terminal } from "./responses_events.ts";
import { responsesReasoning } from "./responses_wire.ts";
import type { ServerEvent } from "./sse.ts";

interface CallDraft {
  kind: "call";
  name: string;
  fragments: string[];
  /** The whole arguments, once the endpoint has said them. */
  whole: string | null;
}
interface TextDraft {
  kind: "text";
  text: string;
}
interface ThoughtDraft {
  kind: "thought";
  item: JsonObject;
  text: string;
}
/** What the model puts out, in its order, by the index of the endpoint. */
type Draft = CallDraft | TextDraft | ThoughtDraft;

interface State {
  drafts: Map<number, Draft>;
  text: string;
  terminal: Terminal | null;
}

export function assembleResponse(advice?: Advice): Assembly {
  const state: State = { drafts: new Map(), text: "", terminal: null };
  return {
    get text() {
      return state.text;
    },
    get started() {
      return state.text !== "" || calls(state).length > 0;
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
      // What an item says at the end counts where its pieces were never sent.
      event.response.output?.forEach((item, index) => closeItem(state, index, item));
      state.terminal = event;
      return;
    default:
      return event satisfies never;
  }
}

function openItem(state: State, index: number, item: OutputItem): void {
  if (item.type === "function_call") callAt(state, index).name = item.name ?? "";
}

function closeItem(state: State, index: number, item: OutputItem): void {
  if (item.type === "function_call") {
    const draft = callAt(state, index);
    draft.name = item.name || draft.name;
    // An item that was cut has the arguments that had come.
    if (item.arguments && item.status !== "incomplete") draft.whole = item.arguments;
  } else if (item.type === "message") {
    fillText(state, index, (item.content ?? []).map((part) => part.text ?? part.refusal ?? "").join(""));
  } else if (item.type === "reasoning") {
    const said = [...(item.summary ?? []), ...(item.content ?? [])].map((part) => part.text ?? "");
    state.drafts.set(index, { kind: "thought", item: thoughtItem(item), text: said.join("\n\n") });
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
  let draft = state.drafts.get(index);
  if (draft?.kind !== "text") {
    draft = { kind: "text", text: "" };
    state.drafts.set(index, draft);
  }
  // Two messages of one answer are two paragraphs.
  if (draft.text === "" && state.text !== "") state.text += "\n\n";
  draft.text += piece;
  state.text += piece;
}

/** The whole text of a message, for servers that send no pieces. */
function fillText(state: State, index: number, text: string): void {
  const draft = state.drafts.get(index);
  if (draft?.kind !== "text" || draft.text === "") addText(state, index, text);
}

function callAt(state: State, index: number): CallDraft {
  const found = state.drafts.get(index);
  if (found?.kind === "call") return found;
  if (calls(state).length >= callsMax) throw badAnswer(`it has more than ${callsMax} tool calls`);
  const draft: CallDraft = { kind: "call", name: "", fragments: [], whole: null };
  state.drafts.set(index, draft);
  return draft;
}

function inOrder(state: State): Draft[] {
  return [...state.drafts.entries()].sort(([a], [b]) => a - b).map(([, draft]) => draft);
}

function calls(state: State): CallDraft[] {
  return inOrder(state).filter((draft) => draft.kind === "call");
}

function endOf(state: State): ReturnType<Assembly["end"]> {
  const { terminal, text } = state;
  if (terminal === null) {
    if (calls(state).length > 0) throw badAnswer("it ended inside a tool call");
    throw new CallFailure("disconnected", "the answer ended before it was whole", { retry: true });
  }
  const made = calls(state).map((draft) => finishCall(draft, terminal.type === "response.completed"));
  const thoughts = inOrder(state).filter((draft) => draft.kind === "thought");
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
