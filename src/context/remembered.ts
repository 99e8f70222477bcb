// Remembers what was read from files for as long as none of them changes: asking costs one look at each.
import { existsSync } from "node:fs";
import { type FileLook, lookOf, lookOfNothing } from "../platform/file_look.ts";

const pathsMax = 2000;

/** Notes that the result depends on this path, whether there is something or not. To be called before it is read. */
export type Watch = (path: string) => void;

interface Entry<Value> {
  value: Value;
  /** How each path looked; null for one that must be looked at anew. */
  looks: Map<string, string | null>;
}

/** `compute`, called again only when a path that it watched looks different. The oldest of `keysMax` keys is forgotten. */
export function remembered<Value>(
  keysMax: number,
  compute: (key: string, watch: Watch) => Promise<Value>,
): (key: string) => Promise<Value> {
  const entries = new Map<string, Entry<Value>>();
  return async (key) => {
    const known = entries.get(key);
    if (known !== undefined && isFresh(known.looks)) return known.value;
    const looks = new Map<string, string | null>();
    const value = await compute(key, (path) => {
      // What cannot be watched any more makes the result one that holds only once.
      if (looks.size >= pathsMax) looks.set("", null);
      else if (!looks.has(path)) looks.set(path, settledLook(path));
    });
    entries.delete(key);
    entries.set(key, { value, looks });
    const oldest = entries.keys().next();
    if (entries.size > keysMax && !oldest.done) entries.delete(oldest.value);
    return value;
  };
}

function isFresh(looks: ReadonlyMap<string, string | null>): boolean {
  for (const [path, look] of looks) if (look === null || look !== lookAt(path).text) return false;
  return true;
}

function settledLook(path: string): string | null {
  const look = lookAt(path);
  return look.isSettled ? look.text : null;
}

/** Synchronous: a look in the kernel's cache takes a tenth of what a trip to another thread takes. */
function lookAt(path: string): FileLook {
  // Most of what is looked for is not there, and an error that is thrown costs more than the look.
  if (!existsSync(path)) return lookOfNothing;
  try {
    return lookOf(Deno.statSync(path));
  } catch {
    return lookOfNothing;
  }
}
