// Deliberately broken builds: one line of the program changed so that one promise no longer holds. The tests of its family
// must notice. `npm run test:security -- --mutants` tries them; docs/security.md lists them.
import { mutantsOfAgents } from "./broken_builds/agents.ts";
import { mutantsOfCommands } from "./broken_builds/commands.ts";
import { mutantsOfFiles } from "./broken_builds/files.ts";
import { mutantsOfSecrets } from "./broken_builds/secrets.ts";

export interface Mutant {
  family: string;
  /** Relative to the root of the project. */
  file: string;
  /** Stands in the file exactly once. */
  from: string;
  to: string;
  /** What the broken build does, in a few words: `a refusal is looked at last`. */
  why: string;
}

export const mutants: readonly Mutant[] = [
  ...mutantsOfCommands,
  ...mutantsOfFiles,
  ...mutantsOfSecrets,
  ...mutantsOfAgents,
];

/** Why a broken build cannot be made, or null. */
export function faultOf({ file, from, to }: Mutant, text: string): string | null {
  const found = text.split(from).length - 1;
  if (found !== 1) return `Cannot break "${file}": the text to change occurs ${found} times, expected once`;
  return from === to ? `Cannot break "${file}": the change changes nothing` : null;
}
