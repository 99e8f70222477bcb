// The built-in offline provider: a small deterministic "model" that follows rules, so that jamey works with no key and no
// network. It has no memory: every answer is a pure function of the conversation, so it survives any crash or restart.
import { z } from "zod";
import type { ModelRequest } from "../protocol/conversation.ts";
import type { Usage } from "../protocol/facts.ts";
import type { JsonObject } from "../protocol/json.ts";
import type { ModelEvent, Provider } from "./contract.ts";
import { defineProviderKind } from "./kind.ts";
import { type ConfiguredModels, modelInfo } from "./models.ts";
import { pause } from "../platform/pause.ts";
import { checkWholeConversation } from "./whole_conversation.ts";
import { findDemo, playDemo } from "./scripted/demo.ts";
import { findPart } from "./scripted/parts.ts";
import { findScript, followScript } from "./scripted/script.ts";
import { piecesOf } from "./scripted/pieces.ts";
import { type Answer, readTurn } from "./scripted/turn.ts";
import { answerWords } from "./scripted/words.ts";

export { demoPrompt } from "./scripted/demo.ts";

export interface ScriptedOptions {
  /** The name in the configuration; default "scripted". */
  name?: string;
  models?: ConfiguredModels;
  /** Wait before each piece of text, to show streaming; default 0. */
  chunkDelayMs?: number;
}

/** The usual rule of thumb, so that budgets and displays have something to count. */
const charsPerToken = 4;

/**
 * Makes the offline provider. It looks at the last user message and the tool results since, and understands
 * an explicit script (`script:` and JSON, see script.ts; for several agents `parts:`, see parts.ts), the demo task (demo.ts), plain words such as `list files`,
 * `read X`, ``run `cmd` ``, `write X: text`, `help` (words.ts); everything else gets the plain truth that no model is asked.
 */
export function scriptedProvider(options: ScriptedOptions = {}): Provider {
  return {
    name: options.name ?? "scripted",
    kind: "scripted",
    info: (model) => ({ ...modelInfo(model, options.models ?? {}), price: { input: 0, output: 0 } }),
    defaultModel: "demo",
    offline: true,
    encode,
    stream: (request, { signal }) => stream(request, signal, options.chunkDelayMs ?? 0),
  };
}

function encode(request: ModelRequest): JsonObject {
  checkWholeConversation(request.messages);
  const { model, system, tools, messages } = request;
  // A plain copy: what crosses to a model is JSON, so nothing here may be shared or left undefined.
  return JSON.parse(JSON.stringify({ model, system, tools, messages }));
}

async function* stream(
  request: ModelRequest,
  signal: AbortSignal,
  chunkDelayMs: number,
): AsyncIterable<ModelEvent> {
  const answer = nextAnswer(request);
  let text = "";
  for (const piece of piecesOf(answer.text)) {
    await pause(answer.delayMs ?? chunkDelayMs, signal);
    if (signal.aborted) break;
    text += piece;
    yield { type: "text", text: piece };
  }
  if (signal.aborted) {
    yield { type: "failed", error: { code: "cancelled", message: "The model call was cancelled" }, text };
    return;
  }
  const stop_reason = answer.calls.length > 0 ? "tool_calls" : "stop";
  yield { type: "done", text, calls: answer.calls, usage: countUsage(request, answer), stop_reason };
}

/** What the provider answers to a request, without streaming it. */
export function nextAnswer(request: ModelRequest): Answer {
  const turn = readTurn(request);
  const source = findPart(request) ?? findScript(turn.prompt);
  if (source !== null) return followScript(source, turn);
  const notePath = findDemo(turn.prompt);
  if (notePath !== null) return playDemo(notePath, turn);
  return answerWords(turn);
}

function countUsage({ model, system, tools, messages }: ModelRequest, answer: Answer): Usage {
  const asked = JSON.stringify({ model, system, tools, messages }).length;
  const answered = answer.text.length +
    answer.calls.reduce((sum, call) => sum + call.name.length + JSON.stringify(call.args).length, 0);
  return {
    input_tokens: Math.ceil(asked / charsPerToken),
    output_tokens: Math.ceil(answered / charsPerToken),
    cost_usd: 0,
  };
}

/** It always stands in the environment: something answers where nothing is set. */
export const scriptedKind = defineProviderKind({
  kind: "scripted",
  settings: z.strictObject({ kind: z.literal("scripted") }),
  open: (_, { name, models }) => scriptedProvider({ name, models }),
  environment: { keys: [], settings: () => ({}) },
});
