// Grep and Glob over a large tree, with ripgrep and without, beside ripgrep alone.
import { noSecrets } from "../../src/permission/secret_places.ts";
import type { Tool, ToolContext, ToolSession } from "../../tools/contract.ts";
import { defineGrep } from "../../tools/grep.ts";
import { globTool } from "../../tools/glob.ts";
import { findRipgrep } from "../../tools/ripgrep.ts";
import type { JsonObject } from "../../src/protocol/json.ts";
import type { Bench, BenchContext, Row, Skipped } from "../bench.ts";
import { alternate, figureOf, ratioOf, type Series, timeEach } from "../samples.ts";

const folders = 1_000;
const filesInFolder = 20;
const linesInFile = 30;
/** One file in so many holds what is searched for. */
const needleEvery = 997;
const pattern = "needle in \\w+";

export const search: Bench = { name: "search", run: measure };

async function measure(bench: BenchContext): Promise<(Row | Skipped)[]> {
  const tree = bench.scratch.folder("search");
  makeTree(tree);
  const searchPath = Deno.env.get("PATH") ?? "";
  const ripgrep = await findRipgrep(searchPath, []);
  if (ripgrep === null) {
    return [{ name: "search", skipped: "ripgrep is not installed, there is nothing to compare with" }];
  }
  const context = contextIn(tree);
  const times = bench.quick ? 1 : 3;
  const alone = defineGrep({ searchPath: () => "", aloneFilesMax: 0 });
  const helped = defineGrep({ searchPath: () => searchPath, aloneFilesMax: 200 });
  const series = await alternate(bench.quick ? 2 : 6, {
    bareGrep: () => timeEach(times, () => bare(ripgrep, ["--files-with-matches", pattern], tree)),
    bareFiles: () => timeEach(times, () => bare(ripgrep, ["--files", "--hidden"], tree)),
    alone: () => timeEach(times, () => run(alone, { pattern }, context)),
    helped: () => timeEach(times, () => run(helped, { pattern }, context)),
    glob: () => timeEach(times, () => run(globTool, { pattern: "**/*7.ts" }, context)),
  });
  const row = (name: string, measured: Series, of: string, calibration: Series): Row => ({
    name: `search.${name}_${folders * filesInFolder}_files`,
    unit: "ms",
    measured: figureOf(measured),
    calibration: { of, ...figureOf(calibration) },
    ratio: ratioOf(measured, calibration),
    aim: null,
  });
  return [
    row("grep_with_rg", series.helped, "rg alone", series.bareGrep),
    row("grep_built_in", series.alone, "rg alone", series.bareGrep),
    row("glob", series.glob, "rg --files", series.bareFiles),
  ];
}

function makeTree(root: string): void {
  let count = 0;
  for (let folder = 0; folder < folders; folder++) {
    const path = `${root}/package_${folder % 10}/module_${folder}`;
    Deno.mkdirSync(path, { recursive: true });
    for (let file = 0; file < filesInFolder; file++) {
      const lines = Array.from(
        { length: linesInFile },
        (_, line) =>
          `export const value_${count}_${line} = compute(${line}, "text ${count * line}"); // line ${line}`,
      );
      if (++count % needleEvery === 0) lines.push(`needle in haystack ${count}`);
      Deno.writeTextFileSync(`${path}/file_${file}.ts`, lines.join("\n"));
    }
  }
}

async function bare(program: string, args: readonly string[], cwd: string): Promise<void> {
  const { success } = await new Deno.Command(program, { args: ["--no-config", ...args], cwd, stdin: "null" })
    .output();
  if (!success) throw new Error(`"${program} ${args.join(" ")}" failed`);
}

async function run(tool: Tool, args: JsonObject, context: ToolContext): Promise<void> {
  const parsed = tool.parse(args);
  if (!parsed.ok) throw new Error(parsed.error);
  const prepared = await parsed.call.prepare(context);
  const outcome = "status" in prepared ? prepared : await prepared.run();
  if (outcome.status !== "finished") throw new Error(JSON.stringify(outcome));
}

function contextIn(workspace: string): ToolContext {
  const unused = () => Promise.reject(new Error("a search needs nothing of its session"));
  const session: ToolSession = {
    sessionId: "bench",
    actor: "main",
    callId: "c1",
    by: "model",
    permissionMode: "default",
    modeBeforePlan: "default",
    worktree: null,
    planFile: `${workspace}/plan.md`,
    todos: () => [],
    tasks: () => [],
    seen: () => undefined,
    changes: () => [],
    keep: unused,
    kept: unused,
    backgroundTasks: () => [],
    hooksCount: () => 0,
    endBackgroundTask: unused,
  };
  return {
    session,
    workspace,
    roots: [workspace],
    secrets: noSecrets,
    sandbox: null,
    effectDir: unused,
    signal: new AbortController().signal,
    onOutput: () => {},
  };
}
