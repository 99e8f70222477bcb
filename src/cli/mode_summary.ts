// Who said what in a run of a mode: folded from the facts that any client sees. Pure.
import { type EventEnvelope, type FactData, factData } from "../protocol/facts.ts";
import { shortLine, shortText } from "./neutral.ts";

export interface Utterance {
  member: string;
  part: string;
  round: number;
  what: string;
  verdict: string;
  text: string;
}

/** One run, as far as it has come. */
export interface ModeRun {
  mode: string;
  said: Utterance[];
  failed: { member: string; error: string; restarts: boolean }[];
  rounds: { round: number; reason: string }[];
  end: { outcome: string; reason: string; text: string } | null;
}

export interface ModeRuns {
  /** Takes facts in order; the run that this fact is about, or undefined. */
  fact(event: EventEnvelope): ModeRun | undefined;
}

/** Answers kept until it is known what they were for. */
const textsMax = 1_000;

export function createModeRuns(): ModeRuns {
  const runs = new Map<string, ModeRun>();
  const texts = new Map<string, string>();

  function learnText(event: EventEnvelope): void {
    const replied = read("model.replied", event);
    if (replied !== undefined && replied.calls.length === 0 && runs.has(runOf(event.actor))) {
      const [oldest] = texts.keys();
      if (texts.size >= textsMax && oldest !== undefined) texts.delete(oldest);
      texts.set(replied.request_id, replied.text);
    }
  }

  function note(event: EventEnvelope): ModeRun | undefined {
    learnText(event);
    // Of a run that had begun before anybody looked, the rest can be told.
    if (/^mode\./.test(event.type) && !runs.has(event.actor)) {
      const mode = read("mode.started", event)?.mode ?? "from here on";
      runs.set(event.actor, { mode, said: [], failed: [], rounds: [], end: null });
    }
    const run = runs.get(event.actor);
    const said = read("mode.said", event);
    if (said !== undefined) run?.said.push({ ...said, text: texts.get(said.request_id) ?? "" });
    const failed = read("mode.member_failed", event);
    if (failed !== undefined) run?.failed.push(failed);
    const round = read("mode.round_ended", event);
    if (round !== undefined) run?.rounds.push(round);
    const end = read("mode.finished", event);
    if (run !== undefined && end !== undefined) {
      run.end = end;
      runs.delete(event.actor);
    }
    return run;
  }

  return { fact: note };
}

/** The run that a member belongs to. */
function runOf(actor: string): string {
  return actor.slice(0, Math.max(0, actor.lastIndexOf("/")));
}

type Read = Extract<keyof typeof factData, `mode.${string}` | "model.replied">;

function read<T extends Read>(wanted: T, { type, data }: EventEnvelope): FactData<T> | undefined {
  if (type !== wanted) return undefined;
  const parsed = factData[wanted].safeParse(data);
  // What the schema of this type read is of this type; the table's union hides it.
  return parsed.success ? parsed.data as FactData<T> : undefined;
}

const textLinesMax = 8;
const textCharsMax = 400;
const lineCharsMax = 300;

/** `author, round 2: revision` and the verdict, if there is one. */
export function utteranceHead({ member, round, what, verdict }: Utterance): string {
  return `${shortLine(member, 64)}, round ${round}: ${what}${verdict === "none" ? "" : `, ${verdict}`}`;
}

/** Its words, not all of them when they are many. */
export function utteranceText({ text }: Utterance): string {
  return shortText(text.trimEnd(), textLinesMax, textCharsMax);
}

/** The whole run on some lines: who said what in each round, who failed, and how it ended. */
export function summaryLines({ mode, said, failed, rounds, end }: ModeRun): string[] {
  const all = [...new Set(said.map(({ round }) => round))].sort((a, b) => a - b);
  return [
    `Who said what (${mode}):`,
    ...all.flatMap((round) => [
      ...said.filter((one) => one.round === round).map((one) =>
        `  ${utteranceHead(one)} — ${shortLine(one.text.trim().replace(/\s+/g, " "), lineCharsMax)}`
      ),
      ...rounds.filter((one) => one.round === round).map(({ reason }) =>
        `  round ${round} ended: ${shortLine(reason, lineCharsMax)}`
      ),
    ]),
    ...failed.filter(({ restarts }) => !restarts).map(({ member, error }) =>
      `  ${shortLine(member, 64)} was given up: ${shortLine(error, lineCharsMax)}`
    ),
    ...end === null ? [] : [`  ended, ${end.outcome}: ${shortLine(end.reason, lineCharsMax)}`],
  ];
}

/** Of every run that has ended in these facts. */
export function modeSummaries(events: Iterable<EventEnvelope>): string[] {
  const runs = createModeRuns();
  return [...events].flatMap((event) => {
    const run = runs.fact(event);
    return run !== undefined && event.type === "mode.finished" ? summaryLines(run) : [];
  });
}
