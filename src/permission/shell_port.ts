// What the decision needs of the shell's grammar, until it is there: nothing can be judged, so nothing is allowed by a wildcard.

export interface AnalysedCommand {
  words: readonly (string | null)[];
  text: string | null;
  doubt: string | null;
}

export interface Analysis {
  commands: readonly AnalysedCommand[];
  doubt: string | null;
}

export interface Shell {
  analyse(source: string): Analysis;
}

export function openShell(): Promise<Shell> {
  return Promise.resolve({
    analyse: (source: string) => {
      const words = source.trim().split(/\s+/);
      const isPlain = /^[\w ./=:-]+$/.test(source);
      const text = words.join(" ");
      return {
        commands: isPlain ? [{ words, text, doubt: null }] : [],
        doubt: isPlain ? null : "it cannot be read",
      };
    },
  });
}

export function matchesForAllow(specifier: string, { text, doubt }: AnalysedCommand): boolean {
  if (text === null) return false;
  if (text === specifier) return true;
  const prefix = /^(.+?)(?::\*| \*)$/.exec(specifier)?.[1];
  return doubt === null && prefix !== undefined && (text === prefix || text.startsWith(`${prefix} `));
}

export function mayMatchForDeny(specifier: string, command: AnalysedCommand): boolean {
  return matchesForAllow(specifier, { ...command, doubt: null });
}

export function catastropheOf(
  _analysis: Analysis,
  _where: { home: string; workspace: string; roots: readonly string[] },
): string | null {
  return null;
}
