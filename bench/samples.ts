// Samples: what was measured, in rounds that alternate between the thing and its calibration, so that the noise of a
// shared machine meets both.
import type { Figure } from "./bench.ts";

/** One list of samples for each round. */
export type Series = readonly (readonly number[])[];

/** No further round begins after this, once there are `roundsMin`: a busy machine gets fewer samples, not a longer run. */
const seriesMsMax = 12_000;
const roundsMin = 2;

/**
 * Runs every party once a round, in turn; each gives the samples of its round. The first round warms up and is dropped,
 * unless `warm` says that the code has run before.
 */
export async function alternate<Name extends string>(
  rounds: number,
  parties: Readonly<Record<Name, () => Promise<number[]>>>,
  { warm = false }: { warm?: boolean } = {},
): Promise<Record<Name, Series>> {
  const deadline = performance.now() + seriesMsMax;
  const names = Object.keys(parties) as Name[]; // The keys of a record by its own type.
  const series = Object.fromEntries(names.map((name) => [name, []])) as unknown as Record<Name, number[][]>;
  for (let round = warm ? 1 : 0; round <= rounds; round++) {
    if (round > roundsMin && performance.now() > deadline) break;
    for (const name of names) {
      const samples = await parties[name]();
      if (round > 0) series[name].push(samples);
    }
  }
  return series;
}

export function figureOf(series: Series, better: "low" | "high" = "low"): Figure {
  const all = series.flat();
  return { p50: percentile(all, 0.5), p99: percentile(all, better === "low" ? 0.99 : 0.01), n: all.length };
}

/** The median over the rounds of how the medians of the two compare. */
export function ratioOf(measured: Series, calibration: Series): number {
  const ratios = measured.map((round, index) => median(round) / median(calibration[index] ?? []));
  return median(ratios);
}

export function median(samples: readonly number[]): number {
  return percentile(samples, 0.5);
}

/** Nearest rank; NaN for no samples. */
export function percentile(samples: readonly number[], share: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
}

/** Runs `work` so many times, one after the other, and gives the milliseconds of each. */
export async function timeEach(times: number, work: (index: number) => Promise<unknown>): Promise<number[]> {
  const samples: number[] = [];
  for (let index = 0; index < times; index++) {
    const begin = performance.now();
    await work(index);
    samples.push(performance.now() - begin);
  }
  return samples;
}

/** Runs `work` so many times with so many in flight, and gives how many were done in a second. */
export async function rate(
  times: number,
  inFlight: number,
  work: (index: number) => Promise<unknown>,
): Promise<number> {
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < times) await work(next++);
  };
  const begin = performance.now();
  await Promise.all(Array.from({ length: inFlight }, lane));
  return times / (performance.now() - begin) * 1000;
}
