// Matchers of hooks: names joined by |, or a regular expression of a kind that cannot take long.

export const matcherCharsMax = 500;
/**
 * Repeats, optional parts and groups with a choice. Each multiplies the work by at most `nameCharsMax`, or by the number of
 * its choices, so that the whole stays below some millions of steps.
 */
export const repeatsMax = 3;
const nameCharsMax = 128;
const names = /^[A-Za-z0-9_-]+(\|[A-Za-z0-9_-]+)*$/;
/** Look-around, counted repeats, and groups that are repeated as a whole: in a text whose escapes were taken out. */
const costly = /\(\?(?!:)|\{|\)[*+?]/;
const backReference = /\\[1-9k]/;

export type Matcher = (toolName: string) => boolean;

/** Null when the matcher is broken, or could take long. */
export function parseMatcher(text: string | undefined): Matcher | null {
  if (text === undefined || text === "" || text === "*") return () => true;
  if (text.length > matcherCharsMax) return null;
  if (names.test(text)) {
    const wanted = new Set(text.split("|"));
    return (toolName) => wanted.has(toolName);
  }
  const bare = text.replace(/\\[^]/g, "x");
  const repeats = (bare.match(/[*+]\??|(?<!\()\?/g)?.length ?? 0) + choices(bare);
  if (backReference.test(text) || costly.test(bare) || repeats > repeatsMax) return null;
  try {
    const whole = new RegExp(`^(?:${text})$`);
    return (toolName) => whole.test(toolName.slice(0, nameCharsMax));
  } catch {
    return null;
  }
}

/** Groups, when any may hold a choice: choices one after the other are tried in every combination. */
function choices(bare: string): number {
  return bare.includes("|") ? bare.split("(").length - 1 : 0;
}
