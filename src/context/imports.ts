// `@path` in instructions: which other files a text asks to be read along. Only finds them; it reads nothing.

/** How many are looked at in one text. */
export const mentionsMax = 50;
const mentionCharsMax = 500;

/** The paths that a text mentions with `@`, in order, each once; none of those in code. */
export function mentionedPaths(text: string): string[] {
  const found = new Set<string>();
  let fence: string | null = null;
  for (const line of text.split("\n")) {
    const [, mark = null] = /^\s{0,3}(`{3,}|~{3,})/.exec(line) ?? [];
    if (mark !== null && fence === null) fence = mark;
    else if (mark !== null && fence !== null && mark.startsWith(fence)) fence = null;
    else if (fence === null) addMentions(line, found);
    if (found.size >= mentionsMax) break;
  }
  return [...found].slice(0, mentionsMax);
}

function addMentions(line: string, found: Set<string>): void {
  const prose = line.replace(/(`+)[^`]*\1/g, " ");
  for (const [, path = ""] of prose.matchAll(/(?:^|\s)@([^\s`"'<>()[\]]+)/g)) {
    // Before anything else looks at it: the longest would take seconds.
    if (path.length > mentionCharsMax) continue;
    const plain = path.replace(/[.,;:!?]+$/, "");
    if (plain !== "") found.add(plain);
  }
}
