// What the security tests counted: one line of JSON for each count, added up for the table.
import { z } from "zod";
import { families } from "./families.ts";

const tallyLine = z.object({
  family: z.string(),
  what: z.string(),
  tried: z.number().int().nonnegative(),
  refused: z.number().int().nonnegative(),
  escapes: z.number().int().nonnegative(),
});
export type TallyLine = z.infer<typeof tallyLine>;

export interface FamilyCount {
  family: string;
  what: string;
  tried: number;
  refused: number;
  escapes: number;
  lines: readonly TallyLine[];
}

/** A file that was never made holds no counts. */
export async function readTallies(file: string): Promise<TallyLine[]> {
  const text = await Deno.readTextFile(file).catch(() => "");
  return text.split("\n").filter((line) => line !== "").map((line) => tallyLine.parse(JSON.parse(line)));
}

/** One row for each family that counted something, in the order of the list. Unknown ones stand at the end. */
export function countFamilies(lines: readonly TallyLine[]): FamilyCount[] {
  const known = families.map(({ id }) => id);
  const unknown = [...new Set(lines.map(({ family }) => family))].filter((id) => !known.includes(id));
  return [...known, ...unknown].flatMap((id) => {
    const own = lines.filter(({ family }) => family === id);
    if (own.length === 0) return [];
    const sum = (key: "tried" | "refused" | "escapes") => own.reduce((total, line) => total + line[key], 0);
    return [{
      family: id,
      what: families.find((family) => family.id === id)?.what ?? "not in the list of families",
      tried: sum("tried"),
      refused: sum("refused"),
      escapes: sum("escapes"),
      lines: own,
    }];
  });
}
