// What waits for a person while a session is followed at a terminal: one question at a time, shown whole, so that what is
// typed can only be the answer to what was shown last. Others are named, and follow in their turn.
import type { Client } from "../client/client.ts";
import { messageOf } from "../protocol/problem.ts";
import type { NameOf } from "./actor_labels.ts";
import { neutral } from "./neutral.ts";
import type { Pending, PendingList } from "./pending.ts";
import { typedAnswer } from "./pending_answer.ts";
import { pendingChoices, pendingShort, pendingText } from "./pending_text.ts";
import type { Colours } from "./terminal.ts";

export interface Questions {
  /** Something may have begun to wait, or may have been answered. */
  look(): void;
  /** Takes a line that a person typed; resolves when its answer has arrived. */
  typed(line: string): Promise<void>;
  /** What may be typed now. */
  prompt(): string;
}

export interface QuestionsOptions {
  client: Client;
  session: string;
  pending: PendingList;
  colours: Colours;
  nameOf: NameOf;
  say(text: string): void;
}

export function createQuestions(
  { client, session, pending, colours, nameOf, say }: QuestionsOptions,
): Questions {
  const { dim, red } = colours;
  const named = new Set<string>();
  /** The one that was shown last: a line answers this one or none. */
  let shown: string | undefined;

  const keyOf = ({ key, seq }: Pending) => `${key} ${seq}`;
  const current = () => pending.all().find((one) => keyOf(one) === shown);

  function look(): void {
    const [first, ...more] = current() === undefined ? pending.all() : others();
    if (first === undefined) return void (shown = undefined);
    if (keyOf(first) !== shown) {
      shown = keyOf(first);
      const left = more.length === 0 ? "" : ` (${more.length} more ${more.length === 1 ? "waits" : "wait"})`;
      say(`${pendingText(first, colours, nameOf)}\n  ${dim(`Answer: ${pendingChoices(first)}${left}`)}`);
    } else {
      for (const one of more.filter((one) => !named.has(keyOf(one)))) {
        say(dim(`  Waits for its turn: ${pendingShort(one, nameOf)}`));
      }
    }
    for (const one of more) named.add(keyOf(one));
  }

  /** The one that is shown, then the rest. */
  function others(): Pending[] {
    const all = pending.all();
    return [...all.filter((one) => keyOf(one) === shown), ...all.filter((one) => keyOf(one) !== shown)];
  }

  return {
    look,
    prompt() {
      const one = current();
      return one === undefined ? "> " : `answer to ${pendingShort(one, nameOf)} > `;
    },
    async typed(line) {
      const asked = current();
      if (asked === undefined) {
        return say("  Nothing waits for an answer; to talk to the agent use: jamey chat -s SESSION");
      }
      const send = typedAnswer(asked, line);
      if (send === undefined) return say(`  Answer: ${pendingChoices(asked)}`);
      pending.answered(asked.key);
      const first = await send(client, session).catch((thrown) => {
        pending.again(asked);
        say(`  ${red(neutral(messageOf(thrown)))}`);
        return true;
      });
      if (!first) say("  Somebody else was first");
      look();
    },
  };
}
