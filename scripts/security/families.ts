// The families of bad input that docs/security.md promises something about, and which test files belong to which.
import { join } from "node:path";

export interface Family {
  id: string;
  /** What is tried, in a few words. */
  what: string;
}

/** A test file says in its name what it belongs to: `s1_escape.test.ts`, or `c9_c10_own_approval.test.ts` for two. */
export const testsFolder = "tests/security";

const words: Readonly<Record<string, string>> = {
  A1: "agents that would have more than whoever began them",
  A2: "words of agents that look like somebody else's",
  A3: "hostile workflows, and values that agents put into them",
  A4: "wrong requests about agents, teams and workflows",
  C1: "shell commands that hide another one",
  C2: "commands of extreme size and form",
  C3: "refusals against allowances",
  C4: "hooks and others that allow what is refused",
  C5: "changes in plan mode",
  C6: "questions with nobody to ask",
  C7: "deletes beyond repair",
  C8: "changes in the workspace, undone",
  C9: "commands that reach for the daemon",
  C10: "answers by those who may not answer",
  C11: "approval texts that hide something",
  C12: "arguments changed after approval",
  F1: "paths that lead outside",
  F2: "links, and races with them",
  F3: "second names of files outside",
  F4: "files that never end",
  F5: "secret files through every tool",
  S1: "ways out of the sandbox",
  S2: "sandboxes that are missing or broken",
  S3: "ways to the network",
  S4: "files that would run later",
  S5: "web addresses that lead inside",
  S6: "web answers without end",
  S7: "injected instructions, obeyed",
  P1: "a hostile clone, opened",
  P2: "a hostile repository for git",
  P3: "one byte changed after approval",
  P4: "MCP servers that change or flood",
  P5: "broken configuration",
  P6: "tampering with approvals",
  P7: "runs in a folder nobody approved",
  P8: "dependencies",
  K1: "modes of files",
  K2: "secrets in command lines",
  K3: "token files that others can reach",
  K4: "a canary through everything kept",
  K5: "formats of secrets in exports",
  K6: "the environment of commands",
  K7: "keys echoed by a provider",
  K8: "secrets in a crash",
};

export const families: readonly Family[] = Object.entries(words).map(([id, what]) => ({ id, what }));

/** The test files of each family, from their names; a name that says no family is told with null. */
export async function filesByFamily(root = "."): Promise<Map<string | null, string[]>> {
  const found = new Map<string | null, string[]>();
  const names = (await Array.fromAsync(Deno.readDir(join(root, testsFolder)))).map(({ name }) => name);
  for (const name of names.filter((name) => name.endsWith(".test.ts")).sort()) {
    for (const family of familiesOf(name)) {
      found.set(family, [...found.get(family) ?? [], `${testsFolder}/${name}`]);
    }
  }
  return found;
}

function familiesOf(name: string): (string | null)[] {
  const parts = name.toUpperCase().split("_");
  const other = parts.findIndex((part) => !(part in words));
  const ids = other < 0 ? parts : parts.slice(0, other);
  return ids.length === 0 ? [null] : ids;
}
