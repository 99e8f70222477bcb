// The model request: built from the transcript, the same way for sending and for replay, so that its hash proves it.
import { createHash } from "node:crypto";
import type { SessionMeta } from "../machines/session_meta.ts";
import type { Message, ModelRequest, ToolSpec } from "../src/protocol/conversation.ts";
import type { JsonObject, JsonValue } from "../src/protocol/json.ts";
import type { SessionLog } from "../src/log/port.ts";
import { Problem } from "../src/protocol/problem.ts";
import { systemPrompt } from "./system_prompt.ts";
import { agentToolName, isSubAgent } from "./follow_ups.ts";

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

export function requestHead(meta: SessionMeta, actor: string, tools: readonly ToolSpec[]): RequestHead {
  return {
    system: systemPrompt(meta, actor),
    tools: tools.filter((tool) => !(isSubAgent(actor) && tool.name === agentToolName)),
  };
}

export function modelRequest(model: string, head: RequestHead, messages: Message[]): ModelRequest {
  return { model, ...head, messages };
}

export function wireHash(wire: JsonObject): string {
  return createHash("sha256").update(JSON.stringify(wire)).digest("hex");
}

export async function storeHead(head: RequestHead, log: SessionLog): Promise<HeadRef> {
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
