// Counts of security tests: how much bad input was tried, refused, and got through. `npm run test:security` prints them.
import { appendFileSync } from "node:fs";

export interface Tally {
  /** The family in docs/security.md, such as "C1". */
  family: string;
  /** What was tried, in a few words. */
  what: string;
  tried: number;
  /** Refused, denied, asked about or held back: what the family promises. */
  refused: number;
  escapes: number;
}

/** One line for people, and one for the table when a file for it is named. */
export function tally(counts: Tally): void {
  const { family, what, tried, refused, escapes } = counts;
  console.log(`${family} ${what}: ${tried} tried, ${refused} refused, ${escapes} escapes`);
  const file = Deno.env.get("JAMEY_SECURITY_TALLY");
  if (file !== undefined) appendFileSync(file, `${JSON.stringify(counts)}\n`);
}
