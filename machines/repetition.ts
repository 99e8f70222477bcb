// Repetition: notices an agent that makes the same calls with the same results again and again. Calls whose results
// change (polling) are no repetition. Counted within a turn, and anew after a person let it go on.
import type { JsonObject } from "../src/protocol/json.ts";
import type { CallResult } from "./conversation.ts";
import { digest } from "./digest.ts";

/** So many equal calls in a row get the agent a word of warning. */
export const repeatsWarned = 3;

export interface Repetition {
  note(call: { name: string; args: JsonObject | string }, result: CallResult): void;
  reset(): void;
  /** The same call with the same result so many times in a row, last included. */
  readonly inRow: number;
  /** So many calls in a row were two that take turns, each with its same result, last included. */
  readonly alternating: number;
  /** The tool of the last call. */
  readonly last: string;
}

export function createRepetition(): Repetition {
  let previous: string | null = null;
  let beforePrevious: string | null = null;
  let inRow = 0;
  let alternating = 0;
  let last = "";
  return {
    note: ({ name, args }, { output, images }) => {
      const pictures = images?.map((image) => digest(image.data)) ?? [];
      const signature = digest(JSON.stringify([name, args, output, ...pictures]));
      inRow = previous === signature ? inRow + 1 : 1;
      if (previous === signature || previous === null) alternating = 1;
      else alternating = beforePrevious === signature ? alternating + 1 : 2;
      beforePrevious = previous;
      previous = signature;
      last = name;
    },
    reset: () => {
      previous = null;
      beforePrevious = null;
      inRow = 0;
      alternating = 0;
    },
    get inRow() {
      return inRow;
    },
    get alternating() {
      return alternating;
    },
    get last() {
      return last;
    },
  };
}
