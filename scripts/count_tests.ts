// Adds up the reports of the test runs, and prints the line that ends a CI run: "N passed, N failed".
// Usage: deno run -A scripts/count_tests.ts FOLDER [PART THAT FAILED]...
import { join } from "node:path";
import { z } from "zod";

const report = z.object({
  numPassedTests: z.number().int(),
  numFailedTests: z.number().int(),
  numPendingTests: z.number().int(),
  numTodoTests: z.number().int(),
  testResults: z.array(
    z.object({
      name: z.string(),
      status: z.string(),
      assertionResults: z.array(z.object({ status: z.string() })),
    }),
  ),
});
type Report = z.infer<typeof report>;

interface Count {
  passed: number;
  failed: number;
  skipped: number;
}

/** Resolves with 1 when anything failed, or nothing was tested. */
async function main([folder = ".", ...failedParts]: readonly string[]): Promise<number> {
  const total: Count = { passed: 0, failed: 0, skipped: 0 };
  const accounted = new Set<string>();
  for await (const { name } of Deno.readDir(folder)) {
    const part = name.replace(/\.json$/, "");
    const count = countOf(report.parse(JSON.parse(await Deno.readTextFile(join(folder, name)))));
    console.log(`${part}: ${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`);
    if (count.failed > 0) accounted.add(part);
    total.passed += count.passed;
    total.failed += count.failed;
    total.skipped += count.skipped;
  }
  // A part without a report, or one that ended badly although no test failed, is a failure of its own.
  const others = failedParts.filter((part) => !accounted.has(part));
  for (const part of others) console.log(`${part}: failed`);
  const failed = total.failed + others.length;
  console.log(`${total.passed} passed, ${failed} failed`);
  return failed === 0 && total.passed > 0 ? 0 : 1;
}

/** A file that could not be loaded holds no test that could fail; it counts as one. */
function countOf(given: Report): Count {
  const broken = given.testResults.filter(({ status, assertionResults }) =>
    status === "failed" && !assertionResults.some((assertion) => assertion.status === "failed")
  );
  for (const { name } of broken) console.log(`could not be run: ${name}`);
  return {
    passed: given.numPassedTests,
    failed: given.numFailedTests + broken.length,
    skipped: given.numPendingTests + given.numTodoTests,
  };
}

Deno.exit(await main(Deno.args));
