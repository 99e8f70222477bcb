// Why a rule with a wildcard must not cover a command: it runs another program, an option of it does, or a word of it is
// not certain. Null: it is the plain program that the rule names.
import { gitDoubt } from "./git.ts";
import { harmlessPrograms, riskyOption, riskyOptions } from "./risky_options.ts";
import { alwaysOpen, interpreters, launchers, programName, shells, wrappers } from "./runners.ts";
import { sedDoubt } from "./sed_script.ts";

const uncertain = "a file name could be taken for an option";

export function doubtOf(words: readonly (string | null)[]): string | null {
  const [first, ...args] = words;
  if (typeof first !== "string") return "its program is not certain";
  const name = programName(first);
  if (wrappers.has(name)) return `${name} runs other commands`;
  if (alwaysOpen.has(name)) return `${name} can run other programs`;
  if (name === "git") return gitDoubt(args);
  if (name === "sed" || name === "gsed") return sedDoubt(args);
  if (name === "make" || name === "gmake") return makeDoubt(args);
  if (shells.has(name) || interpreters.has(name)) return codeDoubt(name, args);
  if (name === "tee" || name === "dd") return `${name} writes files`;
  const launcher = launchers.get(`${name} ${args[0]}`) ?? launchers.get(name);
  if (launcher !== undefined) return launchDoubt(words.slice(launcher));
  const options = riskyOptions.get(name);
  const option = options && riskyOption(options, args);
  if (option) return `${name} ${option} may run a program or write a file`;
  return !harmlessPrograms.has(name) && args.includes(null) ? uncertain : null;
}

/** `make test` is what a rule means; variables, other files and folders are not. */
function makeDoubt(args: readonly (string | null)[]): string | null {
  const odd = args.find((arg) => arg === null || arg.includes("=") || /^-(?![jksnBiq]+\d*$)/.test(arg));
  return odd === undefined ? null : `make ${odd ?? "with uncertain words"} changes what it runs`;
}

function codeDoubt(name: string, [first, ...rest]: readonly (string | null)[]): string | null {
  if (first === undefined) return `${name} runs what it reads`;
  if (first === null || rest.includes(null)) return uncertain;
  if (first === "--version" || first === "-V" || (first === "-v" && name !== "python")) {
    return rest.length === 0 ? null : `${name} ${first} with more words`;
  }
  if (name === "python" && first === "-m") return rest.length > 0 ? null : `${name} runs what it reads`;
  return first.startsWith("-") ? `${name} ${first} may run code that stands in its words` : null;
}

/** What is launched must come right after the launcher. */
function launchDoubt([first, ...rest]: readonly (string | null)[]): string | null {
  if (first === undefined) return "it does not say what is run";
  if (first === null || rest.includes(null)) return uncertain;
  return first.startsWith("-") ? `${first} changes what is run` : null;
}
