// `jamey answer`: answers the questions of an agent, from any terminal.
import type { PendingQuestion } from "../protocol/http.ts";
import { Problem } from "../protocol/problem.ts";
import { type Command, type Context, need } from "./command.ts";
import { parseOne } from "./pending_answer.ts";
import { pendingText } from "./pending_text.ts";

export const answerCommand: Command = {
  usage: "answer <session> [call] [...answers]",
  summary: "Answer the questions of an agent; without CALL, list what it asks",
  options: [],
  examples: [
    "jamey answer last",
    "jamey answer last c12-1 2",
    'jamey answer last c12-1 "1,3" "call it Fred"',
  ],
  async run(context, input) {
    const session = need(input, 0, "the session", "answer");
    const [, call, ...typed] = input.args;
    const client = await context.client();
    const { questions } = await client.questions(session);
    if (call === undefined) return list(context, questions);
    const asked = questions.find(({ call_id }) => call_id === call);
    if (asked === undefined) {
      throw new Problem("not_found", `Cannot answer call "${call}": it asks nothing now`, {
        hint: `List what is asked with: jamey answer ${session}`,
      });
    }
    const answers = asked.questions.map((question, index) => {
      const answer = parseOne(question, typed[index] ?? "");
      if (answer !== undefined) return answer;
      throw new Problem("usage", `Cannot answer call "${call}": question ${index + 1} has no answer`, {
        hint: `Give one answer for each of the ${asked.questions.length} questions`,
      });
    });
    if (typed.length > answers.length) {
      throw new Problem(
        "usage",
        `Cannot answer call "${call}": ${typed.length} answers for ${answers.length} questions`,
      );
    }
    await client.answerQuestion(session, call, answers);
    if (context.json) context.terminal.json({ call_id: call, answers });
    else context.terminal.talk("Answered");
    return 0;
  },
};

function list(context: Context, questions: readonly PendingQuestion[]): number {
  if (context.json) context.terminal.json({ questions });
  else if (questions.length === 0) context.terminal.talk("Nothing is asked");
  for (const asked of context.json ? [] : questions) {
    const pending = { kind: "question", key: asked.call_id, seq: asked.seq, asked } as const;
    context.terminal.line(pendingText(pending, context.terminal.colours));
  }
  return 0;
}
