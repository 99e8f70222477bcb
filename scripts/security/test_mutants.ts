// Tries the broken builds: a copy of the tree, one change at a time, and the tests of its family, which must fail.
import { join, relative, resolve } from "node:path";
import type { Terminal } from "../../src/cli/terminal.ts";
import { tableLines } from "../../src/cli/table.ts";
import { filesByFamily } from "./families.ts";
import { faultOf, type Mutant, mutants } from "./mutants.ts";
import { runTests } from "./run_tests.ts";

const notCopied = new Set(["node_modules", ".git", ".cache", "dist", "out", "coverage"]);

/** Resolves with 0 when every broken build of these families (none named: of all) is caught. */
export async function testMutants(wanted: readonly string[], terminal: Terminal): Promise<number> {
  const chosen = mutants.filter(({ family }) => wanted.length === 0 || wanted.includes(family));
  const files = await filesByFamily();
  const copy = await copyTree();
  const rows: string[][] = [];
  let caught = 0;
  try {
    for (const [family, ofFamily] of Map.groupBy(chosen, (mutant) => mutant.family)) {
      const bench = { copy, files: files.get(family) ?? [] };
      const unfit = await whyUnfit(bench);
      for (const mutant of ofFamily) {
        const verdict = unfit === null ? await tryOne(mutant, bench) : { isCaught: false, words: unfit };
        if (verdict.isCaught) caught++;
        terminal.talk(`${family} ${verdict.words}: ${mutant.why}`);
        rows.push([family, verdict.isCaught ? "yes" : "NO", mutant.file, mutant.why]);
      }
    }
  } finally {
    await Deno.remove(copy, { recursive: true });
  }
  const titles = ["FAMILY", "CAUGHT", "FILE", "WHAT IS BROKEN"];
  for (const line of tableLines(titles, rows, { colours: terminal.colours })) terminal.line(line);
  terminal.line(`${chosen.length} broken builds, ${caught} caught`);
  return caught === chosen.length ? 0 : 1;
}

/** Tests that fail without a broken build say nothing about one; null: they pass. */
async function whyUnfit({ copy, files }: Bench): Promise<string | null> {
  if (files.length === 0) return "no: there are no tests";
  const { code, failed, broken } = await runTests({ files, root: copy, quiet: true });
  const [first = "the tests do not end well"] = [...failed, ...broken];
  return code === 0 ? null : `no: fails as it is (${first})`;
}

interface Bench {
  copy: string;
  files: readonly string[];
}

async function tryOne(mutant: Mutant, { copy, files }: Bench): Promise<{ isCaught: boolean; words: string }> {
  const path = join(copy, mutant.file);
  const text = await Deno.readTextFile(path);
  const fault = faultOf(mutant, text);
  if (fault !== null) return { isCaught: false, words: `no: ${fault}` };
  try {
    await Deno.writeTextFile(path, text.replace(mutant.from, () => mutant.to));
    const { failed, broken } = await runTests({ files, root: copy, quiet: true });
    // A program that does not start at all is noticed by anybody.
    if (broken.length > 0) return { isCaught: false, words: "no: it does not load" };
    return failed.length > 0
      ? { isCaught: true, words: `by ${failed.length}` }
      : { isCaught: false, words: "no" };
  } finally {
    await Deno.writeTextFile(path, text);
  }
}

/** The tree as it stands, changes that are not committed among them; packages are linked. */
async function copyTree(): Promise<string> {
  const copy = await Deno.makeTempDir({ prefix: "jamey-broken-" });
  const root = resolve(".");
  const copyFolder = async (folder: string): Promise<void> => {
    for await (const { name, isDirectory, isFile } of Deno.readDir(folder)) {
      if (folder === root && notCopied.has(name)) continue;
      const from = join(folder, name);
      const to = join(copy, relative(root, from));
      if (isDirectory) {
        await Deno.mkdir(to);
        await copyFolder(from);
      } else if (isFile) await Deno.copyFile(from, to);
    }
  };
  await copyFolder(root);
  await Deno.symlink(join(root, "node_modules"), join(copy, "node_modules"));
  return copy;
}
