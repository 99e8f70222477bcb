// Repetition: notices an agent that makes the same calls with the same results again and again. Calls whose results
// change (polling) are no repetition. Counted within a turn, and anew after a person let it go on.
import type { JsonObject } from "../src/protocol/json.ts";
import { digest } from "./digest.ts";

/** So many equal calls in a row get the agent a word of warning. */
export const repeatsWarned = 3;
/** Two calls that take turns are looked at over this many. */
export const alternationCalls = 10;

export interface Repetition {
  note(call: { name: string; args: JsonObject | string }, output: string): void;
  reset(): void;
  /** The same call with the same result so many times in a row, last included. */
  readonly inRow: number;
  /** The last calls were two that took turns, each with its same result. */
  readonly alternates: boolean;
  /** The tool of the last call. */
  readonly last: string;
}

export function createRepetition(): Repetition {
  let recent: string[] = [];
  let inRow = 0;
  let last = "";
  return {
    note: ({ name, args }, output) => {
      const signature = digest(JSON.stringify([name, args, output]));
      inRow = recent.at(-1) === signature ? inRow + 1 : 1;
      recent = [...recent.slice(1 - alternationCalls), signature];
      last = name;
    },
    reset: () => {
      recent = [];
      inRow = 0;
    },
    get inRow() {
      return inRow;
    },
    get alternates() {
      return recent.length === alternationCalls &&
        recent.every((one, index) => index < 2 || one === recent[index - 2]);
    },
    get last() {
      return last;
    },
  };
}
