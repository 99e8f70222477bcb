// Plans in the language of the responses API, and its requests in the form in which the model server checks conversations.
import { bytes, type Plan, type PlannedCall, sse } from "./model_plan.ts";
import type { WireMessage } from "./model_server.ts";

export interface ResponsesAnswer {
  /** One event for each piece. */
  text?: string | readonly string[];
  calls?: readonly PlannedCall[];
  /** Thoughts that come before everything else. */
  thoughts?: readonly { summary?: string; encrypted?: string }[];
  usage?: { input_tokens: number; output_tokens: number; cached_tokens?: number };
  /** How it ends: null sends no terminal event. */
  end?: "completed" | "incomplete" | null;
}

/** Characters of the arguments that go into one event. */
const argsPiece = 7;

/** A regular streamed answer, with the events that the documentation gives. */
export function respond(given: ResponsesAnswer = {}): Plan {
  const texts = typeof given.text === "string" ? [given.text] : given.text ?? [];
  const items: { item: Record<string, unknown>; events: unknown[] }[] = [];
  for (const thought of given.thoughts ?? []) items.push(thoughtItem(thought, items.length));
  if (texts.length > 0) items.push(messageItem(texts, items.length));
  for (const call of given.calls ?? []) items.push(callItem(call, items.length));
  const end = given.end === undefined ? "completed" : given.end;
  const usage = given.usage ?? { input_tokens: 11, output_tokens: 7 };
  const response = {
    id: "resp_1",
    object: "response",
    status: end,
    output: items.map(({ item }) => item),
    usage: {
      input_tokens: usage.input_tokens,
      input_tokens_details: { cached_tokens: usage.cached_tokens ?? 0 },
      output_tokens: usage.output_tokens,
      output_tokens_details: { reasoning_tokens: 0 },
    },
    ...(end === "incomplete" ? { incomplete_details: { reason: "max_output_tokens" } } : {}),
  };
  return sse([
    responseEvent("response.created", { response: { id: "resp_1", status: "in_progress", output: [] } }),
    responseEvent("response.in_progress", {
      response: { id: "resp_1", status: "in_progress", output: [] },
    }),
    ...items.flatMap(({ events }) => events.map((event) => responseEvent("", event))),
    ...(end === null ? [] : [responseEvent(`response.${end}`, { response })]),
  ]);
}

/** One event as the endpoint sends it: named, with its type in the data too. */
export function responseEvent(type: string, data: unknown): Uint8Array {
  const fields = typeof data === "object" && data !== null ? data : {};
  const whole: { type?: unknown } = { ...(type === "" ? {} : { type }), ...fields };
  return bytes(`event: ${whole.type}\ndata: ${JSON.stringify(whole)}\n\n`);
}

function thoughtItem(thought: { summary?: string; encrypted?: string }, index: number) {
  const summary = thought.summary === undefined ? [] : [{ type: "summary_text", text: thought.summary }];
  const item = {
    id: `rs_${index}`,
    type: "reasoning",
    summary,
    status: "completed",
    ...(thought.encrypted === undefined ? {} : { encrypted_content: thought.encrypted }),
  };
  const open = { id: item.id, type: "reasoning", summary: [] };
  return {
    item,
    events: [
      { type: "response.output_item.added", output_index: index, item: open },
      ...summary.map((part) => ({
        type: "response.reasoning_summary_text.delta",
        output_index: index,
        summary_index: 0,
        delta: part.text,
      })),
      { type: "response.output_item.done", output_index: index, item },
    ],
  };
}

function messageItem(texts: readonly string[], index: number) {
  const place = { item_id: `msg_${index}`, output_index: index, content_index: 0 };
  const content = [{ type: "output_text", text: texts.join(""), annotations: [] }];
  const item = { id: place.item_id, type: "message", role: "assistant", status: "completed", content };
  const open = { ...item, status: "in_progress", content: [] };
  return {
    item,
    events: [
      { type: "response.output_item.added", output_index: index, item: open },
      ...texts.map((delta) => ({ type: "response.output_text.delta", ...place, delta })),
      { type: "response.output_text.done", ...place, text: texts.join("") },
      { type: "response.output_item.done", output_index: index, item },
    ],
  };
}

function callItem(call: PlannedCall, index: number) {
  const args = typeof call.args === "string" ? call.args : JSON.stringify(call.args);
  const place = { item_id: `fc_${index}`, output_index: index };
  const item = {
    id: place.item_id,
    type: "function_call",
    call_id: call.id ?? `call_${index}`,
    name: call.name,
    arguments: args,
    status: "completed",
  };
  const pieces = Array.from(
    { length: Math.ceil(args.length / argsPiece) },
    (_, at) => args.slice(at * argsPiece, (at + 1) * argsPiece),
  );
  return {
    item,
    events: [
      {
        type: "response.output_item.added",
        output_index: index,
        item: { ...item, arguments: "", status: "in_progress" },
      },
      ...pieces.map((delta) => ({ type: "response.function_call_arguments.delta", ...place, delta })),
      { type: "response.function_call_arguments.done", ...place, arguments: args },
      { type: "response.output_item.done", output_index: index, item },
    ],
  };
}

interface InputItem {
  type?: string;
  role?: string;
  content?: unknown;
  call_id?: string;
  name?: string;
  arguments?: string;
}

/** The conversation in a request to the responses API: calls that follow each other are those of one answer. */
export function messagesOf(input: unknown): WireMessage[] {
  const messages: WireMessage[] = [];
  for (const item of Array.isArray(input) ? input as InputItem[] : []) {
    const id = item.call_id ?? "";
    if (item.type === "function_call") {
      const last = messages.at(-1);
      const call = { id, function: { name: item.name ?? "", arguments: item.arguments ?? "" } };
      if (last?.role === "assistant" && last.tool_calls !== undefined) last.tool_calls.push(call);
      else messages.push({ role: "assistant", tool_calls: [call] });
    } else if (item.type === "function_call_output") messages.push({ role: "tool", tool_call_id: id });
    else if (item.type !== "reasoning") messages.push({ role: item.role ?? "" });
  }
  return messages;
}
