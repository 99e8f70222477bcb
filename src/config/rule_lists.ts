// Permission rules as a settings file has them: a list for each action, with the line that each rule stands on.
import { z } from "zod";
import type { RuleAction } from "../permission/contract.ts";
import { ruleCharsMax } from "../permission/rule.ts";
import { isPrefix, type Place, placesIn } from "./toml_places.ts";

export const ruleActions = ["allow", "ask", "deny"] as const satisfies readonly RuleAction[];

/** More are no rules that a person keeps in view. */
export const rulesMax = 1_000;
/** What a list may hold before the rules in it are read. */
const ruleText = z.string().min(1).max(ruleCharsMax);
export const ruleList = z.array(ruleText).max(rulesMax);
/** What can be used of a list, whatever else stands in it. */
const looseList = z.array(z.unknown()).catch([]).transform((entries) =>
  entries.flatMap((entry) => ruleText.safeParse(entry).data ?? []).slice(0, rulesMax)
);
const looseFile = z.object({
  permissions: z.object({ ask: looseList, deny: looseList }).catch({ ask: [], deny: [] }),
}).catch({ permissions: { ask: [], deny: [] } });

export interface WrittenRule {
  action: RuleAction;
  text: string;
  /** Counted from 1; undefined when it cannot be told. */
  line: number | undefined;
}

export type RuleLists = Partial<Readonly<Record<RuleAction, readonly string[]>>>;

/**
 * What a file with something wrong in it refuses or has asked all the same: a slip elsewhere must not open what it closes.
 * What it allows does not count, because nobody can tell what was meant.
 */
export function restrictionsIn(file: unknown): RuleLists {
  return looseFile.parse(file).permissions;
}

/** Said of such a file. */
export const restrictionsHold = "what else it refuses or has asked holds, what it allows does not";

/** The rules of `[permissions]` in a TOML text that parses, with their lines. */
export function rulesInToml(lists: RuleLists, text: string): WrittenRule[] {
  const places = placesIn(text);
  return ruleActions.flatMap((action) => {
    const path = ["permissions", action];
    const place = places.find(({ kind, path: here }) => kind === "value" && isPrefix(here, path));
    return withLines(
      action,
      lists[action] ?? [],
      place === undefined ? () => undefined : finder(text, place),
    );
  });
}

/** The rules of a JSON text, with their lines. */
export function rulesInJson(lists: RuleLists, text: string): WrittenRule[] {
  return ruleActions.flatMap((action) => {
    const start = Math.max(0, text.indexOf(JSON.stringify(action)));
    return withLines(action, lists[action] ?? [], finder(text, { start, end: text.length }));
  });
}

function withLines(
  action: RuleAction,
  texts: readonly string[],
  lineOfRule: (text: string) => number | undefined,
): WrittenRule[] {
  return texts.map((text) => ({ action, text, line: lineOfRule(text) }));
}

/** Finds one rule after the other in the order of the list; one that is written with escapes may not be found. */
function finder(source: string, { start, end }: Pick<Place, "start" | "end">) {
  let [at, counted, line] = [start, 0, 1];
  return (text: string): number | undefined => {
    const found = [JSON.stringify(text), `'${text}'`].map((written) => source.indexOf(written, at))
      .filter((place) => place >= 0 && place < end);
    if (found.length === 0) return undefined;
    const place = Math.min(...found);
    for (; counted < place; counted++) if (source[counted] === "\n") line++;
    at = place + 1;
    return line;
  };
}
