// Scripts of sed that only print and replace. sed can run programs and write files from within a script, so a script
// must be one of these few forms to be covered by a rule with a wildcard.

const address = String.raw`(?:\d+|\$|/(?:[^/\\\n]|\\[^\n])+/)`;
const print = String.raw`(?:${address}(?:,${address})?)?!?[pdq=]`;
/** `s/a/b/` with any of a few separators; flags that print, count or repeat, never `e` and `w`. */
const replace = ["/", "|", "#", ",", "@"].map((mark) => {
  const part = mark === "|" ? String.raw`(?:[^|\\\n]|\\[^\n])*` : String.raw`(?:[^${mark}\\\n]|\\[^\n])*`;
  const sign = mark === "|" ? String.raw`\|` : mark;
  return String.raw`s${sign}${part}${sign}${part}${sign}[gpiI0-9]*`;
});
const command = String.raw`(?:${print}|(?:${address}(?:,${address})?)?(?:${replace.join("|")}))`;
const script = new RegExp(String.raw`^\s*${command}\s*(?:;\s*${command}\s*)*;?$`);
const harmlessOption = /^(-[nrEuz]+|--quiet|--silent|--regexp-extended|--posix|--sandbox|--debug)$/;

export function sedDoubt(args: readonly (string | null)[]): string | null {
  let hasScript = false;
  for (let at = 0; at < args.length; at++) {
    const arg = args[at];
    if (typeof arg !== "string") return "a file name could be taken for an option or a script";
    if (harmlessOption.test(arg)) continue;
    const named = arg === "-e" || arg === "--expression";
    if (arg.startsWith("-") && !named) return `sed ${arg} may write files or run programs`;
    if (hasScript && !named) continue;
    const text = named ? args[++at] : arg;
    if (typeof text !== "string" || !script.test(text)) {
      return "a script of sed may write files or run programs";
    }
    hasScript = true;
  }
  return null;
}
