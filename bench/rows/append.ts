// A durable append: through the whole kernel (command, step, log, acknowledgement) and through the log alone.
import type { Runtime } from "../../actors/runtime_options.ts";
import { openDenoDisk } from "../../src/log/deno_disk.ts";
import { openFileLog } from "../../src/log/file_log.ts";
import type { LogRecord } from "../../src/log/port.ts";
import type { Bench, BenchContext, Row } from "../bench.ts";
import { appendBytes, type BareFile, openBareFile } from "../calibrate.ts";
import { newSession, openRuntime } from "../runtime.ts";
import { alternate, figureOf, rate, ratioOf, timeEach } from "../samples.ts";

const inFlight = 100;
const manySessions = 50;
/** What the kernel may add to one sync. */
const addedMsMax = 0.1;

export const append: Bench = {
  name: "append",
  run: async (context) => [...await latencies(context), ...await throughputs(context)],
};

interface Parts {
  runtime: Runtime;
  ids: string[];
  bare: BareFile[];
  log: { append(count: number): Promise<void>; close(): Promise<void> };
  close(): Promise<void>;
}

async function latencies(context: BenchContext): Promise<Row[]> {
  const parts = await open(context);
  const { runtime, ids, bare, log } = parts;
  const times = context.quick ? 100 : 200;
  const series = await alternate(context.quick ? 4 : 10, {
    syncBare: () => timeEach(times, () => Promise.resolve(bare[0]?.appendSync())),
    asyncBare: () => timeEach(times, () => bare[0]?.append() ?? Promise.resolve()),
    log: () => timeEach(times, () => log.append(1)),
    one: () => timeEach(times, (index) => rename(runtime, ids[0], index)),
    fifty: () => timeEach(times, (index) => rename(runtime, ids[index % ids.length], index)),
  });
  await parts.close();
  const row = (name: string, of: "log" | "one" | "fifty"): Row => {
    const measured = figureOf(series[of]);
    const calibration = figureOf(series.syncBare);
    const most = 2 * calibration.p50 + addedMsMax;
    return {
      name,
      unit: "ms",
      measured,
      calibration: { of: "fdatasync", ...calibration },
      ratio: ratioOf(series[of], series.syncBare),
      aim: { text: `p50 <= 2x + 0.1 ms = ${most.toFixed(2)}`, met: measured.p50 <= most },
    };
  };
  return [
    {
      name: "append.disk_async",
      unit: "ms",
      measured: figureOf(series.asyncBare),
      calibration: { of: "fdatasync", ...figureOf(series.syncBare) },
      ratio: ratioOf(series.asyncBare, series.syncBare),
      aim: null,
    },
    row("append.log", "log"),
    row("append.kernel", "one"),
    row(`append.kernel_${manySessions}_sessions`, "fifty"),
  ];
}

async function throughputs(context: BenchContext): Promise<Row[]> {
  const parts = await open(context);
  const { runtime, ids, bare, log } = parts;
  const times = context.quick ? 2_000 : 4_000;
  const each = async (work: () => Promise<number>) => [await work()];
  const bareGroups = (files: readonly BareFile[]) => async (): Promise<number> => {
    const bytes = appendBytes * inFlight / files.length;
    const groups = times / inFlight;
    return await rate(groups, 1, () => Promise.all(files.map((file) => file.append(bytes)))) * inFlight;
  };
  const series = await alternate(context.quick ? 3 : 6, {
    bareOne: () => each(bareGroups(bare.slice(0, 1))),
    bareFifty: () => each(bareGroups(bare)),
    log: () => each(() => rate(times, inFlight, () => log.append(1))),
    one: () => each(() => rate(times, inFlight, (index) => rename(runtime, ids[0], index))),
    fifty: () =>
      each(() => rate(times, inFlight, (index) => rename(runtime, ids[index % ids.length], index))),
  });
  await parts.close();
  const row = (
    name: string,
    of: "log" | "one" | "fifty",
    to: "bareOne" | "bareFifty",
    least: number,
  ): Row => {
    const measured = figureOf(series[of], "high");
    return {
      name,
      unit: "facts/s",
      measured,
      calibration: { of: `fdatasync of ${inFlight}`, ...figureOf(series[to], "high") },
      ratio: ratioOf(series[of], series[to]),
      aim: { text: `>= ${least}`, met: measured.p50 >= least },
    };
  };
  return [
    row("append.log_100_in_flight", "log", "bareOne", 30_000),
    row("append.kernel_100_in_flight", "one", "bareOne", 20_000),
    row(`append.kernel_100_in_flight_${manySessions}_sessions`, "fifty", "bareFifty", 8_000),
  ];
}

async function open(context: BenchContext): Promise<Parts> {
  const folder = context.scratch.folder("append");
  const runtime = await openRuntime(`${folder}/data`);
  const ids: string[] = [];
  for (let n = 0; n < manySessions; n++) ids.push((await runtime.create(newSession(folder))).session_id);
  const bare = Array.from({ length: manySessions }, (_, n) => openBareFile(`${folder}/bare-${n}`));
  const log = await openBareLog(`${folder}/log`);
  return {
    runtime,
    ids,
    bare,
    log,
    close: async () => {
      await Promise.all([runtime.close(), log.close()]);
      for (const file of bare) file.close();
    },
  };
}

async function rename(runtime: Runtime, id: string | undefined, index: number): Promise<void> {
  await runtime.command(id ?? "", { type: "session.rename", name: `name ${index}` }, "bench");
}

/** A log without a kernel: records like those of a rename. */
async function openBareLog(data: string): Promise<Parts["log"]> {
  const store = await openFileLog(openDenoDisk(), data);
  const log = await store.create("bench", 1, [record(1)]);
  return {
    append: (count) => {
      const { head } = log;
      return log.append(1, head, Array.from({ length: count }, (_, n) => record(head + 1 + n)));
    },
    close: async () => {
      await log.close();
      await store.close();
    },
  };
}

function record(seq: number): LogRecord {
  const at = "2026-01-01T00:00:00.000Z";
  const data = { name: `name ${seq}` };
  return { seq, at, epoch: 1, actor: "main", type: "session.renamed", v: 1, data, post: "00000000" };
}
