// What asks while a workflow is followed: answered at the terminal, refused when nobody is here, or said how to be answered.
import type { Client } from "../client/client.ts";
import { messageOf } from "../protocol/problem.ts";
import { type BottomArea, openBottomArea } from "./bottom_area.ts";
import type { Context } from "./command.ts";
import { openLines } from "./lines.ts";
import { neutral } from "./neutral.ts";
import type { Pending, PendingList } from "./pending.ts";
import { refuse, typedAnswer } from "./pending_answer.ts";
import { pendingChoices, pendingCommand, pendingText } from "./pending_text.ts";

export interface WorkflowDesk {
  area: BottomArea | undefined;
  /** History is over: from now on what waits is asked. */
  live(): void;
  /** Something may have begun to wait. */
  look(): void;
  close(): void;
}

const nobody = "nobody to ask (jamey workflow run --unattended)";

export function openDesk(
  context: Context,
  client: Client,
  { session, pending, unattended }: { session: string; pending: PendingList; unattended: boolean },
): WorkflowDesk {
  const { terminal } = context;
  const isHere = terminal.inIsTerminal && terminal.outIsTerminal && !unattended && !context.json;
  const lines = isHere ? openLines({ isTerminal: true }) : undefined;
  const area = isHere ? openBottomArea(terminal, lines) : undefined;
  const above = area?.above ?? terminal;
  const said = new Set<string>();
  let isLive = false;
  // While the terminal is read by lines, Ctrl-C comes from there.
  lines?.onInterrupt(() => Deno.kill(Deno.pid, "SIGINT"));
  if (lines !== undefined) void answer(lines).catch(() => lines.close());

  function look(): void {
    if (!isLive) return;
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
    const how = isHere
      ? `Answer: ${pendingChoices(waiting)}`
      : `Answer with: ${pendingCommand(waiting, session)}`;
    const text = `${pendingText(waiting, isHere ? terminal.colours : terminal.talkColours)}\n  ${how}`;
    if (isHere) above.line(text);
    else terminal.talk(text);
  }
  async function answer(from: NonNullable<typeof lines>): Promise<void> {
    for (let typed = await from.next(); typed !== undefined; typed = await from.next()) {
      area?.typed();
      const [oldest] = pending.all();
      if (typed.trim() === "" || oldest === undefined) continue;
      const send = typedAnswer(oldest, typed);
      if (send === undefined) {
        above.line(`  Answer: ${pendingChoices(oldest)}`);
        continue;
      }
      pending.answered(oldest.key);
      const first = await send(client, session).catch((thrown) => {
        pending.again(oldest);
        above.line(`  ${neutral(messageOf(thrown))}`);
        return true;
      });
      if (!first) above.line("  Somebody else was first");
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
