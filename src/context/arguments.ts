// Puts what a person or an agent gave along into the text of a skill or a command: `$ARGUMENTS` and `$1` to `$9`.

/** Characters that are put in, in all: many places and a long argument would make a text that no memory holds. */
export const placedCharsMax = 256 * 1024;

/** One pass, so what is put in is never taken for a place to put something in. Without a place it goes to the end. */
export function fillArguments(text: string, args: string): string {
  const given = args.trim();
  const words = splitWords(given);
  let isPlaced = false;
  let room = placedCharsMax;
  const filled = text.replace(/\$(?:ARGUMENTS\b|([1-9])(?!\d))/g, (_, number: string | undefined) => {
    isPlaced = true;
    const value = number === undefined ? given : words[Number(number) - 1] ?? "";
    room -= value.length;
    return room < 0 ? "[cut]" : value;
  });
  return isPlaced || given === "" ? filled : `${filled.trimEnd()}\n\nArguments: ${given}`;
}

/** Words as a shell would see them: quotes hold some together. */
function splitWords(text: string): string[] {
  const words = text.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g);
  return [...words].map(([, double, single, plain]) => double ?? single ?? plain ?? "");
}
