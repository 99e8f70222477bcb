// Changes of the configuration as a person asks for them: keys and values as words, checked before anything is written.
import { Problem } from "../protocol/problem.ts";
import { defaultText } from "./default_text.ts";
import { setInToml } from "./edit.ts";
import { checkConfig, faultLine, readToml } from "./parse.ts";
import { readConfigText, replaceConfigText } from "./file.ts";
import { keysOf, pathText } from "./toml_places.ts";

/** How many values one change may set. */
export const changesMax = 32;

export interface Change {
  path: string[];
  /** As it was typed: a TOML value, or else text. */
  word: string;
}

/** The path that a dotted key means; throws a Problem `bad_request` for what is no key. */
export function pathOf(key: string): string[] {
  const bare = key.replace(/"[^"]*"|'[^']*'/g, "x");
  if (/[\r\n]/.test(key) || /[=#]/.test(bare) || key.trim() === "") throw noKey(key);
  try {
    return keysOf(key);
  } catch {
    throw noKey(key);
  }
}

/** Sets all values or none, and keeps the rest of the file as it is. Throws a Problem that says what is wrong. */
export async function changeConfig(path: string, changes: readonly Change[]): Promise<void> {
  const before = await readConfigText(path);
  const text = changedText(before ?? defaultText, changes);
  await replaceConfigText(path, text, before);
}

/** The text with the changes; pure. */
export function changedText(text: string, changes: readonly Change[]): string {
  const values: unknown[] = changes.map(({ word }) => valuesOf(word)[0]);
  const attempt = () => changes.reduce((sofar, { path }, i) => setInToml(sofar, path, values[i]), text);
  const faults = (result: string) => {
    const checked = checkConfig(result);
    return checked.ok ? [] : checked.faults;
  };
  // A word such as 42 is a number unless text is wanted there.
  for (const [i, { word }] of changes.entries()) {
    const [, asText] = valuesOf(word);
    const first = faults(attempt()).length;
    if (first === 0 || asText === undefined) continue;
    const [value] = values.splice(i, 1, asText);
    if (faults(attempt()).length >= first) values.splice(i, 1, value);
  }
  const result = attempt();
  const [fault] = faults(result);
  if (fault === undefined) return result;
  // What was wrong before has a place in the file as it is; what the change would bring has none.
  const own = faults(text).find(({ what }) => what === fault.what);
  const named = changes.map(({ path }) => `"${pathText(path)}"`).join(", ");
  throw new Problem(
    "bad_request",
    `Cannot set ${named}: ${faultLine(own ?? { line: undefined, what: fault.what })}`,
    {
      hint: "Nothing was written; several values can be set at once: jamey config set KEY VALUE KEY VALUE",
    },
  );
}

/** What a typed word may mean: the TOML value first, if it is one, then the text. */
function valuesOf(word: string): unknown[] {
  const read = /[\r\n]/.test(word) ? undefined : readToml(`v = ${word}`);
  const value = read?.ok && Object.keys(read.value).length === 1 ? read.value["v"] : undefined;
  return value === undefined || value instanceof Date
    ? [word]
    : typeof value === "string"
    ? [value]
    : [value, word];
}

function noKey(key: string): Problem {
  return new Problem(
    "bad_request",
    `Cannot use key ${JSON.stringify(key.slice(0, 120))}: it is not written as keys are in TOML`,
    {
      hint: 'Write it as in: limits.steps, or models."some.model".window',
    },
  );
}
