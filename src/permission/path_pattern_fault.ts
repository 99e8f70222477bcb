// What is no pattern of paths. Beside the matcher, not in it: the configuration is checked before anything is matched.

export const secretPatternCharsMax = 500;

/** Why this is no pattern of paths; null when it is one. What names nothing would fit everything. */
export function pathPatternFault(pattern: string): string | null {
  if (pattern.includes("\0")) return "holds a NUL character";
  return /^[\s./\\]*$/.test(pattern)
    ? `is ${JSON.stringify(pattern)}, which names no file or folder; write "~/x", "/x", or "x" (at any depth)`
    : null;
}
