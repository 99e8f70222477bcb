// Plans for the Messages API: streamed answers in the documented form, as the model server's plans are for the other wire.
// https://platform.claude.com/docs/en/build-with-claude/streaming
import { bytes, type Plan, sse, type Step } from "./model_plan.ts";

export type PlannedBlock =
  | { text: string | readonly string[] }
  /** A string is sent as it is. */
  | { name: string; args: Record<string, unknown> | string }
  | { thinking: string; signature?: string }
  | { redacted: string };

export interface PlannedMessage {
  blocks?: readonly PlannedBlock[];
  /** Null sends none. */
  stop?: string | null;
  stopDetails?: Record<string, unknown>;
  usage?: Record<string, number | null>;
  /** Of the last event; 7 tokens without it. */
  usageAtEnd?: Record<string, number | null>;
}

/** Characters of arguments, thinking and signatures that go into one event. */
const pieceChars = 7;

/** A regular streamed answer; its steps are its events. */
export function message(given: PlannedMessage = {}): Plan {
  const blocks = given.blocks ?? [];
  const calls = blocks.some((block) => "name" in block);
  const stop = given.stop === undefined ? (calls ? "tool_use" : "end_turn") : given.stop;
  const usage = { input_tokens: 11, output_tokens: 1, ...given.usage };
  return sse([
    named("message_start", {
      message: { id: "msg_1", type: "message", role: "assistant", model: "local", content: [], usage },
    }),
    named("ping", {}),
    ...blocks.flatMap(blockEvents),
    ...(stop === null ? [] : [named("message_delta", {
      delta: { stop_reason: stop, stop_sequence: null, stop_details: given.stopDetails ?? null },
      usage: { output_tokens: 7, ...given.usageAtEnd },
    })]),
    named("message_stop", {}),
  ]);
}

function blockEvents(block: PlannedBlock, index: number): Step[] {
  const { head, deltas } = partsOf(block, index);
  return [
    named("content_block_start", { index, content_block: head }),
    ...deltas.map((delta) => named("content_block_delta", { index, delta })),
    named("content_block_stop", { index }),
  ];
}

function partsOf(block: PlannedBlock, index: number): { head: unknown; deltas: unknown[] } {
  if ("text" in block) {
    const texts = typeof block.text === "string" ? [block.text] : block.text;
    return {
      head: { type: "text", text: "" },
      deltas: texts.map((text) => ({ type: "text_delta", text })),
    };
  }
  if ("name" in block) {
    const args = typeof block.args === "string" ? block.args : JSON.stringify(block.args);
    return {
      head: { type: "tool_use", id: `toolu_${index}`, name: block.name, input: {} },
      deltas: ["", ...pieces(args)].map((partial_json) => ({ type: "input_json_delta", partial_json })),
    };
  }
  if ("redacted" in block) return { head: { type: "redacted_thinking", data: block.redacted }, deltas: [] };
  const signature = block.signature ?? "";
  return {
    head: { type: "thinking", thinking: "", signature: "" },
    deltas: [
      ...pieces(block.thinking).map((thinking) => ({ type: "thinking_delta", thinking })),
      ...(signature === "" ? [] : [{ type: "signature_delta", signature }]),
    ],
  };
}

function pieces(text: string): string[] {
  return Array.from(
    { length: Math.ceil(text.length / pieceChars) },
    (_, at) => text.slice(at * pieceChars, (at + 1) * pieceChars),
  );
}

/** One event as the API frames it: its name, and its type again in the data. */
export function named(type: string, fields: Record<string, unknown>): Uint8Array {
  return bytes(`event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`);
}

export function errorEvent(type: string, text = "Overloaded"): Uint8Array {
  return named("error", { error: { type, message: text }, request_id: "req_1" });
}

/** A refusal of the request in the form of the API. */
export function decline(
  status: number,
  type: string,
  text: string,
  headers: Record<string, string> = {},
): Plan {
  const body = JSON.stringify({ type: "error", error: { type, message: text }, request_id: "req_1" });
  return { status, headers: { "content-type": "application/json", ...headers }, steps: [bytes(body)] };
}
