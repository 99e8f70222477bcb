// The verdict of a member: the last line of its words that begins with "VERDICT:".
import type { FactData } from "../src/protocol/facts.ts";

type Said = FactData<"mode.said">;

/** What each kind of saying may decide; the others decide nothing. */
const verdicts: Partial<Record<Said["what"], readonly Said["verdict"][]>> = {
  critique: ["agree", "disagree"],
  review: ["approve", "revise"],
};

/** Marks of emphasis, quotation or a heading around it do not matter; a word that is no verdict of this kind is none. */
const verdictLine = /^[\s>#*_`-]*verdict[\s*_`]*:[\s*_`"]*([a-z]+)\b/i;

export function verdictOf(what: Said["what"], text: string): Said["verdict"] {
  const line = text.split("\n").findLast((one) => verdictLine.test(one)) ?? "";
  const word = verdictLine.exec(line)?.[1]?.toLowerCase();
  return verdicts[what]?.find((verdict) => verdict === word) ?? "none";
}

/** How a member is asked for it. */
export function verdictRequest(yes: "AGREE" | "APPROVE", no: "DISAGREE" | "REVISE", when: string): string {
  return `End with a line of its own: "VERDICT: ${yes}" ${when}, else "VERDICT: ${no}".`;
}
