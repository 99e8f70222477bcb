// One attempt to get an answer: the request, and its stream read to the end within limits.
import type Anthropic from "@anthropic-ai/sdk";
import type { JsonObject } from "../../protocol/json.ts";
import type { ModelEvent } from "../contract.ts";
import { badAnswer, CallFailure } from "../wire/failure.ts";
import { watchIdle } from "../wire/idle_watch.ts";
import { readEvents } from "../wire/sse.ts";
import { assembleMessage, type Assembly } from "./assembly.ts";
import { askFailure } from "./failure.ts";

export type AttemptEnd =
  | Extract<ModelEvent, { type: "done" }>
  | { type: "broken"; failure: CallFailure; text: string; started: boolean };

export interface Attempt {
  open(): Promise<Anthropic>;
  body: JsonObject;
  /** The longest silence before and within the answer. */
  idleTimeoutMs: number;
  /** The longest wait for `message_stop` once the answer itself is whole. */
  endTimeoutMs: number;
  signal: AbortSignal;
}

/** Yields text as it comes and returns how it ended. Only bugs are thrown. */
export async function* tryOnce(attempt: Attempt): AsyncGenerator<ModelEvent, AttemptEnd> {
  const { signal } = attempt;
  const client = await attempt.open();
  const watch = watchIdle(attempt.idleTimeoutMs, signal);
  const answer = assembleMessage();
  try {
    // Not `messages.create`: it writes advice about models to the console.
    const asked = client.post("/v1/messages", { body: attempt.body, stream: true, signal: watch.signal });
    const response = await watch.wait(
      asked.asResponse().catch((thrown: unknown) => {
        throw askFailure(thrown, Date.now());
      }),
    );
    const limitMs = () => answer.finished ? attempt.endTimeoutMs : undefined;
    for await (const event of readEvents(streamBody(response), watch, limitMs)) {
      const text = answer.add(event);
      if (text !== "") yield { type: "text", text };
      if (signal.aborted) throw new CallFailure("cancelled", "the call was cancelled");
      // The connection may stay open behind the end of an answer.
      if (answer.closed) break;
    }
    return answer.end();
  } catch (thrown) {
    if (!(thrown instanceof CallFailure)) throw thrown;
    return settle(answer, thrown);
  }
}

/** An answer that is whole stays whole, whatever happens to the connection before its last event has come. */
function settle(answer: Assembly, failure: CallFailure): AttemptEnd {
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
