// Prompt templates: text with `{variables}`. `{{` and `}}` stand for single braces; other braces are plain text.
import { Problem } from "../protocol/problem.ts";

export const templateCharsMax = 100_000;

/** Fills a template in one pass, so braces in a value mean nothing. Throws `bad_config` for names that are not known. */
export function renderTemplate(text: string, variables: Readonly<Record<string, string>>): string {
  return text.replace(/\{\{|\}\}|\{([a-z][a-z0-9_]*)\}/g, (match, name: string | undefined) => {
    if (name === undefined) return match.charAt(0);
    if (Object.hasOwn(variables, name)) return variables[name] ?? "";
    const known = Object.keys(variables).map((key) => `"{${key}}"`).join(", ");
    throw new Problem(
      "bad_config",
      `Cannot use the template: "{${name}}" is not known, known are ${known}`,
      { hint: `write "{{${name}}}" for the plain text` },
    );
  });
}

/** The names that a template uses. */
export function templateNames(text: string): Set<string> {
  const names = [...text.matchAll(/\{\{|\}\}|\{([a-z][a-z0-9_]*)\}/g)].map(([, name]) => name);
  return new Set(names.filter((name) => name !== undefined));
}
