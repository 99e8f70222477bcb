// Which recorded answer is next: found by the answers that already stand in the conversation. Pure.
import type { Message } from "../../protocol/conversation.ts";
import { mainActor } from "../../protocol/facts.ts";
import { canonical } from "./canonical.ts";
import type { RecordedAnswer } from "./answers.ts";

type Assistant = Extract<Message, { role: "assistant" }>;
export type Found = { answer: RecordedAnswer } | { failed: string };

/** The answers of one agent. */
interface Track {
  actor: string;
  answers: RecordedAnswer[];
}
interface Place {
  track: Track;
  /** The answers from here on may be next. */
  from: number;
}

/**
 * The conversation must hold the answers of one agent from its first on, or, after its beginning was left out, some that
 * follow each other. Agents that begin alike are told apart by what they were told; of those that are told the same, the
 * first is taken.
 */
export function findAnswer(answers: readonly RecordedAnswer[], messages: readonly Message[]): Found {
  const tracks = tracksOf(answers);
  const said = messages.filter((message) => message.role === "assistant");
  const told = toldInTurn(messages);
  const places = tracks.flatMap((track) => placesIn(track, said, told));
  if (places.length === 0) return { failed: whereItDiffers(tracks, said) };
  const next = places.map((place) => ({ place, answer: nextFrom(place, told) }));
  const answer = (next.find((one) => one.answer !== undefined && wasTold(one.answer, told)) ??
    next.find((one) => one.answer !== undefined))?.answer;
  return answer === undefined ? { failed: behindTheEnd(places[0]) } : { answer };
}

/** What the agent was told since it last came to an end: the words of people, and those that were added to them. */
function toldInTurn(messages: readonly Message[]): ReadonlySet<string> {
  const start =
    messages.findLastIndex((message) => message.role === "assistant" && message.calls.length === 0) + 1;
  return new Set(messages.slice(start).flatMap((message) => message.role === "user" ? [message.text] : []));
}

function wasTold(answer: RecordedAnswer, told: ReadonlySet<string>): boolean {
  return answer.prompt !== undefined && told.has(answer.prompt);
}

function tracksOf(answers: readonly RecordedAnswer[]): Track[] {
  const byActor = Map.groupBy(answers, (answer) => answer.actor ?? mainActor);
  return [...byActor].map(([actor, of]) => ({ actor, answers: of }));
}

/** An answer that said nothing leaves no message in the conversation. */
function isEmpty(answer: RecordedAnswer): boolean {
  return answer.text === "" && answer.calls.length === 0;
}

function placesIn(track: Track, said: readonly Assistant[], told: ReadonlySet<string>): Place[] {
  const spoken = track.answers.flatMap((answer, index) => isEmpty(answer) ? [] : [{ answer, index }]);
  const after = (count: number): Place => ({
    track,
    from: count === 0 ? 0 : (spoken[count - 1]?.index ?? 0) + 1,
  });
  const fits = (start: number) =>
    said.every((message, index) => isSame(message, spoken[start + index]?.answer));
  if (said.length === 0) {
    const first = track.answers.findIndex((answer) => wasTold(answer, told));
    return [first > 0 ? { track, from: first } : after(0)];
  }
  const start = range(spoken.length - said.length + 1).find(fits);
  return start === undefined ? [] : [after(start + said.length)];
}

function range(count: number): number[] {
  return Array.from({ length: Math.max(0, count) }, (_, index) => index);
}

/** The first answer that says something, or an empty one before it that was given to the same words. */
function nextFrom({ track, from }: Place, told: ReadonlySet<string>): RecordedAnswer | undefined {
  const rest = track.answers.slice(from);
  const speaks = rest.findIndex((answer) => !isEmpty(answer));
  const candidates = speaks < 0 ? rest : rest.slice(0, speaks + 1);
  return candidates.findLast((answer) => wasTold(answer, told)) ?? candidates.at(-1);
}

/** Compared by what was said: ids of calls belong to the session, not to the answer. */
function isSame(message: Assistant, answer: RecordedAnswer | undefined): boolean {
  if (answer === undefined || message.text !== answer.text) return false;
  if (message.calls.length !== answer.calls.length) return false;
  return message.calls.every((call, index) => {
    const recorded = answer.calls[index];
    return recorded?.name === call.name && canonical(recorded.args) === canonical(call.args);
  });
}

function whereItDiffers(tracks: readonly Track[], said: readonly Assistant[]): string {
  const [track] = tracks;
  if (track === undefined) return "Cannot play the recording: it holds no answers";
  const spoken = track.answers.filter((answer) => !isEmpty(answer));
  const at = said.findIndex((message, index) => !isSame(message, spoken[index]));
  if (at >= spoken.length) return behindTheEnd({ track, from: track.answers.length });
  return `Cannot play the recording: assistant message ${
    at + 1
  } of ${said.length} in the conversation is not ` +
    `answer ${
      at + 1
    } of ${spoken.length} of "${track.actor}"; begin a new session to play it, or go on with a model`;
}

function behindTheEnd(place: Place | undefined): string {
  const { actor, answers } = place?.track ?? { actor: mainActor, answers: [] };
  return `Cannot play answer ${
    answers.length + 1
  } of "${actor}": the recording ends with answer ${answers.length}; ` +
    "go on with a model";
}
