// What asks while a workflow is followed: answered at the terminal, refused when nobody is here, or said how to be answered.
import type { Client } from "../client/client.ts";
import { messageOf } from "../protocol/problem.ts";
import type { NameOf } from "./actor_labels.ts";
import { type BottomArea, openBottomArea } from "./bottom_area.ts";
import type { Context } from "./command.ts";
import { type Lines, openLines } from "./lines.ts";
import { neutral } from "./neutral.ts";
import type { Pending, PendingList } from "./pending.ts";
import { refuse } from "./pending_answer.ts";
import { pendingCommand, pendingText } from "./pending_text.ts";
import { createQuestions, type Questions } from "./questions.ts";

export interface WorkflowDesk {
  area: BottomArea | undefined;
  /** History is over: from now on what waits is asked. */
  live(): void;
  /** Something may have begun to wait. */
  look(): void;
  close(): void;
}

const nobody = "nobody to ask (jamey workflow run --unattended)";

export interface DeskOptions {
  session: string;
  pending: PendingList;
  nameOf: NameOf;
  unattended: boolean;
}

export function openDesk(
  context: Context,
  client: Client,
  { session, pending, nameOf, unattended }: DeskOptions,
): WorkflowDesk {
  const { terminal } = context;
  const isHere = terminal.inIsTerminal && terminal.outIsTerminal && !unattended && !context.json;
  const lines = isHere ? openLines({ isTerminal: true }) : undefined;
  let questions: Questions | undefined;
  const area = isHere ? openBottomArea(terminal, lines, () => questions?.prompt() ?? "> ") : undefined;
  const above = area?.above ?? terminal;
  const said = new Set<string>();
  let isLive = false;
  // While the terminal is read by lines, Ctrl-C comes from there.
  lines?.onInterrupt(() => Deno.kill(Deno.pid, "SIGINT"));
  if (lines !== undefined) {
    const { colours } = terminal;
    questions = createQuestions({ client, session, pending, colours, nameOf, say: above.line });
    void answer(lines, questions).catch(() => lines.close());
  }

  function look(): void {
    if (!isLive) return;
    if (questions !== undefined) return questions.look();
    for (const waiting of pending.all()) {
      const key = `${waiting.key} ${waiting.seq}`;
      if (said.has(key)) continue;
      said.add(key);
      if (unattended) refuseOne(waiting);
      else ask(waiting);
    }
  }
  function refuseOne(waiting: Pending): void {
    pending.answered(waiting.key);
    refuse(client, session, waiting, nobody).catch((thrown) => terminal.warn(neutral(messageOf(thrown))));
  }
  function ask(waiting: Pending): void {
    const text = pendingText(waiting, terminal.talkColours, nameOf);
    terminal.talk(`${text}\n  Answer with: ${pendingCommand(waiting, session)}`);
  }
  async function answer(from: Lines, asked: Questions): Promise<void> {
    for (let typed = await from.next(); typed !== undefined; typed = await from.next()) {
      area?.typed();
      if (typed.trim() !== "") await asked.typed(typed);
    }
  }

  return {
    area,
    look,
    live: () => {
      isLive = true;
      look();
    },
    close: () => {
      area?.close();
      lines?.close();
    },
  };
}
