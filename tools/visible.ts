// Makes text safe to show: characters that a terminal acts on, reorders or does not draw are written out.
// For people who approve a call. It never leaves anything out; it only writes it so that it can be seen.

/** C0 and C1 controls but newline and tab, invisible and direction characters, odd spaces, lone surrogates. */
const hidden =
  // deno-lint-ignore no-control-regex
  /[\u0000-\u0008\u000b-\u001f\u007f-\u00a0\u00ad\u034f\u061c\u115f\u1160\u1680\u17b4\u17b5\u180b-\u180f\u2000-\u200f\u2028-\u202f\u205f-\u206f\u2800\u3000\u3164\ufeff\uffa0\ufff0-\uffff\u{1d173}-\u{1d17a}\u{e0000}-\u{e0fff}]|\p{Surrogate}/gu;

/** Longer runs of blanks could push the rest out of sight, so they are shown as a count. */
const blankRunMax = 40;
const emptyLinesMax = 8;
const blankRun = new RegExp(
  `( {${blankRunMax + 1},}|\\t{${blankRunMax + 1},}|\\n{${emptyLinesMax + 2},})`,
  "g",
);

/** The text with every character that could hide or disguise something written as `\u{...}`, long blank runs counted. */
export function visible(text: string): string {
  return text.replace(hidden, escapeCharacter).replace(blankRun, countBlanks);
}

function escapeCharacter(character: string): string {
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16).padStart(2, "0")}}`;
}

function countBlanks(run: string): string {
  if (run.startsWith("\n")) return `\n[${run.length - 1} empty lines]\n`;
  return `[${run.length} ${run.startsWith("\t") ? "tabs" : "spaces"}]`;
}
