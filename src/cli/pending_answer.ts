// Answers to what waits, as a person types them: parsed, and sent bound to what was shown.
import type { Client } from "../client/client.ts";
import type { PendingQuestion } from "../protocol/http.ts";
import { Problem } from "../protocol/problem.ts";
import type { Question, QuestionAnswer } from "../protocol/work_facts.ts";
import { parseAnswer, sendAnswer } from "./approvals.ts";
import type { Pending } from "./pending.ts";

/** What a line means as an answer; undefined when it is none. The function resolves to false when somebody was first. */
export function typedAnswer(
  pending: Pending,
  typed: string,
): ((client: Client, session: string) => Promise<boolean>) | undefined {
  switch (pending.kind) {
    case "approval": {
      const answer = parseAnswer(typed, pending.approval);
      return answer && ((client, session) => sendAnswer(client, session, pending.approval, answer));
    }
    case "question": {
      const answers = parseAnswers(pending.asked, typed);
      return answers && ((client, session) => sendAnswers(client, session, pending.asked.call_id, answers));
    }
    case "limit": {
      const word = typed.trim().toLowerCase();
      if (!["y", "yes", "n", "no"].includes(word)) return undefined;
      return (client, session) => sendBudget(client, session, word.startsWith("y") ? "continue" : "stop");
    }
  }
}

/** For when nobody is there: calls are denied, questions left to the agent, and a limit ends the turn. */
export async function refuse(
  client: Client,
  session: string,
  pending: Pending,
  reason: string,
): Promise<boolean> {
  switch (pending.kind) {
    case "approval":
      return await sendAnswer(client, session, pending.approval, { decision: "reject_once", reason });
    case "question": {
      const text = `${reason}: decide yourself, and say what you assumed`;
      const answers = pending.asked.questions.map(() => ({ selected: [], text }));
      return await sendAnswers(client, session, pending.asked.call_id, answers);
    }
    case "limit":
      return await sendBudget(client, session, "stop");
  }
}

/** One answer for each question, parted by semicolons when there are several. */
export function parseAnswers(asked: PendingQuestion, typed: string): QuestionAnswer[] | undefined {
  const { questions } = asked;
  const parts = questions.length === 1 ? [typed] : typed.split(";");
  if (parts.length !== questions.length) return undefined;
  const answers = questions.map((question, index) => parseOne(question, parts[index] ?? ""));
  return answers.every((answer) => answer !== undefined) ? answers : undefined;
}

/** Numbers pick options, as do their labels; everything else is the person's own words. */
export function parseOne({ options, multi_select }: Question, typed: string): QuestionAnswer | undefined {
  const text = typed.trim();
  if (text === "") return undefined;
  const words = multi_select ? text.split(",").map((word) => word.trim()) : [text];
  const labels = words.map((word) => labelOf(options, word));
  return labels.every((label) => label !== undefined) ? { selected: labels } : { selected: [], text };
}

function labelOf(options: Question["options"], word: string): string | undefined {
  const byNumber = /^\d{1,2}$/.test(word) ? options[Number(word) - 1] : undefined;
  return (byNumber ?? options.find(({ label }) => label.toLowerCase() === word.toLowerCase()))?.label;
}

export function sendAnswers(
  client: Client,
  session: string,
  callId: string,
  answers: QuestionAnswer[],
): Promise<boolean> {
  return first(client.answerQuestion(session, callId, answers));
}

function sendBudget(client: Client, session: string, decision: "continue" | "stop"): Promise<boolean> {
  return first(client.answerBudget(session, decision));
}

async function first(sending: Promise<unknown>): Promise<boolean> {
  try {
    await sending;
    return true;
  } catch (thrown) {
    if (thrown instanceof Problem && thrown.code === "conflict") return false;
    throw thrown;
  }
}
