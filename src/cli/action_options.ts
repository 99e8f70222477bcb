// Options given to an action that does nothing with them: refused instead of ignored. What an action takes, its line in
// the help says; a test holds that no option is missing there.
import { Problem } from "../protocol/problem.ts";
import type { Command, Input } from "./command.ts";
import { nameOf } from "./parse.ts";

/** Throws a Problem `usage` that names the option and the actions it is for. */
export function refuseForeignOptions(command: Command, input: Input): void {
  const actions = (command.actions ?? []).map(([words, meaning]) => ({ name: words.split(" ")[0], meaning }));
  const action = actions.find(({ name }) => name === input.args[0]);
  // An action that is not known is refused in words of its own.
  if (action === undefined) return;
  for (const [flag] of command.options) {
    const names = flag.replace(/ <.*/, "").split(", ");
    const long = names.at(-1) ?? flag;
    const key = long.slice(2).replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
    const isGiven = input.flag(key) || input.texts(key).length > 0;
    if (!isGiven || takes(action.meaning, names)) continue;
    const others = actions.filter(({ meaning }) => takes(meaning, names)).map(({ name }) => name).join(", ");
    throw new Problem(
      "usage",
      `Cannot run "jamey ${
        nameOf(command)
      } ${action.name}": "${long}" is for ${others}, not for ${action.name}`,
      { hint: `See: jamey ${nameOf(command)} --help` },
    );
  }
}

function takes(meaning: string, names: readonly string[]): boolean {
  return names.some((name) => new RegExp(`(^|\\s)${name}(,|\\s|$)`).test(meaning));
}
