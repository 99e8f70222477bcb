// A decision about a shell command by rules: a command of 2 KB against 200 rules, and a short one, beside parsing JSON of
// the same size.
import { openShell } from "../../src/permission/shell/analyse.ts";
import { matchesForAllow, mayMatchForDeny } from "../../src/permission/shell/match.ts";
import type { Bench, BenchContext, Row } from "../bench.ts";
import { alternate, figureOf, ratioOf, type Series, timeEach } from "../samples.ts";

const rulesEach = 100;
const bytes = 2_048;
const p99MsMax = 1;

export const decision: Bench = { name: "decision", run: measure };

async function measure({ quick }: BenchContext): Promise<Row[]> {
  const shell = await openShell();
  const allow = Array.from({ length: rulesEach }, (_, index) => `tool${index} check:*`).concat(
    "git log:*",
    "ls:*",
  );
  const deny = Array.from({ length: rulesEach }, (_, index) => `forbidden${index}:*`);
  const decide = (command: string) => {
    const { commands, doubt } = shell.analyse(command);
    if (commands.some((each) => deny.some((rule) => mayMatchForDeny(rule, each)))) return "deny";
    const covered = commands.every((each) => allow.some((rule) => matchesForAllow(rule, each)));
    return doubt === null && covered ? "allow" : "ask";
  };
  const long = longCommand();
  const text = JSON.stringify(
    Array.from({ length: bytes / 32 }, (_, n) => ({ name: `word ${n}`, value: n })),
  );
  if (decide(long) !== "allow") throw new Error("Cannot measure decisions: the long command is not allowed");
  const times = quick ? 200 : 1_000;
  const each = (work: () => unknown) => () => timeEach(times, () => Promise.resolve(work()));
  const series = await alternate(quick ? 3 : 6, {
    json: each(() => JSON.parse(text)),
    short: each(() => decide("git log --oneline -n 5")),
    long: each(() => decide(long)),
  });
  const row = (name: string, measured: Series): Row => ({
    name: `decision.${name}_${2 * rulesEach}_rules`,
    unit: "ms",
    measured: figureOf(measured),
    calibration: { of: "JSON.parse of 2 KB", ...figureOf(series.json) },
    ratio: ratioOf(measured, series.json),
    aim: { text: `p99 < ${p99MsMax} ms`, met: figureOf(measured).p99 < p99MsMax },
  });
  return [row("short_command", series.short), row("2_kb_command", series.long)];
}

/** A list of commands with long words, as agents write them. */
function longCommand(): string {
  const parts: string[] = [];
  for (let n = 0; parts.join(" && ").length < bytes; n++) {
    parts.push(
      `git log --oneline --since='2 weeks ago' -- "src/some folder/with a long name/module_${n}.ts"`,
    );
  }
  return parts.join(" && ");
}
