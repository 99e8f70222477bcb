// The answers of a session, taken out of its facts.
import { type EventEnvelope, factData, type FactOf, type ProposedCall } from "../../protocol/facts.ts";
import type { Reasoning, Usage } from "../../protocol/facts.ts";
import { Problem } from "../../protocol/problem.ts";
import { upcast } from "../../protocol/upcast.ts";

export interface RecordedAnswer {
  /** The agent that was answered; left out: the main one. */
  actor?: string;
  /** What it had been told last: tells the first answers of several agents apart. */
  prompt?: string;
  /** The request that it answered, as the log names it. */
  request_sha256?: string;
  text: string;
  calls: readonly Pick<ProposedCall, "name" | "args">[];
  usage: Usage;
  stop_reason: string;
  reasoning?: Reasoning;
}

/** The most answers of one recording. */
export const answersMax = 100_000;

/**
 * The answers in the events of a session, in order; other events may be missing or of types that this version does not know.
 * Throws a Problem for an answer that cannot be read.
 */
export function answersFromEvents(events: Iterable<EventEnvelope>): RecordedAnswer[] {
  const prompts = new Map<string, string>();
  const asked = new Map<string, string>();
  const answers: RecordedAnswer[] = [];
  for (const event of events) {
    const { actor } = event;
    if (event.type === "message.received") prompts.set(actor, String(event.data.text));
    else if (event.type === "agent.started") prompts.set(actor, String(event.data.prompt));
    else if (event.type === "model.called") asked.set(requestKey(event), String(event.data.request_sha256));
    if (event.type !== "model.replied") continue;
    if (answers.length >= answersMax) {
      throw new Problem("bad_request", `Cannot use the recording: it holds more than ${answersMax} answers`);
    }
    const { text, calls, usage, stop_reason, reasoning } = readReply(event);
    const prompt = prompts.get(actor);
    const request_sha256 = asked.get(requestKey(event));
    answers.push({
      actor,
      ...(prompt === undefined ? {} : { prompt }),
      ...(request_sha256 === undefined ? {} : { request_sha256 }),
      text,
      calls,
      usage,
      stop_reason,
      ...(reasoning === undefined ? {} : { reasoning }),
    });
  }
  return answers;
}

function requestKey(event: EventEnvelope): string {
  return `${event.actor} ${String(event.data.request_id)}`;
}

function readReply(event: EventEnvelope): FactOf<"model.replied">["data"] {
  const parsed = factData["model.replied"].safeParse(upcast(event).data);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new Problem(
    "bad_request",
    `Cannot use the recording: the answer in event ${event.seq} has a wrong "${
      issue?.path.join(".")
    }": ${issue?.message}`,
  );
}
