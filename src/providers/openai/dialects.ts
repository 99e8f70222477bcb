// The two languages of the family: chat completions, which everybody serves, and the responses API, which keeps what a model
// thought between its calls.
import type OpenAI from "openai";
import type { ChatCompletionCreateParamsStreaming } from "openai/resources/chat/completions";
import type { ResponseCreateParamsStreaming } from "openai/resources/responses/responses";
import type { ModelRequest } from "../../protocol/conversation.ts";
import type { JsonObject } from "../../protocol/json.ts";
import { assembleAnswer } from "./assembly.ts";
import type { Answer } from "../wire/attempt.ts";
import type { Advice } from "../wire/failure.ts";
import { assembleResponse } from "./responses_assembly.ts";
import { encodeResponses } from "./responses_wire.ts";
import { encodeChat, type Encoding } from "./wire.ts";

export interface Dialect {
  /** The exact body that is sent. Pure. */
  encode(request: ModelRequest, how: Encoding): JsonObject;
  /** Asks; the response is not read yet. */
  send(client: OpenAI, body: JsonObject, signal: AbortSignal): Promise<Response>;
  assemble(advice: Advice): Answer;
}

export const chatDialect: Dialect = {
  encode: encodeChat,
  send: (client, body, signal) => {
    // The border cast: the body was made by encodeChat, and JSON has no type to prove it with.
    const params = body as unknown as ChatCompletionCreateParamsStreaming;
    return client.chat.completions.create(params, { signal }).asResponse();
  },
  assemble: assembleAnswer,
};

export const responsesDialect: Dialect = {
  encode: encodeResponses,
  send: (client, body, signal) => {
    // The border cast: the body was made by encodeResponses, and JSON has no type to prove it with.
    const params = body as unknown as ResponseCreateParamsStreaming;
    return client.responses.create(params, { signal }).asResponse();
  },
  assemble: assembleResponse,
};
