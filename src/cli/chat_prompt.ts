// The prompt of a chat: what may be typed now. Output goes beside it, never into it, and the prompt comes back below.
import type { Room } from "./chat_room.ts";
import type { Lines } from "./lines.ts";
import { mainActor } from "../protocol/facts.ts";
import { askerOf } from "./pending.ts";
import { pendingChoices, pendingShort, pendingText } from "./pending_text.ts";
import type { Terminal } from "./terminal.ts";

const promptText = "> ";

/** A terminal whose output takes the prompt away first, and with it what has been typed so far: both come back with the prompt. */
export function besidePrompt(terminal: Terminal, lines: Lines): Terminal {
  const aside = <Value>(put: (value: Value) => void) => (value: Value) => {
    lines.hide();
    put(value);
  };
  return {
    ...terminal,
    write: aside(terminal.write),
    line: aside(terminal.line),
    json: aside(terminal.json),
    talk: aside(terminal.talk),
    warn: aside(terminal.warn),
  };
}

/** Shows what is to be typed in a room, each question once as a whole and its choices whenever they have gone. */
export function createPrompt(terminal: Terminal, lines: Lines): (room: Room) => void {
  const shown = new Set<string>();
  let asked: string | undefined;
  return (room) => {
    // Nobody is there any more to talk to: end the wait for the next line.
    if (room.failure() !== undefined) return lines.close();
    const question = room.question();
    const key = question && `${question.key} ${question.seq}`;
    // Somebody else has answered.
    if (asked !== undefined && asked !== key) lines.hide();
    asked = key;
    if (question === undefined || key === undefined) {
      const agents = room.agents();
      if (!room.isBusy()) lines.prompt(agents === "" ? promptText : `${agents} ${promptText}`);
      return;
    }
    if (!shown.has(key)) {
      shown.add(key);
      terminal.line(pendingText(question, terminal.colours, room.nameOf));
    } else if (lines.isPrompting()) return;
    // Whose it is may have scrolled away.
    const whose = askerOf(question).actor === mainActor ? "" : `${pendingShort(question, room.nameOf)}: `;
    lines.prompt(`  ${whose}${pendingChoices(question)}: `);
  };
}
