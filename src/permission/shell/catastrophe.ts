// The guard against what destroys beyond repair. It looks at every command that would or might run, wherever it stands,
// and says in words what would be lost.
import type { AnalysedCommand, Analysis } from "./command.ts";
import { type Destroyer, destroyers, narrows } from "./destroyers.ts";
import { hole } from "./marks.ts";
import { isDisk, isVital, preciousPlace, resolvePath, type Where } from "./places.ts";
import { programName } from "./runners.ts";

/** Why this destroys beyond repair; null when it does not, as far as can be seen. */
export function catastropheOf(analysis: Analysis, where: Where): string | null {
  if (analysis.alarm !== null) return analysis.alarm;
  for (const target of analysis.writes) {
    if (isDisk(target)) return `it writes over the disk "${shown(target)}"`;
    if (isVital(target)) return `it writes over "${shown(target)}", which the system needs`;
  }
  const folders = foldersOf(analysis.commands, where);
  for (const [index, command] of analysis.commands.entries()) {
    const why = lossOf(command, { where, folder: folders[index] ?? null, all: analysis.commands });
    if (why !== null) return why;
  }
  return null;
}

interface Surroundings {
  where: Where;
  folder: string | null;
  all: readonly AnalysedCommand[];
}

function lossOf({ shapes }: AnalysedCommand, surroundings: Surroundings): string | null {
  const [program = "", ...args] = shapes;
  const name = programName(program);
  const destroyer = destroyers.get(/^mkfs\b|^mke2fs$|^newfs/.test(name) ? "mkfs" : name);
  const found = destroyer?.(args) ?? null;
  return found === null ? null : wordOf(name, found, surroundings);
}

function wordOf(
  name: string,
  found: Exclude<ReturnType<Destroyer>, null>,
  around: Surroundings,
): string | null {
  if (typeof found === "string") return found;
  const given = found.fromInput ? around.all.flatMap(({ shapes }) => listedBy(shapes.slice(1))) : [];
  for (const target of [...found.targets, ...given]) {
    if (isDisk(target)) return `${name} writes over the disk "${shown(target)}"`;
    const place = preciousPlace(target, around.where, around.folder);
    if (place !== null) return `${name} ${found.what} "${shown(target)}": ${place}`;
  }
  return null;
}

/** Folders that a command before `xargs rm -r` may list: `ls /`, and `find .` when nothing narrows it. */
function listedBy(args: readonly string[]): string[] {
  return args.filter((arg) =>
    arg === "." ? !narrows(args) : /^(?:[/~]|\.\.)/.test(arg) && arg !== "/dev/null"
  );
}

/** The folder each command starts in, as far as `cd` before it tells; null: not known. */
function foldersOf(commands: readonly AnalysedCommand[], where: Where): (string | null)[] {
  let folder: string | null = where.workspace;
  return commands.map(({ shapes }) => {
    const before = folder;
    if (shapes[0] === "cd" || shapes[0] === "pushd") {
      const target = shapes.find((word, index) => index > 0 && !/^-./.test(word)) ?? "~";
      folder = target.includes(hole) || target === "-" ? null : resolvePath(target, where, folder);
    }
    return before;
  });
}

function shown(target: string): string {
  return target.replaceAll(hole, "$...");
}
