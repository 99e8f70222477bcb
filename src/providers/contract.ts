// The provider contract: one model endpoint behind one small interface.
import type { ModelRequest } from "../protocol/conversation.ts";
import type { ErrorInfo, Usage } from "../protocol/facts.ts";
import type { JsonObject } from "../protocol/json.ts";

/** A tool call as the model gave it. `args` is a string when it was not a JSON object. */
export interface ModelCall {
  name: string;
  args: JsonObject | string;
}

export type ModelEvent =
  /** More text of the answer. */
  | { type: "text"; text: string }
  /** A failed attempt, before any text: another follows after `delayMs`. */
  | { type: "retry"; attempt: number; delayMs: number; error: ErrorInfo }
  | { type: "done"; text: string; calls: ModelCall[]; usage: Usage; stop_reason: string }
  /** `text` is what had arrived. Codes: cancelled, auth, bad_request, rate_limited, unavailable, disconnected, idle_timeout, bad_answer. */
  | { type: "failed"; error: ErrorInfo; text: string };

export interface Provider {
  /** As it stands in facts: `openai`, `scripted`. */
  readonly name: string;
  /** The model used when a session names none. */
  readonly defaultModel: string;
  /** True when nothing leaves this machine and no model is asked; clients label such sessions. */
  readonly offline: boolean;
  /** The exact body of the wire request, pure: the same request gives the same body. */
  encode(request: ModelRequest): JsonObject;
  /**
   * Asks the model. Never throws; ends with exactly one `done` or `failed`, also on abort (`failed`, code `cancelled`).
   * Joined `text` events equal the text of the end event.
   */
  stream(request: ModelRequest, options: { signal: AbortSignal }): AsyncIterable<ModelEvent>;
}
