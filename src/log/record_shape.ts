// The shape of a stored record, checked by hand: a schema took a quarter of the time of reading a long session back.
import type { JsonObject, JsonValue } from "../protocol/json.ts";
import type { EffectIntent, LogRecord } from "./port.ts";

/** The record in a value that was parsed from a line; null when any field is not of its form. Unknown fields are dropped. */
export function toRecord(value: unknown): LogRecord | null {
  if (!isObject(value)) return null;
  const { seq, at, e, actor, type, v, data, id, fx, post } = value;
  if (!isCount(seq) || !isCount(e) || !isCount(v)) return null;
  if (typeof at !== "string" || typeof actor !== "string" || typeof type !== "string") return null;
  if (!isObject(data) || typeof post !== "string") return null;
  if (id !== undefined && typeof id !== "string") return null;
  const record: LogRecord = id === undefined
    ? { seq, at, actor, type, v, data, post, epoch: e }
    : { seq, at, actor, type, v, data, id, post, epoch: e };
  if (fx === undefined) return record;
  const effects = toEffects(fx);
  if (effects === null) return null;
  record.effects = effects;
  return record;
}

function toEffects(value: JsonValue): EffectIntent[] | null {
  if (!Array.isArray(value)) return null;
  const effects: EffectIntent[] = [];
  for (const one of value) {
    if (!isObject(one)) return null;
    const { id, kind, actor, params } = one;
    if (typeof id !== "string" || typeof kind !== "string" || typeof actor !== "string") return null;
    if (!isObject(params)) return null;
    effects.push({ id, kind, actor, params });
  }
  return effects;
}

/** Parsed JSON holds JSON only, so that its objects need no look inside. */
function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isCount(value: JsonValue | undefined): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}
