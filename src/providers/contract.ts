// The provider contract: one model endpoint behind one small interface.
import type { ModelRequest } from "../protocol/conversation.ts";
import type { ErrorInfo, Price, Reasoning, Usage } from "../protocol/facts.ts";
import type { JsonObject } from "../protocol/json.ts";

/** A tool call as the model gave it. `args` is a string when it was not a JSON object. */
export interface ModelCall {
  name: string;
  args: JsonObject | string;
}

export type ModelEvent =
  /** More text of the answer. */
  | { type: "text"; text: string }
  /**
   * A failed attempt, before any text: another follows after `delayMs`, unless the caller reads no further. `unreached`:
   * nobody answered at the address.
   */
  | { type: "retry"; attempt: number; delayMs: number; error: ErrorInfo; unreached: boolean }
  | {
    type: "done";
    text: string;
    calls: ModelCall[];
    usage: Usage;
    stop_reason: string;
    reasoning?: Reasoning;
  }
  /**
   * `text` is what had arrived. Codes: cancelled, auth, bad_request, context_overflow (the request does not fit into the
   * model's window), rate_limited, unavailable, disconnected, idle_timeout, bad_answer.
   */
  | { type: "failed"; error: ErrorInfo; text: string };

/** What is known of a model. Token counts; the price is undefined when nobody said what it costs. */
export interface ModelInfo {
  /** The most tokens of request and answer together. */
  window: number;
  outputMax: number;
  vision: boolean;
  price?: Price;
}

/** The providers of a daemon: configured ones by name, made when they are first asked for. */
export interface ProviderRegistry {
  names(): readonly string[];
  get(name: string): Provider | undefined;
  /** For sessions that name none. */
  readonly default: Provider;
  /** Names of those to try when a session's own cannot be reached, in order. */
  readonly fallback: readonly string[];
}

export interface Provider {
  /** As it stands in facts and in the configuration: one of its own for each configured endpoint. */
  readonly name: string;
  /** The kind of endpoint: `openai`, `anthropic`, `scripted`. */
  readonly kind: string;
  /** The model used when a session names none. */
  readonly defaultModel: string;
  /** True when nothing leaves this machine and no model is asked; clients label such sessions. */
  readonly offline: boolean;
  /** What is known of a model of this endpoint, configured or built in; cautious guesses for the unknown ones. */
  info(model: string): ModelInfo;
  /** The exact body of the wire request, pure: the same request gives the same body. */
  encode(request: ModelRequest): JsonObject;
  /** The models the endpoint offers now; rejects with a Problem. Left out where an endpoint cannot say. */
  models?(signal: AbortSignal): Promise<string[]>;
  /**
   * Asks the model. Never throws; ends with exactly one `done` or `failed`, also on abort (`failed`, code `cancelled`).
   * Joined `text` events equal the text of the end event.
   */
  stream(request: ModelRequest, options: { signal: AbortSignal }): AsyncIterable<ModelEvent>;
}
