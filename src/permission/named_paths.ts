// Paths in the words of a command that a rule keeps other tools from. No boundary (the sandbox and the secret places are
// one): it has a person look at what is in plain sight.
import { resolve } from "node:path";
import type { Rule } from "./contract.ts";
import type { CommandSubject, PermissionQuestion } from "./layer.ts";
import { parsedRule } from "./match.ts";
import { matchesPath } from "./match_path.ts";
import { isAbout, specifierKind } from "./specifier.ts";

/** Words looked at in one command. */
const wordsMax = 500;

/** The first word that names a file which a rule refuses or asks about, or null. */
export function namedPath(
  { analysis }: CommandSubject,
  { rules, places }: PermissionQuestion,
): { path: string; rule: Rule } | null {
  const words = [...analysis.writes, ...analysis.commands.flatMap((command) => command.words.slice(1))]
    .slice(0, wordsMax);
  const text = [...words, places.workspace, places.home].join("\n").toLowerCase();
  const about = rules.rules.flatMap((rule) => {
    const parsed = pathRule(rule);
    return parsed !== null && text.includes(parsed.plain) ? [{ rule, ...parsed }] : [];
  });
  if (about.length === 0) return null;
  for (const [index, word] of words.entries()) {
    // To name a file is to read it, as far as can be told; to change it only where output goes there.
    const isWritten = index < analysis.writes.length;
    for (const path of pathsIn(word)) {
      const given = resolve(places.workspace, path.replace(/^~(?=\/|$)/, places.home));
      const found = about.find(({ rule, tool, specifier }) =>
        (isWritten || isAbout(tool, "Read")) &&
        matchesPath(specifier, { given, real: null }, { action: rule.action, places })
      );
      if (found !== undefined) return { path, rule: found.rule };
    }
  }
  return null;
}

interface PathRule {
  tool: string;
  specifier: string;
  /** What stands somewhere in each path that it matches. */
  plain: string;
}

const pathRules = new WeakMap<Rule, PathRule | { plain: null }>();

/** A rule that keeps tools from files; null for other rules. */
function pathRule(rule: Rule): PathRule | null {
  const known = pathRules.get(rule) ?? readPathRule(rule) ?? { plain: null };
  pathRules.set(rule, known);
  return known.plain === null ? null : known;
}

function readPathRule(rule: Rule): PathRule | null {
  const parsed = rule.action === "allow" ? "" : parsedRule(rule);
  if (typeof parsed === "string" || parsed.specifier === null) return null;
  const { tool, specifier } = parsed;
  return specifierKind(tool, specifier) === "path" ? { tool, specifier, plain: plainPart(specifier) } : null;
}

/** The longest name of a glob, without its wildcards: in a path that it matches this stands somewhere. */
function plainPart(specifier: string): string {
  const parts = specifier.toLowerCase().replace(/\[[^\]]*\]|\\./g, "*").split(/[*?/~]+/);
  return parts.filter((part) => !/^\.*$/.test(part)).sort((a, b) => b.length - a.length)[0] ?? "";
}

/** The word itself, and what an option is given: `--file=x`, `@x`. */
function pathsIn(word: string | null): string[] {
  if (word === null || word === "" || word.includes("\0")) return [];
  const given = /^(?:-[^=]*=|@)(.+)$/s.exec(word)?.[1];
  if (given !== undefined) return [given];
  return word.startsWith("-") ? [] : [word];
}
