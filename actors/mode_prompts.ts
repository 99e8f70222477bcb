// What the members of a mode are asked: the request with what was said before it, and what the others have said in this run.
import type { Transcript } from "../machines/transcript.ts";
import { enclosed } from "../src/protocol/enclosed.ts";
import type { FactData, FactOf, Image } from "../src/protocol/facts.ts";
import type { ModeMember } from "../src/protocol/mode_facts.ts";
import { verdictRequest } from "./mode_verdict.ts";

type Said = FactData<"mode.said">;

export interface Ask {
  run: string;
  start: FactOf<"mode.started">;
  member: ModeMember;
  round: number;
  what: Said["what"];
}

/** Characters of earlier turns that a member is told, the latest ones; and of one answer of another member. */
const historyCharsMax = 40_000;
const answerCharsMax = 50_000;

/** All that a member is told when it begins: it sees nothing else. */
export function firstPrompt(ask: Ask, transcript: Transcript): string {
  const history = historyText(ask, transcript);
  return [
    ...history === "" ? [] : ["# The conversation so far", history],
    "# The request",
    requestText(ask, transcript),
    "# Your part",
    askText(ask, transcript),
  ].join("\n\n");
}

/** What it is asked next; its own work is in its conversation. */
export function askText(ask: Ask, transcript: Transcript): string {
  return texts[ask.what](ask, transcript).join("\n\n");
}

/** For a member whose turn failed: what it was asked is in its conversation. */
export function againText(error: string): string {
  return `Your last turn ended without an answer (${error}). Do now what you were asked last.`;
}

/** Pictures that came with the request. */
export function requestImages(ask: Ask, transcript: Transcript): Image[] {
  return request(ask, transcript).flatMap(({ images }) => images ?? []);
}

function requestText(ask: Ask, transcript: Transcript): string {
  return request(ask, transcript).map(({ text }) => text).join("\n\n");
}

/** The messages that the run answers: those that began the turn. */
function request({ start }: Ask, transcript: Transcript) {
  return saidTo(start, transcript).filter(({ seq }) => seq >= start.data.of_seq && seq <= start.seq)
    .flatMap(({ message }) => message.role === "user" ? [message] : []);
}

function historyText({ start }: Ask, transcript: Transcript): string {
  const earlier = saidTo(start, transcript).filter(({ seq }) => seq < start.data.of_seq);
  const said = earlier.flatMap(({ message }) => {
    if (message.role === "tool") return [];
    return [
      message.role === "user" ? enclosed("said", message.text, "user") : enclosed("answer", message.text),
    ];
  }).join("\n\n");
  return said.length <= historyCharsMax
    ? said
    : `[earlier parts are left out]\n${said.slice(-historyCharsMax).toWellFormed()}`;
}

/** The conversation of whoever the run answers for, each message with the fact that put it there. */
function saidTo({ data }: FactOf<"mode.started">, transcript: Transcript) {
  const { messages, seqs } = transcript.conversation(data.parent);
  return messages.map((message, index) => ({ message, seq: seqs[index] ?? 0 }));
}

const texts: { readonly [what in Said["what"]]: (ask: Ask, transcript: Transcript) => string[] } = {
  answer: answerAsk,
  critique: (ask, transcript) => [
    "These are the others' answers:",
    ...others(ask, transcript, { what: "answer", round: ask.round }),
    "Say what is wrong or missing in them, and what of it is better than in yours. Be exact.",
    verdictRequest("AGREE", "DISAGREE", "when you would sign all of them as they are"),
  ],
  revision: (ask, transcript) => [
    "The reviewers say:",
    ...others(ask, transcript, { what: "review", round: ask.round - 1 }),
    "Change your work where they are right. Then give the whole of it again, as the answer to the request; do not answer the reviewers.",
  ],
  review: (ask, transcript) => [
    "Review this work as an answer to the request:",
    ...others(ask, transcript, { what: ask.round === 1 ? "answer" : "revision", round: ask.round }),
    "Say what must change and why; leave matters of taste out.",
    verdictRequest("APPROVE", "REVISE", "when it can go out as it is"),
  ],
  synthesis: (ask, transcript) => [
    "Several agents answered the request, each by itself:",
    ...others(ask, transcript, { what: "answer", round: ask.round }),
    "Make one answer to the request of them: keep what holds, resolve what contradicts, and say where they differ when it matters. Speak to whoever made the request, not about the agents.",
  ],
  judgement: (ask, transcript) => [
    `Several agents debated the request in ${ask.round} round${
      ask.round === 1 ? "" : "s"
    }. Their last answers:`,
    ...others(ask, transcript, { what: "answer", round: ask.round }),
    "What they said of each other's:",
    ...others(ask, transcript, { what: "critique", round: ask.round }),
    "Decide, and give the final answer to the request. Speak to whoever made the request, not about the agents.",
  ],
};

/** A first answer differs from mode to mode. */
function answerAsk(ask: Ask, transcript: Transcript): string[] {
  const { start, round } = ask;
  switch (start.data.mode) {
    case "sequential": {
      const before = others(ask, transcript, { what: "answer", round }).slice(-1);
      return before.length === 0
        ? ["You are the first of several agents who work one after the other. Do your part of the request."]
        : ["The agent before you made this of the request:", ...before, "Go on from there: do your part."];
    }
    case "parallel":
      return ["Answer the request by yourself. Others do the same, and one answer is made of all."];
    case "debate":
      return round === 1
        ? [
          "Give your answer to the request, with your reasons. Others do the same; then you read each other's.",
        ]
        : [
          "The others say of the answers:",
          ...others(ask, transcript, { what: "critique", round: round - 1 }),
          "Answer the request again: take up what is right, and say why you keep the rest.",
        ];
    case "review":
      return ["You are the author. Do what is requested; reviewers look at your last message."];
    default:
      return start.data.mode satisfies never;
  }
}

/** What the other members said, each under its name. */
function others(
  { run, member }: Ask,
  transcript: Transcript,
  wanted: { what: Said["what"]; round: number },
): string[] {
  const facts = transcript.crew.supervisor(run)?.facts ?? [];
  const said = facts.filter((fact) => fact.type === "mode.said").map(({ data }) => data);
  return said.filter(({ member: name, what, round }) =>
    name !== member.name && what === wanted.what && round === wanted.round
  ).map(({ member: name, what, request_id }) =>
    enclosed(what, cut(transcript.answers.text(request_id)), name)
  );
}

function cut(text: string): string {
  return text.length <= answerCharsMax
    ? text
    : `${text.slice(0, answerCharsMax).toWellFormed()}\n[${text.length - answerCharsMax} more characters]`;
}
