// How the Messages API is asked once.
import type Anthropic from "@anthropic-ai/sdk";
import type { JsonObject } from "../../protocol/json.ts";
import type { Attempt } from "../wire/attempt.ts";
import { assembleMessage } from "./assembly.ts";
import { askFailure } from "./failure.ts";

export interface Asked {
  open(): Promise<Anthropic>;
  body: JsonObject;
  idleTimeoutMs: number;
  endTimeoutMs: number;
}

/** Loads the client if this is the first call. */
export async function attemptOf({ open, body, idleTimeoutMs, endTimeoutMs }: Asked): Promise<Attempt> {
  const client = await open();
  return {
    // Not `messages.create`: it writes advice about models to the console.
    ask: (signal) =>
      client.post("/v1/messages", { body, stream: true, signal }).asResponse().catch((thrown: unknown) => {
        throw askFailure(thrown, Date.now());
      }),
    answer: assembleMessage(),
    idleTimeoutMs,
    endTimeoutMs,
  };
}
