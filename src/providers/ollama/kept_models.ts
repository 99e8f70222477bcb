// What Ollama is asked and told of a model in its own language: how large its window is, and how long it stays loaded.
import { z } from "zod";
import type { JsonObject } from "../../protocol/json.ts";
import { readText } from "../wire/bounded_text.ts";

export interface KeptModelsOptions {
  address: string;
  apiKey: string;
  keepAlive: string | number;
  /** The longest wait for one call. */
  timeoutMs: number;
}

export interface KeptModels {
  /** Tokens; undefined as long as nobody said it. */
  window(model: string): number | undefined;
  /** Looks at a model that is used for the first time. */
  before(model: string, signal: AbortSignal): Promise<void>;
  /** Behind an answer, when the model is loaded: says how long it is to stay, and looks at how it was loaded. */
  after(model: string, signal: AbortSignal): Promise<void>;
}

const answerBytesMax = 4 * 1024 * 1024;
/** Ollama forgets a model, and with it how long it was to stay, after five idle minutes: it is told again before that. */
export const toldAgainMs = 240_000;
/**
 * Ollama loads a model with a smaller window than it could have, unless it is told otherwise, and cuts what does not fit
 * without a word. Until it is loaded this much is believed, and no more.
 */
export const cautiousWindow = 32_768;
/** The most models that are remembered. */
const modelsMax = 256;

const shown = z.object({
  parameters: z.string().optional().catch(undefined),
  model_info: z.record(z.string(), z.unknown()).optional().catch(undefined),
});
const loaded = z.object({
  models: z.array(z.object({
    name: z.string().optional(),
    model: z.string().optional(),
    context_length: z.number().int().positive().optional().catch(undefined),
  })),
});

interface Kept {
  window: number | undefined;
  toldAtMs: number;
}

/** Nothing here ever rejects: what cannot be had is done without. */
export function keptModels(options: KeptModelsOptions): KeptModels {
  const kept = new Map<string, Kept>();
  const loadedWindow = async (model: string, signal: AbortSignal) =>
    windowLoaded(await ask(options, { path: "/api/ps", signal }), model);
  return {
    window: (model) => kept.get(model)?.window,
    async before(model, signal) {
      if (kept.has(model) || kept.size >= modelsMax) return;
      const [running, known] = await Promise.all([
        loadedWindow(model, signal),
        ask(options, { path: "/api/show", body: { model }, signal }),
      ]);
      kept.set(model, { window: running ?? windowShown(known), toldAtMs: -Infinity });
    },
    async after(model, signal) {
      const found = kept.get(model);
      const nowMs = Date.now();
      if (found === undefined || nowMs - found.toldAtMs < toldAgainMs) return;
      // The compatible endpoint has no field for it, and leaves alone what was said here. No prompt: nothing is generated.
      const body = { model, keep_alive: options.keepAlive, stream: false };
      await ask(options, { path: "/api/generate", body, signal });
      const window = await loadedWindow(model, signal) ?? found.window;
      kept.set(model, { window, toldAtMs: nowMs });
    },
  };
}

/** The JSON of an answer, or null for any that cannot be had in time. */
async function ask(
  { address, apiKey, timeoutMs }: KeptModelsOptions,
  call: { path: string; body?: JsonObject; signal: AbortSignal },
): Promise<unknown> {
  try {
    const response = await fetch(`${address}${call.path}`, {
      method: call.body === undefined ? "GET" : "POST",
      headers: { authorization: `Bearer ${apiKey}`, "content-type": "application/json" },
      ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
      redirect: "manual",
      signal: AbortSignal.any([call.signal, AbortSignal.timeout(timeoutMs)]),
    });
    const { text, whole } = await readText(response.body, answerBytesMax);
    return whole && response.ok ? JSON.parse(text) : null;
  } catch {
    return null;
  }
}

function windowLoaded(answer: unknown, model: string): number | undefined {
  const parsed = loaded.safeParse(answer);
  if (!parsed.success) return undefined;
  const names = [model, `${model}:latest`];
  const found = parsed.data.models.find((one) =>
    names.includes(one.name ?? "") || names.includes(one.model ?? "")
  );
  return found?.context_length;
}

/** What the model was made with, or at most the cautious guess of what it could have. */
function windowShown(answer: unknown): number | undefined {
  const parsed = shown.safeParse(answer);
  if (!parsed.success) return undefined;
  const set = /^num_ctx\s+(\d{1,9})\s*$/m.exec(parsed.data.parameters ?? "")?.[1];
  if (set !== undefined) return Number(set);
  const info = Object.entries(parsed.data.model_info ?? {});
  const length = z.number().int().positive().safeParse(
    info.find(([key]) => key.endsWith(".context_length"))?.[1],
  );
  return length.success ? Math.min(length.data, cautiousWindow) : undefined;
}
