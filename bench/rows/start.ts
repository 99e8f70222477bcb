// The start: from spawning the program to the first 200 of /health, and to the first list of sessions, for which all
// parts must be loaded; against an empty server made the same way.
import type { Bench, BenchContext, Program, Row } from "../bench.ts";
import { freePort } from "../free_port.ts";
import { untilHealthy } from "../daemon.ts";
import { emptyServer } from "../empty_server.ts";
import { authorization } from "../token.ts";
import { alternate, figureOf, ratioOf } from "../samples.ts";

const ratioMax = 1.5;
const source: Program = { kind: "source", command: Deno.execPath(), args: ["run", "-A", "bin/jamey.ts"] };

export const start: Bench = {
  name: "start",
  async run(context) {
    return [...await compare(context, context.program), ...await sourceToo(context)];
  },
};

async function sourceToo(context: BenchContext): Promise<Row[]> {
  return context.program.kind === "source" || context.quick ? [] : await compare(context, source);
}

async function compare(context: BenchContext, program: Program): Promise<Row[]> {
  // Without a base binary the empty server runs from source: a figure, but no fair comparison.
  const empty = await emptyServer(program.kind) ?? await emptyServer("source");
  if (empty === null) throw new Error("The empty server cannot run from source");
  const fair = empty.kind === program.kind;
  const series = await alternate(context.quick ? 3 : 7, {
    bare: () => begin(context, empty, (port) => ({ args: [port] })),
    daemon: () => begin(context, program, (port) => served(context, port)),
    ready: () => begin(context, program, (port) => ({ ...served(context, port), list: true })),
  });
  const ratio = ratioOf(series.daemon, series.bare);
  const calibration = { of: `empty server (${empty.kind})`, ...figureOf(series.bare) };
  return [
    {
      name: `start.${program.kind}`,
      unit: "ms",
      measured: figureOf(series.daemon),
      calibration,
      ratio,
      aim: fair ? { text: `<= ${ratioMax}x`, met: ratio <= ratioMax } : null,
    },
    {
      name: `start.${program.kind}_first_list`,
      unit: "ms",
      measured: figureOf(series.ready),
      calibration,
      ratio: ratioOf(series.ready, series.bare),
      aim: null,
    },
  ];
}

interface Begun {
  args: string[];
  /** Also waits for the first list of sessions: for that all parts must be loaded. */
  list?: boolean;
  data?: string;
}

function served(context: BenchContext, port: string): Begun {
  const data = context.scratch.folder("start");
  return { args: ["serve", "--port", port, "--data-dir", data], data };
}

async function begin(
  context: BenchContext,
  program: Program,
  made: (port: string) => Begun,
): Promise<number[]> {
  const port = String(freePort());
  const { args, list, data } = made(port);
  const spawned = performance.now();
  const child = context.scratch.spawn(program.command, [...program.args, ...args]);
  await untilHealthy(`http://127.0.0.1:${port}`);
  if (list) {
    const token = (await Deno.readTextFile(`${data}/token`)).trim();
    const answer = await fetch(`http://127.0.0.1:${port}/sessions`, { headers: authorization(token) });
    if (!answer.ok) throw new Error(`The list of sessions answered ${answer.status}: ${await answer.text()}`);
    await answer.body?.cancel();
  }
  const ms = performance.now() - spawned;
  await child.stop();
  return [ms];
}
