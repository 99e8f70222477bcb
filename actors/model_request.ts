// The model request: built from the transcript, the same way for sending and for replay, so that its hash proves it.
import { createHash } from "node:crypto";
import type { Message, ModelRequest, ToolSpec } from "../src/protocol/conversation.ts";
import type { JsonObject, JsonValue } from "../src/protocol/json.ts";
import type { SessionLog } from "../src/log/port.ts";
import { Problem } from "../src/protocol/problem.ts";

/** The part of a request that rarely changes: kept once, as a blob. */
export interface RequestHead {
  system: string;
  tools: ToolSpec[];
}

/** How `model.called` names its head. */
export interface HeadRef {
  blob: string;
  bytes: number;
}

/** Thoughts are tied to the model that had them: another one gets the conversation without. */
export function modelRequest(
  asked: { provider: string; model: string },
  head: RequestHead,
  messages: Message[],
): ModelRequest {
  const by = `${asked.provider}/${asked.model}`;
  const own = messages.map((message) => {
    if (message.role !== "assistant" || message.reasoning === undefined || message.reasoning.by === by) {
      return message;
    }
    const { reasoning: _foreign, ...rest } = message;
    return rest;
  });
  return { model: asked.model, ...head, messages: own };
}

export function wireHash(wire: JsonObject): string {
  return createHash("sha256").update(JSON.stringify(wire)).digest("hex");
}

/** Of each log the heads that are there, for as long as they are in use: each agent of a session has one of its own. */
const stored = new WeakMap<SessionLog, WeakMap<RequestHead, HeadRef>>();

export async function storeHead(head: RequestHead, log: SessionLog): Promise<HeadRef> {
  const known = stored.get(log) ?? new WeakMap<RequestHead, HeadRef>();
  stored.set(log, known);
  const before = known.get(head);
  if (before !== undefined) return before;
  const ref = await putHead(head, log);
  known.set(head, ref);
  return ref;
}

async function putHead(head: RequestHead, log: SessionLog): Promise<HeadRef> {
  const bytes = new TextEncoder().encode(JSON.stringify(head));
  return { blob: await log.putBlob(bytes), bytes: bytes.length };
}

export async function loadHead(ref: JsonValue, log: SessionLog): Promise<RequestHead> {
  if (typeof ref !== "object" || ref === null || Array.isArray(ref) || typeof ref.blob !== "string") {
    throw new Problem(
      "log_damaged",
      `Cannot read the head of a model call: "${JSON.stringify(ref)}" names no blob`,
    );
  }
  return JSON.parse(new TextDecoder().decode(await log.getBlob(ref.blob)));
}
