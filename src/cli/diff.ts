// What differs between two folded states: messages added or removed, fields changed, each named by its path. Pure.
import type { SessionView } from "../protocol/http.ts";
import type { JsonValue } from "../protocol/json.ts";

export interface Change {
  /** Where: `conversation[3]`, `state.summary.status`. */
  path: string;
  kind: "added" | "removed" | "changed";
  before?: JsonValue;
  after?: JsonValue;
}

const depthMax = 64;

/** In the order of the fields; equal states give no change. */
export function diffViews(before: SessionView, after: SessionView): Change[] {
  return diffValues(toJson(before), toJson(after), "");
}

/** Descends into objects and arrays; anything else is compared as a whole. */
export function diffValues(before: JsonValue, after: JsonValue, path: string, depth = 0): Change[] {
  if (JSON.stringify(before) === JSON.stringify(after)) return [];
  const left = fieldsOf(before);
  const right = fieldsOf(after);
  const sameForm = Array.isArray(before) === Array.isArray(after);
  if (left === undefined || right === undefined || !sameForm || depth >= depthMax) {
    return [{ path, kind: "changed", before, after }];
  }
  const isList = Array.isArray(before);
  const keys = new Set([...left.keys(), ...right.keys()]);
  return [...keys].flatMap((key): Change[] => {
    const place = isList ? `${path}[${key}]` : path === "" ? key : `${path}.${key}`;
    const one = left.get(key);
    const other = right.get(key);
    if (one === undefined && other === undefined) return [];
    if (one === undefined && other !== undefined) return [{ path: place, kind: "added", after: other }];
    if (one !== undefined && other === undefined) return [{ path: place, kind: "removed", before: one }];
    return one === undefined || other === undefined ? [] : diffValues(one, other, place, depth + 1);
  });
}

function fieldsOf(value: JsonValue): Map<string, JsonValue> | undefined {
  return typeof value === "object" && value !== null ? new Map(Object.entries(value)) : undefined;
}

/** Without the tree: what changed for each actor is told in its own words (tree_diff.ts). */
function toJson(view: SessionView): JsonValue {
  return JSON.parse(JSON.stringify({ ...view, state: { ...view.state, tree: undefined } }));
}
