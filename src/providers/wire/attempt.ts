// One attempt to get an answer: the request, and its stream read to the end within limits. What is asked, and what the
// events mean, is the endpoint's.
import type { ModelEvent } from "../contract.ts";
import { badAnswer, CallFailure } from "./failure.ts";
import { watchIdle } from "./idle_watch.ts";
import { readEvents, type ServerEvent } from "./sse.ts";

/** An answer in the making. */
export interface Answer {
  readonly text: string;
  /** Another attempt would say something twice. */
  readonly started: boolean;
  /** The endpoint has said why it stopped: what may follow adds nothing to say or do. */
  readonly finished: boolean;
  /** Nothing follows, also when the connection stays open. */
  readonly closed: boolean;
  /** Takes one event; returns the text that it adds. Throws a CallFailure. */
  add(event: ServerEvent): string;
  /** Throws a CallFailure when the answer is not whole. */
  end(): Done;
}

export type Done = Extract<ModelEvent, { type: "done" }>;
export type AttemptEnd = Done | { type: "broken"; failure: CallFailure; text: string; started: boolean };

export interface Attempt {
  /** Sends the request; the response is not read yet. Rejects with a CallFailure. */
  ask(signal: AbortSignal): Promise<Response>;
  answer: Answer;
  /** The longest silence before and within the answer. */
  idleTimeoutMs: number;
  /** The longest wait for the end of the stream once the answer itself is whole. */
  endTimeoutMs: number;
}

/** Yields text as it comes and returns how it ended. Only bugs are thrown. */
export async function* tryOnce(
  { ask, answer, idleTimeoutMs, endTimeoutMs }: Attempt,
  signal: AbortSignal,
): AsyncGenerator<ModelEvent, AttemptEnd> {
  const watch = watchIdle(idleTimeoutMs, signal);
  try {
    const response = await watch.wait(ask(watch.signal));
    const limitMs = () => answer.finished ? endTimeoutMs : undefined;
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
function settle(answer: Answer, failure: CallFailure): AttemptEnd {
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
