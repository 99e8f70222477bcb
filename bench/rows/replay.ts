// Reading a long session back: the verified fold of all of it, where its time goes, opening from a snapshot, and how
// many bytes the log takes for what it shows.
import { foldState, toSnapshot } from "../../actors/fold.ts";
import { stepSession } from "../../machines/session.ts";
import { emptySession } from "../../machines/session_state.ts";
import { checkedMachineVersion } from "../../machines/version.ts";
import { openDenoDisk } from "../../src/log/deno_disk.ts";
import { openFileLog } from "../../src/log/file_log.ts";
import type { LogRecord, LogStore, SessionLog } from "../../src/log/port.ts";
import type { Fact } from "../../src/protocol/facts.ts";
import { createTranscript } from "../../machines/transcript.ts";
import { readFacts } from "../../actors/packing.ts";
import type { Bench, BenchContext, Row } from "../bench.ts";
import { parseLines } from "../calibrate.ts";
import { openRuntime } from "../runtime.ts";
import { writeSession } from "../saved_session.ts";
import { alternate, figureOf, ratioOf, type Series, timeEach } from "../samples.ts";

const sessionId = "saved";
const factsFull = 100_000;
const factsQuick = 10_000;
const pageRecords = 2_000;
/** Aims are for the full session and hold for a shorter one in proportion. */
const replayRatioMax = 6;
const openMsMax = 60;
const answerMs = 60_000;
const bytesRatioMax = 1.3;
/** Facts behind the snapshot: nearly as many as there can be before the next one is made. */
const factsAfterSnapshot = 499;

export const replay: Bench = {
  name: "replay",
  async run(context) {
    const folder = context.scratch.folder("replay");
    const data = `${folder}/data`;
    const store = await openFileLog(openDenoDisk(), data);
    const facts = context.quick ? factsQuick : factsFull;
    const { log } = await writeSession(store, { sessionId, facts, workspace: folder });
    const size = await sizes(log);
    const rows = await folds(context, log, segmentsOf(data));
    await snapshotNearEnd(log);
    await log.close();
    const opened = await opens(context, store, segmentsOf(data));
    await store.close();
    const { acknowledgedMs, answeredMs } = await firstMessage(data);
    const plain = { unit: "ms", calibration: null, ratio: null, aim: null };
    return [
      ...rows,
      ...opened,
      { ...plain, name: "replay.open_to_first_message", measured: figureOf([[acknowledgedMs]]) },
      { ...plain, name: "replay.open_to_first_answer", measured: figureOf([[answeredMs]]) },
      size,
    ];
  },
};

async function folds(context: BenchContext, log: SessionLog, segments: string[]): Promise<Row[]> {
  const machineVersion = checkedMachineVersion();
  const records = await readAll(log);
  const facts = await readFacts(records, log);
  const once = (work: () => Promise<unknown>) => () => timeEach(1, work);
  const parse = once(() => Promise.resolve(parseLines(segments)));
  const whole = await alternate(context.quick ? 2 : 3, {
    parse,
    fold: once(async () => {
      const folded = await foldState(log, { machineVersion, snapshots: false });
      if (folded.diverged !== null || folded.steps !== log.durable) throw new Error("The replay diverged");
    }),
  });
  const parts = await alternate(1, {
    parse,
    read: once(() => readAll(log)),
    step: once(() => Promise.resolve(stepAll(facts))),
    transcript: once(async () => {
      const transcript = createTranscript();
      for (const fact of await readFacts(await readAll(log), log)) transcript.apply(fact);
    }),
  }, { warm: true });
  const row = (name: string, series: { of: Series; to: Series }, ratioMax?: number): Row => {
    const ratio = ratioOf(series.of, series.to);
    return {
      name: `replay.${name}`,
      unit: `ms per ${log.durable} facts`,
      measured: figureOf(series.of),
      calibration: { of: "read and JSON.parse", ...figureOf(series.to) },
      ratio,
      aim: ratioMax === undefined ? null : { text: `<= ${ratioMax}x`, met: ratio <= ratioMax },
    };
  };
  return [
    row("verified_fold", { of: whole.fold, to: whole.parse }, replayRatioMax),
    row("part_log_read", { of: parts.read, to: parts.parse }),
    row("part_steps", { of: parts.step, to: parts.parse }),
    row("transcript", { of: parts.transcript, to: parts.parse }),
  ];
}

async function readAll(log: SessionLog): Promise<LogRecord[]> {
  const records: LogRecord[] = [];
  while (records.length < log.durable) records.push(...await log.read(records.length + 1, pageRecords));
  return records;
}

function stepAll(facts: readonly Fact[]): void {
  let state = emptySession;
  for (const fact of facts) {
    const step = stepSession(state, fact);
    if (step.ignored) throw new Error(`A fact was refused: ${step.why}`);
    state = step.state;
  }
}

/** Opens the log and folds from its snapshot, as a daemon does before its first answer. */
async function opens(context: BenchContext, store: LogStore, segments: string[]): Promise<Row[]> {
  const machineVersion = checkedMachineVersion();
  const times = context.quick ? 3 : 6;
  const series: Record<"open" | "parse", Series> = await alternate(3, {
    parse: () => timeEach(1, () => Promise.resolve(parseLines(segments))),
    open: () =>
      timeEach(times, async () => {
        const log = await store.open(sessionId);
        const { steps } = await foldState(log, { machineVersion });
        await log.close();
        if (steps !== factsAfterSnapshot) throw new Error(`The snapshot was not used: ${steps} steps`);
      }),
  });
  const measured = figureOf(series.open);
  return [{
    name: "replay.open_from_snapshot",
    unit: "ms",
    measured,
    calibration: { of: "read and JSON.parse", ...figureOf(series.parse) },
    ratio: ratioOf(series.open, series.parse),
    aim: { text: `p50 <= ${openMsMax} ms`, met: measured.p50 <= openMsMax },
  }];
}

async function snapshotNearEnd(log: SessionLog): Promise<void> {
  const machineVersion = checkedMachineVersion();
  const folded = await foldState(log, {
    machineVersion,
    at: log.durable - factsAfterSnapshot,
    snapshots: false,
  });
  await log.putSnapshot(toSnapshot(folded.state, { ids: folded.ids, epoch: folded.epoch, machineVersion }));
}

/** A start on this data folder, until its first new message is on disk. */
/** From opening the data folder to the durable message, and to the end of the offline provider's answer. */
async function firstMessage(data: string): Promise<{ acknowledgedMs: number; answeredMs: number }> {
  const begin = performance.now();
  const runtime = await openRuntime(data);
  await runtime.ready;
  const message = { type: "message.send" as const, message: "hello", delivery: "steer" as const };
  const { message_id = "" } = await runtime.command(sessionId, message, "bench");
  const acknowledgedMs = performance.now() - begin;
  await runtime.turn(sessionId, message_id, AbortSignal.timeout(answerMs));
  const answeredMs = performance.now() - begin;
  await runtime.close();
  return { acknowledgedMs, answeredMs };
}

/** What the log takes, beside the events as clients get them. */
async function sizes(log: SessionLog): Promise<Row> {
  const facts = await readFacts(await readAll(log), log);
  const visible = facts.reduce((sum, fact) => sum + new TextEncoder().encode(JSON.stringify(fact)).length, 0);
  const ratio = log.bytes / visible;
  return {
    name: "replay.log_bytes",
    unit: "bytes per fact",
    measured: { p50: log.bytes / log.durable, p99: log.bytes / log.durable, n: log.durable },
    calibration: {
      of: "events as served",
      p50: visible / log.durable,
      p99: visible / log.durable,
      n: log.durable,
    },
    ratio,
    aim: { text: `<= ${bytesRatioMax}x`, met: ratio <= bytesRatioMax },
  };
}

function segmentsOf(data: string): string[] {
  const folder = `${data}/sessions/${sessionId}`;
  const names = Array.from(Deno.readDirSync(folder), (entry) => entry.name);
  return names.filter((name) => name.endsWith(".jsonl")).sort().map((name) => `${folder}/${name}`);
}
