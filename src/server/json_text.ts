// JSON text from outside: parsed with the position of the first error, and refused when it is too deep, has a name that
// could reach a prototype, or text that no UTF-8 can hold. Not a schema check.
import type { JsonValue } from "../protocol/json.ts";

export type ParsedJson = { ok: true; value: JsonValue } | { ok: false; error: string };

/** Parses text; the error says what is wrong and where. Nothing nested deeper than `depthMax` is parsed. */
export function parseJson(text: string, depthMax: number): ParsedJson {
  const fault = findFault(text, depthMax);
  if (fault !== null) return { ok: false, error: `${fault.what} at ${place(text, fault.at)}` };
  const value: JsonValue = JSON.parse(text);
  const name = findForbidden(value);
  return name === null ? { ok: true, value } : { ok: false, error: name };
}

interface Fault {
  what: string;
  at: number;
}

type Expect = "value" | "value or ]" | "name or }" | "name" | ":" | ", or end" | "end";

/** Walks the grammar without building anything; null when the text is valid JSON of allowed depth. */
function findFault(text: string, depthMax: number): Fault | null {
  const open: ("{" | "[")[] = [];
  let expect: Expect = "value";
  let at = 0;
  const afterValue = (): Expect => (open.length === 0 ? "end" : ", or end");
  // Ends: every turn of the loop consumes at least one character or returns.
  while (true) {
    at = skipSpace(text, at);
    const char = text[at];
    if (char === undefined) return expect === "end" ? null : { what: "the JSON ends too early", at };
    const wrong = { what: `unexpected ${JSON.stringify(char)}`, at };
    if (expect === "end") return wrong;
    if (expect === ", or end") {
      const top = open[open.length - 1];
      if (char === ",") expect = top === "{" ? "name" : "value";
      else if (char === (top === "{" ? "}" : "]")) {
        open.pop();
        expect = afterValue();
      } else return wrong;
      at++;
    } else if (expect === ":") {
      if (char !== ":") return wrong;
      expect = "value";
      at++;
    } else if (expect === "name" || expect === "name or }") {
      if (char === "}" && expect === "name or }") {
        open.pop();
        expect = afterValue();
        at++;
      } else {
        const end = char === '"' ? endOfString(text, at) : wrong;
        if (typeof end !== "number") return end;
        at = end;
        expect = ":";
      }
    } else if (char === "{" || char === "[") {
      if (open.length >= depthMax) return { what: `nested deeper than ${depthMax} levels`, at };
      open.push(char);
      expect = char === "{" ? "name or }" : "value or ]";
      at++;
    } else if (char === "]" && expect === "value or ]") {
      open.pop();
      expect = afterValue();
      at++;
    } else {
      const end = char === '"' ? endOfString(text, at) : endOfScalar(text, at);
      if (typeof end !== "number") return end;
      at = end;
      expect = afterValue();
    }
  }
}

function skipSpace(text: string, from: number): number {
  let at = from;
  while (" \t\n\r".includes(text[at] ?? "x")) at++;
  return at;
}

function endOfString(text: string, from: number): number | Fault {
  for (let at = from + 1; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x22) return at + 1;
    if (code < 0x20) return { what: "control character in a string", at };
    if (code !== 0x5c) continue;
    const escape = text[at + 1] ?? "";
    if (escape === "u") {
      if (!/^[0-9a-fA-F]{4}$/.test(text.slice(at + 2, at + 6))) return { what: "wrong \\u escape", at };
      at += 5;
    } else if (escape !== "" && '"\\/bfnrt'.includes(escape)) at++;
    else return { what: "wrong escape in a string", at };
  }
  return { what: "the JSON ends too early, inside a string", at: text.length };
}

const scalar = /(?:true|false|null|-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)(?![A-Za-z0-9_.+-])/y;

function endOfScalar(text: string, from: number): number | Fault {
  scalar.lastIndex = from;
  return scalar.test(text)
    ? scalar.lastIndex
    : { what: `unexpected ${JSON.stringify(text[from])}`, at: from };
}

function place(text: string, at: number): string {
  const before = text.slice(0, at);
  const lineStart = before.lastIndexOf("\n") + 1;
  return `line ${before.split("\n").length}, column ${at - lineStart + 1}`;
}

/** Depth is bounded by now, so recursion is too. */
function findForbidden(value: JsonValue): string | null {
  if (typeof value === "string") return value.isWellFormed() ? null : "a string holds half of a character";
  if (typeof value !== "object" || value === null) return null;
  const names = Array.isArray(value) ? [] : Object.keys(value);
  for (const name of names) {
    if (name === "__proto__") return 'the name "__proto__" is not allowed';
    if (!name.isWellFormed()) return "a name holds half of a character";
  }
  for (const child of Object.values(value)) {
    const found = findForbidden(child);
    if (found !== null) return found;
  }
  return null;
}
