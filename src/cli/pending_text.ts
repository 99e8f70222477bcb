// What waits for a person, in words: shown whole, because what is hidden would be agreed to as well.
import type { PausedAgent } from "../protocol/budget_views.ts";
import { mainActor } from "../protocol/facts.ts";
import type { PendingQuestion } from "../protocol/http.ts";
import { askerName, nameIn, type NameOf, ownPath } from "./actor_labels.ts";
import { approvalChoices, approvalText } from "./approvals.ts";
import { neutral, neutralLine, shortLine } from "./neutral.ts";
import { askerOf, type Pending } from "./pending.ts";
import type { Colours } from "./terminal.ts";
import { limitText } from "./work_text.ts";

const shortCharsMax = 60;

export function pendingText(pending: Pending, colours: Colours, nameOf: NameOf = ownPath): string {
  switch (pending.kind) {
    case "approval":
      return approvalText(pending.approval, colours, nameOf);
    case "question":
      return questionText(pending.asked, colours, nameOf);
    case "limit":
      return limitQuestion(pending.paused, colours, nameOf);
  }
}

/** How to answer it at the keyboard. */
export function pendingChoices(pending: Pending): string {
  switch (pending.kind) {
    case "approval":
      return approvalChoices(pending.approval);
    case "question":
      return pending.asked.questions.length === 1
        ? "a number, several with commas, or words of your own"
        : 'one answer for each question, parted by ";": numbers or words of your own';
    case "limit":
      return "y go on, n end the turn";
  }
}

/** Whose it is and what about, in a few words. */
export function pendingShort(pending: Pending, nameOf: NameOf): string {
  return `${askerName(askerOf(pending), nameOf)}, ${pendingAbout(pending)}`;
}

/** What it is about, in a few words. */
export function pendingAbout(pending: Pending): string {
  switch (pending.kind) {
    case "approval":
      return neutralLine(pending.approval.name);
    case "question":
      return shortLine(pending.asked.questions.map(({ question }) => question).join(" "), shortCharsMax);
    case "limit":
      return limitText(pending.paused);
  }
}

/** How to answer it from another command line. */
export function pendingCommand(pending: Pending, session: string): string {
  switch (pending.kind) {
    case "approval": {
      const call = `${session} ${neutralLine(pending.approval.call_id)}`;
      return `jamey approve ${call}, or jamey deny ${call}`;
    }
    case "question":
      return `jamey answer ${session} ${neutralLine(pending.asked.call_id)} ANSWER...`;
    case "limit":
      return limitCommand(pending.paused, session);
  }
}

/** Of a budget its owner is named, so that nothing else goes on. */
function limitCommand({ actor, of }: PausedAgent, session: string): string {
  const whose = of ?? actor;
  const extend = `jamey extend ${session}${whose === mainActor ? "" : ` --actor ${neutralLine(whose)}`}`;
  return `${extend}, or ${extend} --stop`;
}

function questionText(
  { actor, node, call_id, questions }: PendingQuestion,
  { bold, yellow, dim }: Colours,
  nameOf: NameOf,
): string {
  const name = nameIn(actor, nameOf, node);
  const lines = questions.flatMap(({ question, options, multi_select }, index) => {
    const mark = questions.length === 1 ? "" : `${index + 1}. `;
    const several = multi_select ? dim(" (several may be picked)") : "";
    return [
      `    ${mark}${bold(neutral(question).replaceAll("\n", "\n    "))}${several}`,
      ...options.map(({ label, description }, place) => {
        const more = description === undefined ? "" : dim(`  ${neutralLine(description)}`);
        return `      ${place + 1}) ${neutralLine(label)}${more}`;
      }),
    ];
  });
  const head = `${yellow("?")} ${name === undefined ? "The agent" : bold(name)} asks ${
    dim(`(${neutralLine(actor)}, call ${neutralLine(call_id)})`)
  }`;
  return [head, ...lines].join("\n");
}

function limitQuestion(paused: PausedAgent, { bold, yellow, dim }: Colours, nameOf: NameOf): string {
  const name = nameIn(paused.actor, nameOf);
  const who = `${name === undefined ? "" : `${bold(name)} `}${dim(`(${neutralLine(paused.actor)})`)}`;
  return `${yellow("?")} ${bold("Paused:")} ${limitText(paused)} ${who}. Shall it go on?`;
}
