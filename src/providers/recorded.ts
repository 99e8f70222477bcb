// The provider that plays back the answers stored in a session, so that a session can be run again without a model. It has no
// memory: which answer is next follows from the conversation alone, so it survives any crash or restart.
import { z } from "zod";
import type { ModelRequest } from "../protocol/conversation.ts";
import type { JsonObject } from "../protocol/json.ts";
import { messageOf } from "../protocol/problem.ts";
import type { ModelEvent, Provider } from "./contract.ts";
import { defineProviderKind } from "./kind.ts";
import { type ConfiguredModels, modelInfo } from "./models.ts";
import type { RecordedAnswer } from "./recorded/answers.ts";
import { findAnswer } from "./recorded/position.ts";
import { piecesOf } from "./scripted/pieces.ts";
import { checkWholeConversation } from "./whole_conversation.ts";

export interface RecordedOptions {
  /** The name in the configuration; default "recorded". */
  name?: string;
  models?: ConfiguredModels;
  /** In the order in which they were given; or how to get them, asked with the first call and again when that failed. */
  answers: readonly RecordedAnswer[] | (() => Promise<readonly RecordedAnswer[]>);
}

type Answers = () => Promise<readonly RecordedAnswer[]>;

/** Makes the provider. A conversation that leaves the recording, or goes on behind its end, fails with `bad_request`. */
export function recordedProvider(options: RecordedOptions): Provider {
  const { answers } = options;
  const load: Answers = typeof answers === "function" ? onceLoaded(answers) : () => Promise.resolve(answers);
  return {
    name: options.name ?? "recorded",
    kind: "recorded",
    defaultModel: "recording",
    offline: true,
    info: (model) => ({ ...modelInfo(model, options.models ?? {}), price: { input: 0, output: 0 } }),
    encode,
    stream: (request, { signal }) => stream(request, load, signal),
  };
}

function onceLoaded(load: Answers): Answers {
  let loading: Promise<readonly RecordedAnswer[]> | null = null;
  return () => {
    loading ??= load().catch((error: unknown) => {
      loading = null;
      throw error;
    });
    return loading;
  };
}

function encode(request: ModelRequest): JsonObject {
  checkWholeConversation(request.messages);
  const { model, system, tools, messages } = request;
  // A plain copy: what crosses to a model is JSON, so nothing here may be shared or left undefined.
  return JSON.parse(JSON.stringify({ model, system, tools, messages }));
}

async function* stream(request: ModelRequest, load: Answers, signal: AbortSignal): AsyncIterable<ModelEvent> {
  const found = await next(request, load);
  if (signal.aborted) return yield cancelled("");
  if ("failed" in found) {
    return yield { type: "failed", error: { code: "bad_request", message: found.failed }, text: "" };
  }
  const { answer } = found;
  let text = "";
  for (const piece of piecesOf(answer.text)) {
    text += piece;
    yield { type: "text", text: piece };
    if (signal.aborted) return yield cancelled(text);
  }
  const calls = answer.calls.map(({ name, args }) => ({ name, args }));
  yield {
    type: "done",
    text,
    calls,
    // The tokens were counted once; nobody is paid for them again.
    usage: { ...answer.usage, cost_usd: 0 },
    stop_reason: answer.stop_reason,
    ...(answer.reasoning === undefined ? {} : { reasoning: answer.reasoning }),
  };
}

async function next(
  request: ModelRequest,
  load: Answers,
): Promise<{ answer: RecordedAnswer } | { failed: string }> {
  try {
    return findAnswer(await load(), request.messages);
  } catch (error) {
    return { failed: messageOf(error) };
  }
}

function cancelled(text: string): ModelEvent {
  return { type: "failed", error: { code: "cancelled", message: "The model call was cancelled" }, text };
}

export const recordedKind = defineProviderKind({
  kind: "recorded",
  settings: z.strictObject({ kind: z.literal("recorded"), file: z.string().min(1).max(4_096) }),
  open: ({ file }, { name, models }) =>
    recordedProvider({
      name,
      models,
      answers: async () => {
        const { answersFromFile } = await import("./recorded/file.ts");
        return await answersFromFile(file);
      },
    }),
});
