// Memory of a daemon: at its start, and after making many sessions.
import type { Bench, BenchContext, Row } from "../bench.ts";
import { freePort } from "../free_port.ts";
import { startDaemon, untilHealthy } from "../daemon.ts";
import { emptyServer } from "../empty_server.ts";
import { residentMb } from "../process_usage.ts";
import { figureOf } from "../samples.ts";

const restMs = 2_500;
const idleMbMax = 85;
const fullMbMax = 120;
const few = 100;
const many = 1_000;
const createsAtOnce = 8;

export const memory: Bench = {
  name: "memory",
  async run(context) {
    if (await residentMb(Deno.pid) === null) return [{ name: "memory", skipped: "it is read with ps" }];
    const bare = await bareMb(context);
    const daemon = await startDaemon(context);
    const grow = async (count: number) => {
      let left = count;
      const lane = async (): Promise<void> => {
        while (left-- > 0) await daemon.session();
      };
      await Promise.all(Array.from({ length: createsAtOnce }, lane));
    };
    const idle = await settledMb(daemon.pid);
    await grow(few);
    const withFew = await settledMb(daemon.pid);
    if (!context.quick) await grow(many - few);
    const withMany = context.quick ? null : await settledMb(daemon.pid);
    await daemon.stop();
    const row = (name: string, mb: number, mbMax?: number): Row => ({
      name: `memory.${name}`,
      unit: "MB",
      measured: figureOf([[mb]]),
      calibration: { of: `empty server (${bare.kind})`, ...figureOf([[bare.mb]]) },
      ratio: mb / bare.mb,
      aim: mbMax === undefined ? null : { text: `< ${mbMax} MB`, met: mb < mbMax },
    });
    return [
      row("idle", idle, idleMbMax),
      row(`${few}_sessions`, withFew, fullMbMax),
      withMany === null
        ? { name: `memory.${many}_sessions`, skipped: "not in a quick run" }
        : row(`${many}_sessions`, withMany, fullMbMax),
    ];
  },
};

async function bareMb(context: BenchContext): Promise<{ mb: number; kind: string }> {
  const server = await emptyServer(context.program.kind) ?? await emptyServer("source");
  if (server === null) throw new Error("The empty server cannot run from source");
  const port = freePort();
  const child = context.scratch.spawn(server.command, [...server.args, String(port)]);
  await untilHealthy(`http://127.0.0.1:${port}`);
  const mb = await settledMb(child.pid);
  await child.stop();
  return { mb, kind: server.kind };
}

async function settledMb(pid: number): Promise<number> {
  await new Promise((resolve) => setTimeout(resolve, restMs));
  return await residentMb(pid) ?? NaN;
}
