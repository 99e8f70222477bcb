// A folded state, and the difference of two, as text for a person.
import type { Message } from "../protocol/conversation.ts";
import type { SessionView } from "../protocol/http.ts";
import type { JsonValue } from "../protocol/json.ts";
import type { ActorConversation } from "../protocol/tree_views.ts";
import type { Change } from "./diff.ts";
import { imagesText } from "./image_text.ts";
import { actorWords, callWords, effectWords } from "./machine_text.ts";
import { neutralLine, shortLine, shortText } from "./neutral.ts";
import { sandboxText } from "./mode_text.ts";
import { argsText } from "./render.ts";
import type { Colours, Terminal } from "./terminal.ts";
import { treeLines, treeSummary } from "./tree_text.ts";
import { backgroundLine, budgetLine, limitText, taskLine, todoLines } from "./work_text.ts";

const messageLinesMax = 10;
const valueCharsMax = 300;

/** The conversation in short and how far every machine is; ends with a line feed. */
export function drawState(
  { session_id, seq, conversation, state }: SessionView,
  colours: Colours,
  columns: number,
): string {
  const { bold, dim } = colours;
  const { summary } = state;
  const tokens = `${state.usage.input_tokens} tokens in, ${state.usage.output_tokens} out`;
  return [
    `${bold(`Session ${neutralLine(session_id)} at #${seq}`)} ${summary.status}`,
    `  ${shortLine(`${summary.provider}/${summary.model}`, 100)}, ${summary.permission_mode}, ${tokens}`,
    ...(summary.sandbox === undefined ? [] : [`  ${sandboxText(summary.sandbox, summary.permission_mode)}`]),
    `  ${dim(`digest ${state.digest}`)}`,
    "",
    bold(`Tree (${treeSummary(state.tree)})`),
    ...treeLines(state.tree, {
      colours,
      columns: columns - 2,
      withMail: true,
      now: Date.parse(summary.updated_at),
    })
      .map((line) => `  ${line}`),
    "",
    bold(`Conversation (${countOf(conversation)})`),
    ...conversation.flatMap((message, place) => drawMessage(message, place, colours)),
    ...section("Machines", actorWords(state.actors), colours),
    ...section("Open calls", callWords(state.calls), colours),
    ...section("Owed", effectWords(state.effects), colours),
    ...list(
      "Waiting for approval",
      state.approvals.map(({ call_id, prompt }) =>
        `${neutralLine(call_id)}: ${shortLine(prompt, valueCharsMax)}`
      ),
      colours,
    ),
    ...list(
      "Waiting for an answer",
      state.questions.map(({ call_id, questions }) =>
        `${neutralLine(call_id)}: ${
          shortLine(questions.map(({ question }) => question).join("; "), valueCharsMax)
        }`
      ),
      colours,
    ),
    ...list(
      "Paused",
      state.paused.map((paused) => `${neutralLine(paused.actor)}: ${limitText(paused)}`),
      colours,
    ),
    ...list("Budgets", state.budgets.map(budgetLine), colours),
    ...list("Todos", state.todos.length === 0 ? [] : todoLines(state.todos), colours),
    ...list("Tasks", state.tasks.map(taskLine), colours),
    ...list("Background", state.background.map(backgroundLine), colours),
    "",
  ].join("\n");
}

/** One actor: what it does, its mailbox and its conversation; ends with a line feed. */
export function drawActor(
  { session_id, seq, at, actor, conversation }: ActorConversation,
  terminal: Terminal,
): string {
  const { colours, columns } = terminal;
  const { bold, dim } = colours;
  const parent = actor.parent === null ? "" : `, below ${neutralLine(actor.parent)}`;
  return [
    bold(`${neutralLine(actor.path)} of session ${neutralLine(session_id)} at #${seq}`),
    `  ${dim(`${actor.kind}${parent}, since #${actor.since.seq}`)}`,
    ...treeLines([actor], { colours, columns: columns - 2, withMail: true, now: Date.parse(at) })
      .map((line) => `  ${line}`),
    ...actor.calls.map(({ call_id, name, state }) =>
      `  → ${neutralLine(name)} ${neutralLine(call_id)} ${state}`
    ),
    "",
    bold(`Conversation (${countOf(conversation)})`),
    ...conversation.flatMap((message, place) => drawMessage(message, place, colours)),
    "",
  ].join("\n");
}

function list(title: string, lines: readonly string[], { bold }: Colours): string[] {
  return lines.length === 0 ? [] : ["", bold(title), ...lines.map((line) => `  ${line}`)];
}

function countOf({ length }: readonly Message[]): string {
  return `${length} ${length === 1 ? "message" : "messages"}`;
}

function drawMessage(message: Message, place: number, { cyan, green, blue, red }: Colours): string[] {
  const tint = message.role === "user" ? cyan : message.role === "assistant" ? green : blue;
  const head = `  [${place}] ${tint(message.role)}`;
  switch (message.role) {
    case "user":
      return [`${head} ${short(withImages(message.text, message.images))}`];
    case "assistant":
      return [
        `${head} ${short(message.text)}`.trimEnd(),
        ...message.calls.map(({ name, call_id, args }) =>
          `      → ${neutralLine(name)} ${neutralLine(call_id)} ${argsText(args)}`
        ),
      ];
    case "tool": {
      const failed = message.is_error ? red(" (error)") : "";
      return [
        `${head} ${neutralLine(message.name)} ${neutralLine(message.call_id)}${failed}: ${
          short(withImages(message.output, message.images))
        }`,
      ];
    }
  }
}

function withImages(text: string, images: unknown): string {
  const shown = imagesText(images);
  return shown === "" ? text : `${shown} ${text}`;
}

function short(text: string): string {
  return shortText(text, messageLinesMax, valueCharsMax).replaceAll("\n", "\n        ");
}

function section(title: string, values: Readonly<Record<string, string>>, colours: Colours): string[] {
  const lines = Object.entries(values).map(([key, words]) =>
    `${neutralLine(key)}: ${shortLine(words, valueCharsMax)}`
  );
  return list(title, lines, colours);
}

/** One line for each change; ends with a line feed. */
export function drawChanges(changes: readonly Change[], { green, red, yellow }: Colours): string {
  if (changes.length === 0) return "No difference\n";
  return changes.map(({ path, kind, before, after }) => {
    const where = neutralLine(path);
    if (kind === "added") return green(`+ ${where}: ${json(after)}`);
    if (kind === "removed") return red(`- ${where}: ${json(before)}`);
    return yellow(`~ ${where}: ${json(before)} -> ${json(after)}`);
  }).join("\n") + "\n";
}

function json(value: JsonValue | undefined): string {
  return shortLine(JSON.stringify(value) ?? "", valueCharsMax);
}
