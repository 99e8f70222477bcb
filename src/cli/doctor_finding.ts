// What a check of `jamey doctor` finds.
import type { Context, Input } from "./command.ts";

/** One thing that was looked at. `missing` is something that only some tools need. */
export interface Finding {
  check: string;
  status: "ok" | "missing" | "warning" | "broken";
  message: string;
  fix?: string;
}

export type Check = (context: Context, input: Input) => Promise<Finding[]>;

export function broken(check: string, message: string, fix?: string): Finding {
  return { check, status: "broken", message, ...(fix === undefined ? {} : { fix }) };
}
