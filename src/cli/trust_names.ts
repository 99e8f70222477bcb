// Which of the things that a folder brings along a person means: by NAME, or KIND:NAME where a name is used twice.
import { Problem } from "../protocol/problem.ts";
import { neutralLine } from "./neutral.ts";

interface Item {
  kind: string;
  name: string;
}

/** Each once, in their own order; a Problem `not_found` for a word that names none. `given`: one, or several with commas. */
export function namedItems<T extends Item>(items: readonly T[], given: string, verb: string): T[] {
  const meant = (word: string) =>
    items.filter(({ kind, name }) => word === name || word === `${kind}:${name}`);
  // A name may hold commas itself.
  const words = meant(given).length > 0 ? [given] : given.split(",").map((word) => word.trim());
  const found = words.flatMap((word) => {
    const some = meant(word);
    if (some.length > 0) return some;
    const known = items.map(({ kind, name }) => neutralLine(`${kind}:${name}`)).join(", ");
    throw new Problem("not_found", `Cannot ${verb} "${neutralLine(word)}": there is none of that name here`, {
      hint: known === "" ? "There is nothing in this folder" : `There are: ${known}`,
    });
  });
  return items.filter((item) => found.includes(item));
}
