// The table of figures in docs/security.md: what each family tried, and the broken builds that its tests catch.
import { mutants } from "./mutants.ts";
import type { FamilyCount } from "./tallies.ts";

export const page = "docs/security.md";
const [begin, end] = ["<!-- figures: begin -->", "<!-- figures: end -->"];

/** Puts the table between its marks; throws when the page has none. */
export async function writeFigures(counts: readonly FamilyCount[]): Promise<void> {
  const text = await Deno.readTextFile(page);
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`Cannot write the figures into "${page}": it has no marks`);
  await Deno.writeTextFile(
    page,
    `${text.slice(0, from + begin.length)}\n\n${figureTable(counts)}\n\n${text.slice(to)}`,
  );
  await new Deno.Command(Deno.execPath(), { args: ["fmt", "--quiet", page] }).output();
}

function figureTable(counts: readonly FamilyCount[]): string {
  const rows = counts.map(({ family, what, tried, refused, escapes }) => {
    const broken = mutants.filter((mutant) => mutant.family === family).map(({ file, why }) =>
      `${why} (\`${file}\`)`
    );
    return `| ${[family, what, tried, refused, escapes, broken.join("; ")].join(" | ")} |`;
  });
  const sum = (key: "tried" | "refused" | "escapes") =>
    counts.reduce((total, count) => total + count[key], 0);
  return [
    "| Family | Bad input | Tried | Refused | Escapes | A broken build that its tests catch |",
    "| --- | --- | ---: | ---: | ---: | --- |",
    ...rows,
    `| all | | ${sum("tried")} | ${sum("refused")} | ${sum("escapes")} | |`,
  ].join("\n");
}
