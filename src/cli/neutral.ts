// Makes text from models, tools and files harmless for a terminal: what could move the cursor, set a title, hide or
// reorder text is shown as an escape instead of being obeyed.

// C0 and C1 controls but tab and newline, delete, soft hyphen, zero-width marks (but the joiners that scripts and emoji
// need), direction marks and overrides, line and paragraph separators, byte order mark, interlinear marks, tag characters.
const hazards = new RegExp(
  "[\\u0000-\\u0008\\u000B-\\u001F\\u007F-\\u009F\\u00AD\\u061C\\u180E\\u200B\\u200E\\u200F\\u2028-\\u202E" +
    "\\u2060-\\u206F\\uFEFF\\uFFF9-\\uFFFB\\u{E0000}-\\u{E007F}]",
  "gu",
);

/** Text that may stand on several lines. */
export function neutral(text: string): string {
  return text.toWellFormed().replaceAll("\r\n", "\n").replace(hazards, visible);
}

/** JSON of the same value that is harmless on a terminal too: what a terminal might obey is written as an escape. */
export function neutralJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, null, indent).replace(hazards, (character) => {
    const units = character.split("").map((unit) => unit.charCodeAt(0).toString(16).padStart(4, "0"));
    return units.map((unit) => `\\u${unit}`).join("");
  });
}

/** Text that must stay on one line. */
export function neutralLine(text: string): string {
  return neutral(text).replaceAll("\n", "\\n").replaceAll("\t", "\\t");
}

/** At most `charsMax` characters of a line, with a mark where it was cut. */
export function shortLine(text: string, charsMax: number): string {
  // Cut before and after: a hazard takes more room when it is made visible.
  const line = neutralLine(text.length > charsMax * 2 ? text.slice(0, charsMax * 2) : text);
  return line.length <= charsMax && text.length <= charsMax * 2
    ? line
    : line.slice(0, charsMax - 1).toWellFormed() + "…";
}

/** At most `linesMax` lines of a text, with a note of how many were left out. */
export function shortText(text: string, linesMax: number, charsMax: number): string {
  const lines = neutral(text.slice(0, linesMax * charsMax)).split("\n");
  const shown = lines.slice(0, linesMax).map((line) =>
    line.length <= charsMax ? line : line.slice(0, charsMax - 1) + "…"
  );
  const total = text.split("\n").length;
  if (total > shown.length) shown.push(`… ${total - shown.length} more lines`);
  else if (text.length > linesMax * charsMax) {
    shown.push(`… ${text.length - linesMax * charsMax} more characters`);
  }
  return shown.join("\n");
}

function visible(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  if (code <= 0xff) return `\\x${code.toString(16).padStart(2, "0")}`;
  return `\\u{${code.toString(16)}}`;
}
