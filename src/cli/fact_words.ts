// How facts are put into words: one function for each type, made of these. The first line says it all; further lines are a
// list. All foreign text is neutral.
import type { FactData, FactType } from "../protocol/facts.ts";
import { shortLine } from "./neutral.ts";

export type Words = { [T in FactType]?: (data: FactData<T>) => string[] };

const wordsMax = 300;
const itemsMax = 100;

export function short(text: string): string {
  return shortLine(text, wordsMax);
}

/** A line for each item, and how many were left out. */
export function bounded<T>(items: readonly T[], tell: (item: T) => string): string[] {
  const more = items.length > itemsMax ? [`… ${items.length - itemsMax} more`] : [];
  return [...items.slice(0, itemsMax).map(tell), ...more];
}

/** `: text`, or nothing. */
export function after(text: string | undefined): string {
  return text === undefined || text === "" ? "" : `: ${short(text)}`;
}
