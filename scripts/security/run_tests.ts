// Runs test files with vitest and says how they ended: what failed, and what was counted.
import { join, resolve } from "node:path";
import { z } from "zod";
import { readTallies, type TallyLine } from "./tallies.ts";

const report = z.object({
  testResults: z.array(z.object({
    name: z.string(),
    status: z.string(),
    assertionResults: z.array(z.object({ status: z.string(), title: z.string() })),
  })),
});

export interface TestsEnded {
  passed: number;
  /** Titles of the tests that ran and failed. */
  failed: readonly string[];
  /** Files that hold a test which was not run: they could not be loaded, or what they need is not there. */
  broken: readonly string[];
  /** Titles of tests that were left out, because this machine lacks what they need. */
  skipped: readonly string[];
  tallies: readonly TallyLine[];
  code: number;
}

export interface RunOptions {
  files: readonly string[];
  /** The tree in which they run. */
  root?: string;
  /** Nothing but the outcome is wanted. */
  quiet?: boolean;
}

export async function runTests({ files, root = ".", quiet = false }: RunOptions): Promise<TestsEnded> {
  const scratch = await Deno.makeTempDir({ prefix: "jamey-security-" });
  const [output, tallyFile] = [join(scratch, "report.json"), join(scratch, "tally")];
  const reporters = [...(quiet ? [] : ["--reporter=dot"]), "--reporter=json", `--outputFile.json=${output}`];
  const vitest = join("node_modules", "vitest", "vitest.mjs");
  try {
    const { code } = await new Deno.Command(Deno.execPath(), {
      // What tests print is shown only of those that fail.
      args: ["run", "-A", vitest, "run", "--silent=passed-only", ...reporters, ...files],
      cwd: resolve(root),
      env: { JAMEY_SECURITY_TALLY: tallyFile, ...(Deno.stdout.isTerminal() ? {} : { NO_COLOR: "1" }) },
      stdin: "null",
      stdout: quiet ? "null" : "inherit",
      stderr: quiet ? "null" : "inherit",
    }).output();
    const text = await Deno.readTextFile(output).catch(() => null);
    if (text === null) {
      return { passed: 0, failed: [], broken: files, skipped: [], tallies: [], code: code || 1 };
    }
    const { testResults } = report.parse(JSON.parse(text));
    const tests = testResults.flatMap(({ assertionResults }) => assertionResults);
    const titles = (...statuses: string[]) =>
      tests.filter(({ status }) => statuses.includes(status)).map(({ title }) => title);
    return {
      passed: titles("passed").length,
      failed: titles("failed"),
      broken: testResults.filter(({ status, assertionResults }) =>
        assertionResults.length === 0 ||
        (status === "failed" && !assertionResults.some((test) => test.status === "failed"))
      ).map(({ name }) => name),
      skipped: titles("skipped", "pending", "todo"),
      tallies: await readTallies(tallyFile),
      code,
    };
  } finally {
    await Deno.remove(scratch, { recursive: true });
  }
}
