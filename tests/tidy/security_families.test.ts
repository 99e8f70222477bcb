// Every family of hostile input has its tests, a broken build that they must catch, and a line in docs/security.md.
import { expect, it } from "vitest";
import { families, filesByFamily } from "../../scripts/security/families.ts";
import { page } from "../../scripts/security/figures.ts";
import { faultOf, mutants } from "../../scripts/security/mutants.ts";

it("what each broken build changes stands in its file exactly once", async () => {
  const faults = await Promise.all(
    mutants.map(async (mutant) => faultOf(mutant, await Deno.readTextFile(mutant.file))),
  );
  expect(faults.filter((fault) => fault !== null)).toEqual([]);
});

it("every family has tests, every file of them says its family and counts what it tried", async () => {
  const files = await filesByFamily();
  expect(families.map(({ id }) => id).filter((id) => !files.has(id))).toEqual([]);
  expect(files.get(null) ?? []).toEqual([]);
  const uncounted = families.filter(({ id }) =>
    !(files.get(id) ?? []).some((file) => Deno.readTextFileSync(file).includes("tally("))
  );
  expect(uncounted).toEqual([]);
});

it("every family of security tests has a broken build that it must catch", () => {
  const covered = new Set(mutants.map(({ family }) => family));
  expect(families.map(({ id }) => id).filter((id) => !covered.has(id))).toEqual([]);
});

it("docs/security.md lists every family and every broken build", async () => {
  const text = (await Deno.readTextFile(page)).replaceAll(/\s+/g, " ");
  const missing = [
    ...families.filter(({ id, what }) => !text.includes(`| ${id} | ${what} |`)).map(({ id }) => id),
    ...mutants.filter(({ file, why }) => !text.includes(`${why} (\`${file}\`)`)).map(({ why }) => why),
  ];
  expect(missing, "run: npm run test:security -- --docs").toEqual([]);
});
