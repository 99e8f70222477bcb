// Makes text safe to show: characters that a terminal acts on, reorders or does not draw are written out.
// For people who approve a call. It never leaves anything out; it only writes it so that it can be seen.

/** Controls but newline and tab, what is not drawn at all, odd spaces, private and unknown characters, lone surrogates. */
const hidden =
  /(?![\n\t])[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Default_Ignorable_Code_Point}\u00a0\u1680\u2000-\u200f\u2028\u2029\u202f\u205f\u2800\u3000\ufff0-\uffff]|\p{Surrogate}/gu;
/** More marks on one letter than any script needs are drawn over what stands around it. */
const markFlood = /\p{M}{5,}/gu;
/** Longer runs of blanks could push the rest out of sight, so they are shown as a count. */
const blankRun = /[ \t]{41,}/g;
const emptyLines = /\n(?:[ \t]*\n){9,}/g;

/** The text with every character that could hide or disguise something written as `\u{...}`, long blank runs counted. */
export function visible(text: string): string {
  return text.replace(hidden, escapeCharacter)
    .replace(markFlood, (run) => [...run].map(escapeCharacter).join(""))
    .replace(emptyLines, (run) => `\n[${run.split("\n").length - 2} empty lines]\n`)
    .replace(blankRun, (run) => `[${run.length} ${blanksIn(run)}]`);
}

function escapeCharacter(character: string): string {
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16).padStart(2, "0")}}`;
}

function blanksIn(run: string): string {
  if (!run.includes(" ")) return "tabs";
  return run.includes("\t") ? "spaces and tabs" : "spaces";
}
