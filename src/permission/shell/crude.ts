// Commands in a text that the grammar cannot read, found by its separators alone. Only refusals and the guard use it.

const partsMax = 2_000;

/** Words of everything that could be a command, with and without what is quoted taken apart. */
export function readCrudely(source: string): string[][] {
  const bare = source.replace(/\\\n/g, "").replace(/\\(.)/g, "$1");
  const texts = [bare.replace(/["']/g, ""), bare.replace(/["',<>[\]]/g, ";")];
  const parts = texts.flatMap((text) => text.split(/[;|&\n\r(){}`$]+/));
  return parts.slice(0, partsMax).map((part) => part.split(/\s+/).filter((word) => word !== ""))
    .filter((words) => words.length > 0);
}
