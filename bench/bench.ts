// What a benchmark is: measured figures beside a calibration of the same run, their ratio, and an aim.
import type { Scratch } from "./scratch.ts";

/** Percentiles of `n` samples. For rates p99 is what 99 % of the samples reached. */
export interface Figure {
  p50: number;
  p99: number;
  n: number;
}

export interface Row {
  name: string;
  unit: string;
  measured: Figure;
  /** The bare work of the same machine at the same time; null when there is nothing to compare with. */
  calibration: (Figure & { of: string }) | null;
  /** Measured by calibration, as the median over the rounds in which both were measured side by side. */
  ratio: number | null;
  aim: Aim | null;
}

export interface Aim {
  text: string;
  met: boolean;
}

/** A row that could not be measured here, and why. */
export interface Skipped {
  name: string;
  skipped: string;
}

export interface BenchContext {
  quick: boolean;
  scratch: Scratch;
  /** How a daemon is started: the binary when there is one, else from source. */
  program: Program;
}

export interface Program {
  kind: "binary" | "source";
  command: string;
  args: readonly string[];
}

export interface Bench {
  /** Names of its rows begin with this. */
  name: string;
  run(context: BenchContext): Promise<(Row | Skipped)[]>;
}
