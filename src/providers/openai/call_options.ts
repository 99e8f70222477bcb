// The options that every endpoint of the OpenAI family takes, and their defaults.
import type { BackoffOptions } from "../backoff.ts";
import type { ConfiguredModels } from "../models.ts";

export interface CallOptions extends Partial<BackoffOptions> {
  /** The name of this endpoint in the configuration; default: its kind. */
  name?: string;
  /** What the configuration says of models, by name. */
  models?: ConfiguredModels;
  /** The model used when a session names none. */
  model: string;
  /** The longest silence before and within an answer; default 300,000. There is no limit on the whole answer. */
  idleTimeoutMs?: number;
  /** The longest wait for the usage once the answer itself is whole; default 5,000. */
  usageTimeoutMs?: number;
  /** Further attempts after the first, as long as nothing of an answer has arrived; default 4. */
  retries?: number;
}

export type CallSettings = Required<CallOptions>;

const callDefaults = {
  models: {},
  idleTimeoutMs: 300_000,
  usageTimeoutMs: 5_000,
  retries: 4,
  baseMs: 500,
  maxMs: 30_000,
  retryAfterMaxMs: 600_000,
  random: Math.random,
} as const;

/** The options with what was left out, or left undefined, filled in; others of the caller are dropped. */
export function callSettings(options: CallOptions, kind: string): CallSettings {
  return {
    name: options.name ?? kind,
    model: options.model,
    models: options.models ?? callDefaults.models,
    idleTimeoutMs: options.idleTimeoutMs ?? callDefaults.idleTimeoutMs,
    usageTimeoutMs: options.usageTimeoutMs ?? callDefaults.usageTimeoutMs,
    retries: options.retries ?? callDefaults.retries,
    baseMs: options.baseMs ?? callDefaults.baseMs,
    maxMs: options.maxMs ?? callDefaults.maxMs,
    retryAfterMaxMs: options.retryAfterMaxMs ?? callDefaults.retryAfterMaxMs,
    random: options.random ?? callDefaults.random,
  };
}
