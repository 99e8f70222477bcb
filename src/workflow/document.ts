// A workflow file as YAML or JSON (which is YAML too): its value, and where each part of it stands.
import { messageOf } from "../protocol/problem.ts";
import type { Fault, Path } from "./faults.ts";
import { limits } from "./nodes.ts";

export interface Document {
  value: unknown;
  /** Of the value at this path, or of the nearest thing around it; `key`: of the name of that value. */
  place(path: Path, at?: "key" | "value"): Place;
}
export interface Place {
  line: number;
  column: number;
}

export type Read = { ok: true; document: Document } | { ok: false; faults: Fault[] };

/** Reads the text; what is wrong with its syntax, each with its place. */
export async function readDocument(text: string, file: string): Promise<Read> {
  const refuse = (what: string, place: Place = { line: 1, column: 1 }): Read => ({
    ok: false,
    faults: [{ file, ...place, field: "", what }],
  });
  if (text.length > limits.fileChars) {
    return refuse(`has more than ${limits.fileChars} characters, split it into workflows`);
  }
  const yaml = await import("yaml");
  const lines = new yaml.LineCounter();
  const placeOf = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  const options = { lineCounter: lines, schema: "core", prettyErrors: false, logLevel: "error" } as const;
  let parsed: ReturnType<typeof yaml.parseDocument>;
  try {
    parsed = yaml.parseDocument(text, options);
  } catch {
    // Brackets in brackets without end are too much for the parser.
    return refuse("is not valid YAML, it is nested too deep");
  }
  const wrong = [...parsed.errors, ...parsed.warnings];
  if (wrong.length > 0) {
    return {
      ok: false,
      faults: wrong.slice(0, 10).map((error) => ({
        file,
        ...placeOf(error.pos[0]),
        field: "",
        what: `is not valid YAML, ${error.message}`,
      })),
    };
  }
  if (file.endsWith(".json")) {
    const fault = jsonFault(text);
    if (fault !== undefined) return refuse(`is not valid JSON, ${fault.why}`, placeOf(fault.offset));
  }
  let hidden: number | undefined;
  yaml.visit(parsed, {
    Pair(_, { key }) {
      if (yaml.isScalar(key) && key.value === "__proto__") hidden ??= key.range?.[0] ?? 0;
    },
  });
  // It means something else to JavaScript: whoever reads the value would not see it.
  if (hidden !== undefined) return refuse('"__proto__" is no name, use another', placeOf(hidden));
  try {
    const value: unknown = parsed.toJS();
    const offsetOf = (path: Path, at: "key" | "value") => {
      let here: unknown = parsed.contents;
      let offset = startOf(here) ?? 0;
      for (const [index, key] of path.entries()) {
        if (yaml.isAlias(here)) here = here.resolve(parsed);
        if (!yaml.isCollection(here)) break;
        const pair = yaml.isMap(here)
          ? here.items.find((item) =>
            String(yaml.isScalar(item.key) ? item.key.value : item.key) === String(key)
          )
          : undefined;
        const next: unknown = pair === undefined ? here.get(key, true) : pair.value;
        const isLast = index === path.length - 1;
        const wanted = pair !== undefined && (isLast && at === "key") ? pair.key : next;
        const found = startOf(wanted) ?? startOf(pair?.key);
        if (found === undefined) break;
        offset = found;
        here = next;
      }
      return offset;
    };
    return { ok: true, document: { value, place: (path, at = "value") => placeOf(offsetOf(path, at)) } };
  } catch (thrown) {
    // Aliases that unfold into more than anybody could mean.
    return refuse(`is not valid YAML, ${messageOf(thrown)}`);
  }
}

function startOf(node: unknown): number | undefined {
  if (typeof node !== "object" || node === null || !("range" in node)) return undefined;
  return Array.isArray(node.range) && typeof node.range[0] === "number" ? node.range[0] : undefined;
}

function jsonFault(text: string): { why: string; offset: number } | undefined {
  try {
    JSON.parse(text);
    return undefined;
  } catch (thrown) {
    const why = messageOf(thrown);
    return { why, offset: Number(/at position (\d+)/.exec(why)?.[1] ?? 0) };
  }
}
