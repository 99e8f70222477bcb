// A decision about a shell command by rules: read, and then judged by every layer against 200 rules, beside parsing JSON
// of 2 KB. No two commands are the same, so nothing is answered from memory.
import { foldMeta, type SessionMeta } from "../../machines/session_meta.ts";
import type { Rule, RuleAction } from "../../src/permission/contract.ts";
import { decidePermission } from "../../src/permission/decide.ts";
import { openShell, type Shell } from "../../src/permission/shell/analyse.ts";
import { mainActor } from "../../src/protocol/facts.ts";
import type { Bench, BenchContext, Row } from "../bench.ts";
import { alternate, figureOf, ratioOf, type Series, timeEach } from "../samples.ts";

const rulesMax = 200;
const bytes = 2_048;
const p99MsMax = 1;
const workspace = "/home/someone/work";

export const decision: Bench = { name: "decision", run: measure };

async function measure({ quick }: BenchContext): Promise<Row[]> {
  const decide = decider(await openShell());
  const [long, short] = [longCommand(), "git log --oneline -n 5"];
  if (decide(long) !== "allow") throw new Error("Cannot measure decisions: the long command is not allowed");
  const text = JSON.stringify(
    Array.from({ length: bytes / 32 }, (_, n) => ({ name: `word ${n}`, value: n })),
  );
  const times = quick ? 200 : 1_000;
  let count = 0;
  const each = (work: () => unknown) => () => timeEach(times, () => Promise.resolve(work()));
  const series = await alternate(quick ? 3 : 6, {
    json: each(() => JSON.parse(text)),
    short: each(() => decide(`${short}${count++}`)),
    long: each(() => decide(`${long}${count++}`)),
  });
  const row = (name: string, measured: Series): Row => ({
    name: `decision.${name}_${rulesMax}_rules`,
    unit: "ms",
    measured: figureOf(measured),
    calibration: { of: "JSON.parse of 2 KB", ...figureOf(series.json) },
    ratio: ratioOf(measured, series.json),
    aim: { text: `p99 < ${p99MsMax} ms`, met: figureOf(measured).p99 < p99MsMax },
  });
  return [row("short_command", series.short), row("2_kb_command", series.long)];
}

/** As the kernel decides once it knows the rules and the folders of a session. */
function decider(shell: Shell): (command: string) => string {
  const rules = { rules: manyRules(), problems: [] };
  const meta = newSession();
  return (command) =>
    decidePermission({
      meta,
      actor: mainActor,
      by: "model",
      name: "Bash",
      requiresConfirmation: true,
      alwaysAsks: false,
      effect: "unsafe",
      grant: `Bash(${command})`,
      allowedInPlan: false,
      hook: null,
      subjects: [{ kind: "command", command, outsideSandbox: false, analysis: shell.analyse(command) }],
      rules,
      sandbox: { status: "works" },
      places: { workspace, roots: [workspace], home: "/home/someone" },
    }).decision;
}

/** As they gather over a year: most of them about commands, some about files and pages. */
function manyRules(): Rule[] {
  const rule = (action: RuleAction, text: string): Rule => ({ action, text, layer: "user", source: "bench" });
  const some = (count: number, make: (n: number) => Rule) => Array.from({ length: count }, (_, n) => make(n));
  const rules = [
    ...some(80, (n) => rule("allow", `Bash(tool${n} check:*)`)),
    ...some(50, (n) => rule("deny", `Bash(forbidden${n}:*)`)),
    ...some(30, (n) => rule("deny", `Read(./secret_${n}/**)`)),
    ...some(20, (n) => rule("allow", `WebFetch(domain:host${n}.example)`)),
  ];
  const used = rule("allow", "Bash(git log:*)");
  return [...rules, ...some(rulesMax - rules.length - 1, (n) => rule("ask", `Edit(made_${n}/**)`)), used];
}

function newSession(): SessionMeta {
  const data = {
    session_id: "bench",
    workspace,
    add_dirs: [],
    provider: "bench",
    model: "bench",
    agent_mode: "single" as const,
    permission_mode: "default" as const,
    machine_version: "",
  };
  const fact = { seq: 1, at: "", v: 1 as const, actor: mainActor, type: "session.created" as const, data };
  const meta = foldMeta(null, fact);
  if (meta === null) throw new Error("A session that begins has no beginning");
  return meta;
}

/** A list of commands with long words, as agents write them. */
function longCommand(): string {
  const parts: string[] = [];
  for (let n = 0; parts.join(" && ").length < bytes; n++) {
    parts.push(
      `git log --oneline --since='2 weeks ago' -- "src/some folder/with a long name/module_${n}.ts"`,
    );
  }
  return `${parts.join(" && ")} && git log v`;
}
