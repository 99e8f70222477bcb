// The provider for every endpoint that speaks OpenAI chat completions, hosted or local. The official SDK makes the request
// (address, credentials, errors); retries, limits and the reading of the stream are ours, because they are promises.
import type OpenAI from "openai";
import type { ChatCompletionCreateParamsStreaming } from "openai/resources/chat/completions";
import type { ModelRequest } from "../protocol/conversation.ts";
import type { ErrorInfo } from "../protocol/facts.ts";
import { backoffMs, type BackoffOptions } from "./backoff.ts";
import type { ModelEvent, Provider } from "./contract.ts";
import { assembleAnswer } from "./openai/assembly.ts";
import { boundedFetch } from "./openai/bounded_fetch.ts";
import { badAnswer, CallFailure, requestFailure } from "./openai/failure.ts";
import { watchIdle } from "./openai/idle_watch.ts";
import { readEvents } from "./openai/sse.ts";
import { encodeChat } from "./openai/wire.ts";
import { type ConfiguredModels, modelInfo } from "./models.ts";
import { pause } from "./pause.ts";

export interface OpenaiOptions extends Partial<BackoffOptions> {
  /** The name of this endpoint in the configuration; default "openai". */
  name?: string;
  /** What the configuration says of models, by name. */
  models?: ConfiguredModels;
  apiKey: string;
  /** With the version path, for example `https://api.openai.com/v1`. */
  baseUrl: string;
  /** The model used when a session names none. */
  model: string;
  /** The longest silence before and within an answer; default 300,000. There is no limit on the whole answer. */
  idleTimeoutMs?: number;
  /** The longest wait for the usage once the answer itself is whole; default 5,000. */
  usageTimeoutMs?: number;
  /** Further attempts after the first, as long as nothing of an answer has arrived; default 4. */
  retries?: number;
}

type Settings = Required<OpenaiOptions>;

/** An endpoint's message is quoted up to this length. */
const messageCharsMax = 1_000;
/** Shorter values are no secrets ("none" for a local endpoint) and may be part of any word. */
const secretCharsMin = 8;
/** The SDK insists on a limit for the time to the response; ours is the idle timeout. */
const sdkTimeoutMs = 2 ** 31 - 1;

/** Makes the provider; the options are used as they are, the environment is not read. */
export function openaiProvider(options: OpenaiOptions): Provider {
  const settings: Settings = {
    name: "openai",
    models: {},
    idleTimeoutMs: 300_000,
    usageTimeoutMs: 5_000,
    retries: 4,
    baseMs: 500,
    maxMs: 30_000,
    retryAfterMaxMs: 600_000,
    random: Math.random,
    ...options,
  };
  let client: Promise<OpenAI> | null = null;
  return {
    name: settings.name,
    kind: "openai",
    info: (model) => modelInfo(model, settings.models),
    defaultModel: settings.model,
    offline: false,
    encode: encodeChat,
    stream: (request, { signal }) => stream(() => client ??= openClient(settings), settings, request, signal),
  };
}

/** Loads the SDK with the first call: whoever asks no model need not wait for it. */
async function openClient(settings: Settings): Promise<OpenAI> {
  const { default: Client } = await import("openai");
  return new Client({
    apiKey: settings.apiKey,
    baseURL: settings.baseUrl,
    // Without these the SDK takes them from the environment.
    organization: null,
    project: null,
    adminAPIKey: null,
    webhookSecret: null,
    logLevel: "off",
    maxRetries: 0,
    timeout: sdkTimeoutMs,
    fetch: boundedFetch,
  });
}

async function* stream(
  open: () => Promise<OpenAI>,
  settings: Settings,
  request: ModelRequest,
  signal: AbortSignal,
): AsyncGenerator<ModelEvent> {
  // The border cast: the body was made for this very call, and JSON has no type to prove it with.
  const body = encodeChat(request) as unknown as ChatCompletionCreateParamsStreaming;
  const client = await open();
  const describe = describer(settings, request.model);
  for (let attempt = 1;; attempt++) {
    const end = yield* tryOnce(client, settings, body, signal);
    if (end.type === "done") return yield end;
    const { failure, text, started } = end;
    const error = describe(failure);
    if (!failure.retry || started || attempt > settings.retries) return yield { type: "failed", error, text };
    const delayMs = backoffMs(attempt, failure.retryAfterMs, settings);
    yield { type: "retry", attempt, delayMs, error };
    await pause(delayMs, signal);
  }
}

type AttemptEnd =
  | Extract<ModelEvent, { type: "done" }>
  | { type: "broken"; failure: CallFailure; text: string; started: boolean };

/** One attempt: yields text as it comes and returns how it ended. Only bugs are thrown. */
async function* tryOnce(
  client: OpenAI,
  settings: Settings,
  body: ChatCompletionCreateParamsStreaming,
  signal: AbortSignal,
): AsyncGenerator<ModelEvent, AttemptEnd> {
  const watch = watchIdle(settings.idleTimeoutMs, signal);
  const answer = assembleAnswer();
  try {
    const asked = client.chat.completions.create(body, { signal: watch.signal }).asResponse();
    const response = await watch.wait(asked.catch((thrown: unknown) => {
      throw requestFailure(thrown, Date.now());
    }));
    const limitMs = () => answer.finished ? settings.usageTimeoutMs : undefined;
    for await (const event of readEvents(streamBody(response), watch, limitMs)) {
      if (event.data === "[DONE]") {
        answer.close();
        break;
      }
      const text = answer.add(event);
      if (text !== "") yield { type: "text", text };
      if (signal.aborted) throw new CallFailure("cancelled", "the call was cancelled");
    }
    return answer.end();
  } catch (thrown) {
    if (!(thrown instanceof CallFailure)) throw thrown;
    return settle(answer, thrown);
  }
}

/** An answer that is whole stays whole, whatever happens to the connection before the usage has come. */
function settle(answer: ReturnType<typeof assembleAnswer>, failure: CallFailure): AttemptEnd {
  const broken = (why: CallFailure): AttemptEnd => {
    return { type: "broken", failure: why, text: answer.text, started: answer.started };
  };
  const late = failure.code === "disconnected" || failure.code === "idle_timeout";
  if (!late || !answer.finished) return broken(failure);
  try {
    return answer.end();
  } catch (thrown) {
    if (!(thrown instanceof CallFailure)) throw thrown;
    return broken(thrown);
  }
}

function streamBody(response: Response): ReadableStream<Uint8Array> {
  const type = response.headers.get("content-type") ?? "";
  if (type !== "" && !type.toLowerCase().includes("text/event-stream")) {
    response.body?.cancel().catch(() => {});
    throw badAnswer(`its content type is "${type.slice(0, 100)}", expected "text/event-stream"`);
  }
  if (response.body === null) throw badAnswer("it has no body");
  return response.body;
}

/** Writes a failure for people; the key never appears, also where an endpoint repeats it. */
function describer(settings: Settings, model: string): (failure: CallFailure) => ErrorInfo {
  const redact = (text: string) =>
    settings.apiKey.length < secretCharsMin ? text : text.replaceAll(settings.apiKey, "[redacted]");
  const where = `model "${model}" at "${new URL(settings.baseUrl).host}"`;
  return (failure) => {
    const said = redact(failure.message).replace(/\s+/g, " ").trim();
    const short = said.length > messageCharsMax ? `${said.slice(0, messageCharsMax).toWellFormed()}…` : said;
    return { code: failure.code, message: `Cannot ask ${where}: ${short.replace(/\.$/, "")}` };
  };
}
