// The start: from spawning the program to the first 200 of /health, against an empty server made the same way.
import type { Bench, BenchContext, Program, Row } from "../bench.ts";
import { freePort } from "../free_port.ts";
import { untilHealthy } from "../daemon.ts";
import { emptyServer } from "../empty_server.ts";
import { alternate, figureOf, ratioOf } from "../samples.ts";

const ratioMax = 1.5;
const source: Program = { kind: "source", command: Deno.execPath(), args: ["run", "-A", "bin/jamey.ts"] };

export const start: Bench = {
  name: "start",
  async run(context) {
    return [await compare(context, context.program), ...(await sourceToo(context))];
  },
};

async function sourceToo(context: BenchContext): Promise<Row[]> {
  return context.program.kind === "source" || context.quick ? [] : [await compare(context, source)];
}

async function compare(context: BenchContext, program: Program): Promise<Row> {
  // Without a base binary the empty server runs from source: a figure, but no fair comparison.
  const empty = await emptyServer(program.kind) ?? await emptyServer("source");
  if (empty === null) throw new Error("The empty server cannot run from source");
  const fair = empty.kind === program.kind;
  const series = await alternate(context.quick ? 3 : 7, {
    bare: () => begin(context, empty, (port) => [port]),
    daemon: () => {
      const data = context.scratch.folder("start");
      return begin(context, program, (port) => ["serve", "--port", port, "--data-dir", data]);
    },
  });
  const ratio = ratioOf(series.daemon, series.bare);
  return {
    name: `start.${program.kind}`,
    unit: "ms",
    measured: figureOf(series.daemon),
    calibration: { of: `empty server (${empty.kind})`, ...figureOf(series.bare) },
    ratio,
    aim: fair ? { text: `<= ${ratioMax}x`, met: ratio <= ratioMax } : null,
  };
}

async function begin(
  context: BenchContext,
  program: Program,
  args: (port: string) => string[],
): Promise<number[]> {
  const port = String(freePort());
  const spawned = performance.now();
  const child = context.scratch.spawn(program.command, [...program.args, ...args(port)]);
  await untilHealthy(`http://127.0.0.1:${port}`);
  const ms = performance.now() - spawned;
  await child.stop();
  return [ms];
}
