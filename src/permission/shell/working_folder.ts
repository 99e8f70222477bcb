// What a change of the folder does to the commands after it: rules are about the workspace, and git reads what runs from
// the folder it is in.
import type { AnalysedCommand } from "./command.ts";
import { programName } from "./runners.ts";

const movers = new Set(["cd", "pushd", "popd", "chdir"]);

/** The same commands; those that would run somewhere else are doubtful. */
export function workingFolderDoubts(commands: readonly AnalysedCommand[]): AnalysedCommand[] {
  let moved = false;
  let outside = false;
  return commands.map((command) => {
    const [program, ...args] = command.words;
    const name = typeof program === "string" ? programName(program) : "";
    const doubt = outside
      ? "it runs in another folder"
      : moved && name === "git"
      ? "git runs in another folder, whose settings may run programs"
      : null;
    if (movers.has(name)) {
      moved = true;
      outside ||= !(args.length === 1 && typeof args[0] === "string" && staysInside(args[0]));
    }
    return doubt === null || command.doubt !== null ? command : { ...command, doubt };
  });
}

/** A relative path that only goes down. */
function staysInside(path: string): boolean {
  return path !== "" && !/^[-/~+]/.test(path) && !path.split(/[\\/]/).includes("..") &&
    !/^[A-Za-z]:/.test(path);
}
