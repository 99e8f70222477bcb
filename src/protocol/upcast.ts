// Upcasting: old facts are read through pure functions, one per type and version; a log is never rewritten.
import { type Fact, factVersions } from "./facts.ts";
import type { JsonObject } from "./json.ts";
import { Problem } from "./problem.ts";

/** `upcasters[type][n]` turns data of version n into data of version n + 1. */
export type Upcasters = {
  readonly [type: string]: { readonly [version: number]: (data: JsonObject) => JsonObject };
};

/** No fact type has changed its meaning yet. */
export const upcasters: Upcasters = {};

export interface StoredFact {
  seq: number;
  at: string;
  actor: string;
  type: string;
  v: number;
  data: JsonObject;
}

/**
 * Reads a stored fact at the current version of its type.
 * Throws a Problem `log_damaged` for a type or version that this program does not know (made by a later one).
 */
export function upcast(
  stored: StoredFact,
  table: Upcasters = upcasters,
  versions: { readonly [type: string]: number } = factVersions,
): Fact {
  const current = Object.hasOwn(versions, stored.type) ? versions[stored.type] : undefined;
  if (current === undefined) throw unknownFact(stored, "its type is unknown");
  if (stored.v > current) {
    throw unknownFact(stored, `its version ${stored.v} is newer`);
  }
  let data = stored.data;
  for (let version = stored.v; version < current; version++) {
    const up = table[stored.type]?.[version];
    if (up === undefined) throw unknownFact(stored, `no upcaster leads from version ${version}`);
    data = up(data);
  }
  // The border cast: the schema was checked when the fact was appended, by this or an earlier version.
  return { ...stored, v: current, data } as unknown as Fact;
}

function unknownFact(stored: StoredFact, why: string): Problem {
  return new Problem("log_damaged", `Cannot read fact ${stored.seq} of type "${stored.type}": ${why}`, {
    hint: "This log was written by a later version of jamey; use that version to read it",
  });
}
