// A session's log, cut short after each of its records, as a crash leaves it: what is there is opened again by a new runtime,
// and proved.
import { cpSync, lstatSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import type { RuntimeOptions } from "../../actors/runtime_options.ts";
import type { Fact } from "../../src/protocol/facts.ts";
import type { VerifyReport } from "../../src/protocol/http.ts";
import { doubled } from "./crew_ends.ts";
import { openTestRuntime, type TestRuntime } from "./runtime.ts";

const segment = "00000000000000000001.jsonl";

export interface Recording {
  session: string;
  facts: readonly Fact[];
  /** Each line of the log, and how many records there are up to it. */
  lines: readonly string[];
  folder: string;
}

/** Stops the runtime, and reads what it left. */
export async function recordingOf(test: TestRuntime, session: string): Promise<Recording> {
  const facts = await test.facts(session);
  await test.stop();
  const folder = join(test.dataDir, "sessions", session);
  const lines = (await Deno.readTextFile(join(folder, segment))).split("\n").slice(0, -1);
  return { session, facts, lines, folder };
}

export interface Cuts {
  /** The first and the last record that a log may end with; left out: all of them. */
  from?: number;
  to?: number;
  /** Only each so manieth line. */
  nth?: number;
  /** More than one only where the commands of the session may run side by side: all share its workspace. */
  atOnce?: number;
  /** The folders that lie beside the log and outlive the crash; default: the blobs. */
  beside?: readonly string[];
  runtime?: Partial<RuntimeOptions>;
  /** Makes the rest of the world as it was then: `made` holds the data folder, which nobody has opened yet. */
  before?: (head: number, made: string) => Promise<void>;
}

/**
 * Opens the log cut after each of its lines, hands it to `each`, and then proves it: what was there is there still, and all
 * of it folds to the live state. A failure names its line.
 */
export async function afterEachRecord(
  recording: Recording,
  each: (cut: TestRuntime, head: number) => Promise<void>,
  { from = 1, to = Infinity, nth = 1, atOnce = 1, runtime = {}, beside, before }: Cuts = {},
): Promise<void> {
  const { lines } = recording;
  const counts = lines.map((_, index) => index + 1).filter((count) => {
    const head = recordsIn(recording, count);
    return head >= from && head <= to && (count - 1) % nth === 0;
  });
  if (counts.length === 0) throw new Error("There is no line to cut the log after");
  const one = async (count: number) => {
    const head = recordsIn(recording, count);
    const made = await cutTo(recording, count, beside);
    await before?.(head, made);
    const cut = await openTestRuntime({ ...runtime, folder: made });
    try {
      await each(cut, head);
      await prove(cut, recording.session);
      expect((await cut.facts(recording.session)).slice(0, head)).toEqual(recording.facts.slice(0, head));
    } finally {
      // It is proved: to close it is to prove it again.
      await cut.stop();
      await Deno.remove(made, { recursive: true });
    }
  };
  await sideBySide(counts, atOnce, async (count) => {
    await one(count).catch((thrown) => {
      throw new Error(`After line ${count} of ${lines.length}: ${thrown}`, { cause: thrown });
    });
  });
}

/** Every call has one end, the log folds to the live state, or to what is known of it, and no bug was reported. */
export async function prove(
  test: TestRuntime,
  session: string,
  known: Partial<VerifyReport> = {},
): Promise<void> {
  expect(doubled(await test.facts(session))).toEqual([]);
  expect(await test.runtime.verify(session)).toMatchObject({ ...known, ok: true });
  expect(test.reports).toEqual([]);
}

/** So many at once at most; ends with the first failure, once all that had begun have ended. */
export async function sideBySide<T>(
  items: readonly T[],
  atOnce: number,
  each: (item: T) => Promise<void>,
): Promise<void> {
  const left = [...items];
  const lane = async () => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) {
      await each(item).catch((thrown) => {
        left.length = 0;
        throw thrown;
      });
    }
  };
  const ends = await Promise.allSettled(Array.from({ length: atOnce }, lane));
  for (const end of ends) if (end.status === "rejected") throw end.reason;
}

/** How many records the first lines hold: some lines are marks. */
function recordsIn({ lines }: Recording, count: number): number {
  return lines.slice(0, count).filter((line) => /"seq":/.test(line.slice(0, 60))).length;
}

/** A folder with the data folder that a crash leaves: the first lines of the log, and what lay beside it. */
export async function cutTo(
  { session, lines, folder }: Recording,
  count: number,
  beside: readonly string[] = ["blobs"],
): Promise<string> {
  const made = await Deno.makeTempDir({ prefix: "jamey-cut-" });
  const to = join(made, "data", "sessions", session);
  await Deno.mkdir(to, { recursive: true });
  for (const part of beside) cpSync(join(folder, part), join(to, part), { recursive: true, filter: isPlain });
  await Deno.writeTextFile(join(to, segment), lines.slice(0, count).map((line) => `${line}\n`).join(""));
  return made;
}

/** Effects keep pipes too, which nobody holds any more. */
function isPlain(path: string): boolean {
  const found = lstatSync(path);
  return found.isFile() || found.isDirectory();
}
