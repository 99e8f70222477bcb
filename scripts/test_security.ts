// Runs the security tests and prints what they tried: one line a family, and whatever is missing.
// Usage: npm run test:security [-- FAMILY...], [-- --mutants FAMILY...] or [-- --docs]
import { tableLines } from "../src/cli/table.ts";
import { openTerminal, type Terminal } from "../src/cli/terminal.ts";
import { families, filesByFamily } from "./security/families.ts";
import { writeFigures } from "./security/figures.ts";
import { runTests } from "./security/run_tests.ts";
import { countFamilies, type FamilyCount } from "./security/tallies.ts";
import { testMutants } from "./security/test_mutants.ts";

const usageCode = 2;
const options = ["--mutants", "--docs"];
const usage =
  "Usage: npm run test:security -- [FAMILY...]  runs the tests, of these families only when some are named\n" +
  "       npm run test:security -- --mutants [FAMILY...]  tries the broken builds: the tests must fail\n" +
  `       npm run test:security -- --docs  runs all and writes the figures into the documentation`;

async function main(args: readonly string[]): Promise<number> {
  const terminal = openTerminal({ quiet: false });
  if (args.includes("--help")) {
    terminal.line(usage);
    return 0;
  }
  const known = families.map(({ id }) => id);
  const wanted = args.filter((arg) => !arg.startsWith("-")).map((arg) => arg.toUpperCase());
  const odd = args.filter((arg) => arg.startsWith("-") && !options.includes(arg));
  const strange = [...odd, ...wanted.filter((id) => !known.includes(id))];
  if (strange.length > 0 || (args.includes("--docs") && wanted.length > 0)) {
    if (strange.length > 0) terminal.warn(`Cannot use "${strange.join(" ")}": not a family or an option`);
    terminal.warn(usage);
    return usageCode;
  }
  if (args.includes("--mutants")) return await testMutants(wanted, terminal);
  return await testFamilies({ wanted, asked: wanted.length === 0 ? known : wanted, terminal }, args);
}

interface Asked {
  wanted: readonly string[];
  asked: readonly string[];
  terminal: Terminal;
}

async function testFamilies({ wanted, asked, terminal }: Asked, args: readonly string[]): Promise<number> {
  const files = await filesByFamily();
  const chosen = [...new Set(asked.flatMap((id) => files.get(id) ?? []))];
  const nameless = wanted.length === 0 ? files.get(null) ?? [] : [];
  if (chosen.length + nameless.length === 0) {
    terminal.warn(`Cannot test ${asked.join(", ")}: there are no tests of it yet`);
    return 1;
  }
  const ended = await runTests({ files: [...chosen, ...nameless] });
  const counts = countFamilies(ended.tallies).filter(({ family }) =>
    wanted.length === 0 || wanted.includes(family)
  );
  for (const line of tableOf({ counts, files, terminal })) terminal.line(line);
  if (wanted.length > 0) { for (const line of detailsOf(counts)) terminal.line(line); }
  const missing = asked.filter((id) => !counts.some(({ family }) => family === id));
  const escapes = counts.reduce((sum, count) => sum + count.escapes, 0);
  const faults = [
    ...nameless.map((file) => `${file}: its name says no family`),
    ...ended.failed.map((title) => `failed: ${title}`),
    ...ended.broken.map((file) => `could not be run: ${file}`),
    ...(missing.length > 0 ? [`families without a count: ${missing.join(", ")}`] : []),
    ...(escapes > 0 ? [`${escapes} escapes`] : []),
  ];
  for (const title of ended.skipped) terminal.line(`left out on this machine: ${title}`);
  terminal.line(
    `${counts.length} of ${asked.length} families, ${ended.passed} tests passed, ` +
      `${ended.failed.length} failed, ${sum(counts, "tried")} inputs tried, ${escapes} escapes`,
  );
  for (const fault of faults) terminal.line(terminal.colours.red(fault));
  if (faults.length === 0 && args.includes("--docs")) await writeFigures(counts);
  return faults.length === 0 && ended.code === 0 ? 0 : 1;
}

interface Shown {
  counts: readonly FamilyCount[];
  files: ReadonlyMap<string | null, readonly string[]>;
  terminal: Terminal;
}

/** On a terminal, the column of words is cut to what there is room for. */
function tableOf({ counts, files, terminal }: Shown): string[] {
  const titles = ["FAMILY", "TRIED", "REFUSED", "ESCAPES", "FILES", "WHAT IS TRIED"];
  const numbers = [1, 2, 3, 4];
  const room = terminal.columns - titles.slice(0, -1).reduce((sum, title) => sum + title.length + 2, 0);
  const rows = counts.map(({ family, tried, refused, escapes, what }) => [
    family,
    ...[tried, refused, escapes, files.get(family)?.length ?? 0].map(String),
    terminal.outIsTerminal && what.length > room ? `${what.slice(0, Math.max(0, room - 1))}…` : what,
  ]);
  const escapesColumn = 3;
  const { red } = terminal.colours;
  return tableLines(titles, rows, {
    colours: terminal.colours,
    numbers,
    tint: (cell, { column }) => column === escapesColumn && cell.trim() !== "0" ? red(cell) : cell,
  });
}

function detailsOf(counts: readonly FamilyCount[]): string[] {
  return counts.flatMap(({ lines }) =>
    lines.map(({ family, what, tried, refused, escapes }) =>
      `  ${family} ${what}: ${tried} tried, ${refused} refused, ${escapes} escapes`
    )
  );
}

function sum(counts: readonly FamilyCount[], key: "tried" | "refused"): number {
  return counts.reduce((total, count) => total + count[key], 0);
}

Deno.exit(await main(Deno.args));
