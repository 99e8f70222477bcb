// The story of a session as a picture for the terminal: a bar for everything that took time.
import type { Client } from "../client/client.ts";
import type { EventEnvelope } from "../protocol/facts.ts";
import type { Context } from "./command.ts";
import { eventsMax, readEvents } from "./event_pages.ts";
import { modeSummaries } from "./mode_summary.ts";
import { neutralLine, shortLine, shortText } from "./neutral.ts";
import { handOutcome, type Span, type Story, tellStory, type Turn } from "./story.ts";
import type { SpanKind } from "./story_spans.ts";
import type { Colours } from "./terminal.ts";

const barMax = 40;
const answerLinesMax = 8;

/** Reads the whole session and prints its story. */
export async function showStory(
  context: Context,
  client: Client,
  session: string,
  isShown: (event: EventEnvelope) => boolean = () => true,
): Promise<void> {
  const events = (await readEvents(client, session)).filter(isShown);
  const { terminal } = context;
  terminal.write(drawStory(tellStory(events), { colours: terminal.colours, columns: terminal.columns }));
  for (const line of modeSummaries(events)) terminal.line(line);
  if (events.length >= eventsMax) terminal.warn(`Only the first ${eventsMax} events are shown`);
}

export interface DrawOptions {
  colours: Colours;
  columns: number;
}

/** The picture, ending with a line feed. */
export function drawStory(story: Story, options: DrawOptions): string {
  const { dim } = options.colours;
  const asides = story.asides.map(({ seq, type, at }) => dim(`#${seq} ${at} ${neutralLine(type)}`));
  const turns = story.turns.flatMap((turn, place) => ["", ...drawTurn(turn, place + 1, options)]);
  const input = sum(story.turns.map(({ tokens }) => tokens.input));
  const output = sum(story.turns.map(({ tokens }) => tokens.output));
  const total = `${count(story.turns.length, "turn")}, ${input} tokens in, ${output} out`;
  return [...asides, ...turns, "", total, ""].join("\n");
}

function drawTurn(turn: Turn, number: number, options: DrawOptions): string[] {
  const { bold, cyan, dim, green, red } = options.colours;
  const isWell = turn.outcome === "completed" || turn.outcome === handOutcome;
  const tint = isWell ? green : turn.outcome === "running" ? cyan : red;
  const models = turn.spans.filter(({ kind }) => kind === "model").length;
  const calls = turn.spans.filter(({ kind }) => kind === "call").length;
  const facts = [
    seconds(turn.to - turn.from),
    count(models, "model call"),
    count(calls, "tool call"),
    `${turn.tokens.input} in, ${turn.tokens.output} out`,
  ].join(", ");
  return [
    `${bold(`Turn ${number}`)} ${dim(`#${turn.fromSeq}..#${turn.toSeq}`)} ${
      tint(neutralLine(turn.outcome))
    }  ${facts}`,
    ...(turn.prompt === "" ? [] : [`  ${cyan("you")}    ${shortLine(turn.prompt, options.columns - 9)}`]),
    ...turn.spans.map((span) => drawSpan(span, turn, options)),
    ...(turn.answer === ""
      ? []
      : answerLines(turn.answer, options).map((line, i) =>
        `  ${i === 0 ? green("agent") : "     "}  ${line}`
      )),
  ];
}

function drawSpan(span: Span, turn: Turn, { colours, columns }: DrawOptions): string {
  const width = Math.min(barMax, Math.max(10, columns - 60));
  const whole = Math.max(1, turn.to - turn.from);
  const start = Math.min(width - 1, Math.floor((span.from - turn.from) / whole * width));
  const length = Math.max(1, Math.min(width - start, Math.round((span.to - span.from) / whole * width)));
  const bar = " ".repeat(start) + tintOf(span.kind, colours)(glyphs[span.kind].repeat(length)) +
    " ".repeat(width - start - length);
  const tokens = span.tokens === null ? "" : ` ${span.tokens.input} in, ${span.tokens.output} out`;
  const end = /failed|denied|interrupted|stopped/.test(span.end)
    ? colours.red(neutralLine(span.end))
    : colours.dim(neutralLine(span.end));
  const who = span.actor === "main" ? "" : `${neutralLine(span.who)} `;
  return `  ${colours.dim("│")}${bar}${colours.dim("│")} ${seconds(span.to - span.from).padStart(8)}  ` +
    `${who}${shortLine(span.label, 40)} ${end}${colours.dim(tokens)} ${colours.dim(`#${span.fromSeq}`)}`;
}

const glyphs: { readonly [kind in SpanKind]: string } = { model: "█", call: "▓", wait: "░", actor: "─" };

function tintOf(kind: SpanKind, colours: Colours): (text: string) => string {
  if (kind === "actor") return colours.magenta;
  return kind === "model" ? colours.green : kind === "call" ? colours.blue : colours.yellow;
}

function answerLines(answer: string, { columns }: DrawOptions): string[] {
  return shortText(answer.trim(), answerLinesMax, Math.max(20, columns - 9)).split("\n");
}

function seconds(ms: number): string {
  return ms < 1000 ? `${ms} ms` : `${(ms / 1000).toFixed(1)} s`;
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
