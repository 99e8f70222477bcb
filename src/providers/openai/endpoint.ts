// One endpoint of the OpenAI family, however it is reached. The official SDK makes the request (address, credentials,
// errors); attempts, waits, limits and the reading of the stream are ours, because they are promises (see wire/).
import type OpenAI from "openai";
import type { ModelRequest } from "../../protocol/conversation.ts";
import type { JsonObject } from "../../protocol/json.ts";
import type { ModelEvent, ModelInfo, Provider } from "../contract.ts";
import { modelInfo } from "../models.ts";
import type { CallSettings } from "./call_options.ts";
import type { Attempt } from "../wire/attempt.ts";
import { tryAgain } from "../wire/attempts.ts";
import { describer, hostOf } from "../wire/describe.ts";
import { chatDialect, type Dialect, responsesDialect } from "./dialects.ts";
import { type Advice, type CallFailure, requestFailure } from "../wire/failure.ts";
import { listModels } from "./model_list.ts";
import type { Encoding } from "./wire.ts";

/** Which of the two APIs is asked; the third tries the responses API and takes the other where it is not served. */
export type Api = "chat" | "responses" | "responses_or_chat";

export interface EndpointSettings extends CallSettings {
  kind: string;
  apiKey: string;
  /** For messages. */
  baseUrl: string;
  api: Api;
  outputLimit: Encoding["outputLimit"];
  advice(model: string): Advice;
  /** The name that is sent for a model; left out: the model's own. */
  wireModel?: (model: string) => string;
  /** False where the endpoint cannot say which models it offers. */
  listsModels: boolean;
  /** Loads the SDK and makes the client; asked once, with the first call. */
  open(): Promise<OpenAI>;
  /** What the endpoint itself said of a model; the configuration comes first. Must not change how a request is encoded. */
  window?: (model: string) => number | undefined;
  /** Before a request and after a whole answer; bounded, and never rejects. */
  before?: (model: string, signal: AbortSignal) => Promise<void>;
  after?: (model: string, signal: AbortSignal) => Promise<void>;
}

/** Makes the provider; the settings are used as they are, the environment is not read. */
export function endpointProvider(settings: EndpointSettings): Provider {
  let client: Promise<OpenAI> | null = null;
  const open = () => client ??= settings.open();
  const endpoint: Endpoint = { settings, open, responsesMissing: false };
  const { name, kind, model } = settings;
  return {
    name,
    kind,
    defaultModel: model,
    offline: false,
    info: (of) => infoOf(settings, of),
    // After a fallback too it is the body of the configured API: a hash in a log must not depend on what was answered once.
    encode: (request) => encode(settings, configuredDialect(settings), request),
    ...(settings.listsModels ? { models: (signal) => listModels({ open, settings }, signal) } : {}),
    stream: (request, { signal }) => stream(endpoint, request, signal),
  };
}

/** An answer may take so much of a window of which only the endpoint told us: a quarter. */
const outputShare = 4;

interface Endpoint {
  settings: EndpointSettings;
  open(): Promise<OpenAI>;
  /** Found out with a request; holds for the rest of the process. */
  responsesMissing: boolean;
}

function infoOf(settings: EndpointSettings, model: string): ModelInfo {
  const known = modelInfo(model, settings.models);
  const found = settings.models[model]?.window === undefined ? settings.window?.(model) : undefined;
  if (found === undefined) return known;
  // A small window must have room for the request too.
  const outputMax = Math.max(1, Math.min(known.outputMax, Math.floor(found / outputShare)));
  return { ...known, window: found, outputMax };
}

function configuredDialect(settings: EndpointSettings): Dialect {
  return settings.api === "chat" ? chatDialect : responsesDialect;
}

function encode(settings: EndpointSettings, dialect: Dialect, request: ModelRequest): JsonObject {
  const model = settings.wireModel?.(request.model) ?? request.model;
  const { vision } = modelInfo(request.model, settings.models);
  return dialect.encode({ ...request, model }, { vision, outputLimit: settings.outputLimit });
}

async function* stream(
  endpoint: Endpoint,
  request: ModelRequest,
  signal: AbortSignal,
): AsyncGenerator<ModelEvent> {
  const { settings } = endpoint;
  const tried = `Cannot ask model "${request.model}" at "${hostOf(settings.baseUrl)}"`;
  let way = firstWay(endpoint, request);
  if (!signal.aborted) await settings.before?.(request.model, signal);
  yield* tryAgain({
    next: () => attemptOf(endpoint, way),
    turn: (refusal) => {
      const other = anotherWay(endpoint, way, refusal);
      way = other ?? way;
      return other !== null;
    },
    after: async () => await settings.after?.(request.model, signal),
    describe: describer(settings, tried),
    info: () => infoOf(settings, request.model),
    limits: settings,
  }, signal);
}

/** What is sent and how its answer is read. */
interface Way {
  dialect: Dialect;
  request: ModelRequest;
  body: JsonObject;
}

function firstWay(endpoint: Endpoint, request: ModelRequest): Way {
  const { settings, responsesMissing } = endpoint;
  const dialect = responsesMissing ? chatDialect : configuredDialect(settings);
  return { dialect, request, body: encode(settings, dialect, request) };
}

/**
 * Another way to say the same to this endpoint, when a refusal shows that there is one: each at most once a call, and none
 * counts as an attempt. An endpoint without the responses API is asked by chat from now on; one that cannot read the
 * encrypted thoughts (another account's, another key's) gets the conversation without them.
 */
function anotherWay(endpoint: Endpoint, way: Way, failure: CallFailure): Way | null {
  const { settings } = endpoint;
  if (way.dialect !== responsesDialect) return null;
  if (failure.noSuchAddress && settings.api === "responses_or_chat") {
    endpoint.responsesMissing = true;
    return firstWay(endpoint, way.request);
  }
  const thinks = way.request.messages.some((message) => message.role === "assistant" && message.reasoning);
  if (!failure.thoughtsRefused || !thinks) return null;
  const messages = way.request.messages.map((message) =>
    message.role === "assistant" ? { ...message, reasoning: undefined } : message
  );
  return firstWay(endpoint, { ...way.request, messages });
}

async function attemptOf(endpoint: Endpoint, { dialect, request, body }: Way): Promise<Attempt> {
  const { settings } = endpoint;
  const advice = settings.advice(request.model);
  const client = await endpoint.open();
  return {
    ask: (signal) =>
      dialect.send(client, body, signal).catch((thrown: unknown) => {
        throw requestFailure(thrown, Date.now(), advice);
      }),
    answer: dialect.assemble(advice),
    idleTimeoutMs: settings.idleTimeoutMs,
    endTimeoutMs: settings.usageTimeoutMs,
  };
}
