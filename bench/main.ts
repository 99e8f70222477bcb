// `npm run bench`: measures what users feel against the bare work of the same machine, in the same run.
// Options: --quick, --json, --only a,b, --source (not the binary), --dir FOLDER (where the data goes).
import type { BenchContext, Program, Row, Skipped } from "./bench.ts";
import { benches } from "./list.ts";
import { describeMachine } from "./machine.ts";
import { openScratch } from "./scratch.ts";
import { formatTable } from "./table.ts";

const binary = Deno.build.os === "windows" ? "dist/jamey.exe" : "dist/jamey";
const usageCode = 2;
const interruptedCode = 130;

interface Options {
  quick: boolean;
  json: boolean;
  source: boolean;
  only: string[];
  dir: string | undefined;
}

export async function main(args: readonly string[]): Promise<number> {
  const options = readOptions(args);
  if (typeof options === "string") {
    console.error(options);
    return usageCode;
  }
  const program = programOf(options.source);
  const header = [...describeMachine(), `daemon: ${program.kind}; ${options.quick ? "quick" : "full"} run`];
  if (!options.json) console.log(header.join("\n"));
  const scratch = openScratch(options.dir);
  Deno.addSignalListener("SIGINT", () => void scratch.cleanUp().finally(() => Deno.exit(interruptedCode)));
  try {
    const rows = await runAll({ quick: options.quick, scratch, program }, options);
    const report = options.json ? JSON.stringify({ header, rows }, null, 2) : `\n${formatTable(rows)}`;
    console.log(report);
  } finally {
    await scratch.cleanUp();
  }
  return 0;
}

async function runAll(context: BenchContext, options: Options): Promise<(Row | Skipped)[]> {
  const rows: (Row | Skipped)[] = [];
  for (const bench of benches) {
    if (options.only.length > 0 && !options.only.includes(bench.name)) continue;
    const begin = performance.now();
    rows.push(...await bench.run(context));
    const seconds = ((performance.now() - begin) / 1000).toFixed(1);
    if (!options.json) console.error(`${bench.name}: measured in ${seconds} s`);
  }
  return rows;
}

function programOf(source: boolean): Program {
  const found = !source && exists(binary);
  if (found) return { kind: "binary", command: binary, args: [] };
  return { kind: "source", command: Deno.execPath(), args: ["run", "-A", "bin/jamey.ts"] };
}

function exists(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

/** The options, or what is wrong with them. */
function readOptions(args: readonly string[]): Options | string {
  const options: Options = { quick: false, json: false, source: false, only: [], dir: undefined };
  const words = [...args];
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    if (word === "--quick") options.quick = true;
    else if (word === "--json") options.json = true;
    else if (word === "--source") options.source = true;
    else if (word === "--dir") options.dir = words.shift();
    else if (word === "--only") options.only = (words.shift() ?? "").split(",").filter((name) => name !== "");
    else return `Cannot run the benchmarks: "${word}" is no option`;
  }
  const unknown = options.only.find((name) => !benches.some((bench) => bench.name === name));
  if (unknown === undefined) return options;
  const known = benches.map((bench) => bench.name).join(", ");
  return `Cannot run "${unknown}": there is no such benchmark, choose from ${known}`;
}

if (import.meta.main) Deno.exit(await main(Deno.args));
