// `jamey answer`: answers the questions of an agent, from any terminal.
import type { Client } from "../client/client.ts";
import { Problem } from "../protocol/problem.ts";
import { type Command, type Context, need } from "./command.ts";
import { pendingIn } from "./pending.ts";
import { parseOne } from "./pending_answer.ts";
import { pendingCommand, pendingText } from "./pending_text.ts";
import { namesIn, sayWaiting } from "./waiting.ts";

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
    if (call === undefined) return await list(context, client, session);
    const { questions } = await client.questions(session);
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

async function list({ terminal, json }: Context, client: Client, session: string): Promise<number> {
  if (json) {
    terminal.json({ questions: (await client.questions(session)).questions });
    return 0;
  }
  const { state, session_id } = await client.view(session);
  if (state.questions.length === 0) terminal.talk("Nothing is asked");
  for (const pending of pendingIn(state)) {
    if (pending.kind !== "question") continue;
    terminal.line(pendingText(pending, terminal.colours, namesIn(state.tree)));
    terminal.talk(terminal.talkColours.dim(`  Answer with: ${pendingCommand(pending, session_id)}`));
  }
  sayWaiting(terminal, state, { session: session_id, besides: "question" });
  return 0;
}
