// From words to a command: cac finds the command and its options; here its guesses about numbers are undone and its
// errors become usage Problems with a suggestion.
import { cac } from "cac";
import { nearest } from "../config/nearest.ts";
import { Problem } from "../protocol/problem.ts";
import type { Command, Input } from "./command.ts";

export interface Parsed {
  command: Command;
  input: Input;
}

export const globalOptions = [
  ["--url <url>", "Use the daemon at this address (with its token in JAMEY_TOKEN)"],
  ["--data-dir <folder>", "Where sessions and the daemon's files are (or JAMEY_DATA_DIR)"],
  ["--config <file>", "The configuration file (default: your own; see: jamey config path)"],
  ["--json", "Print data as JSON"],
  ["-q, --quiet", "Print data and errors only"],
  ["-v, --version", "Print the version"],
  ["-h, --help", "Print this help, or the help of a command"],
] as const;

/** Throws a Problem `usage`; `commands` holds one command without a name, the default. */
export function parse(words: readonly string[], commands: readonly Command[]): Parsed {
  const cli = cac("jamey");
  for (const [flag, meaning] of globalOptions) cli.option(flag, meaning);
  for (const { usage, summary, options } of commands) {
    const entry = cli.command(usage, summary);
    for (const [flag, meaning] of options) entry.option(flag, meaning);
  }
  const { args, options } = cli.parse(["", "", ...expand(words).map((word) => shield(word, commands))], {
    run: false,
  });
  const matched = cli.matchedCommand;
  const command = commands.find(({ usage }) => usage === matched?.rawName);
  const values = new Map(Object.entries(options).map(([name, value]) => [name, unshield(lastOf(value))]));
  const all = [...args, ...listOf(options["--"])].map((arg) => String(unshield(arg)));
  const first = all[0];
  if (command === undefined || matched === undefined) throw unknownCommand(first ?? "", commands);
  if (nameOf(command) === "" && first !== undefined) throw unknownCommand(first, commands);
  if (!values.get("help") && !values.get("version")) {
    check(command, () => {
      matched.checkUnknownOptions();
      matched.checkOptionValue();
      if (!matched.args.some((arg) => arg.variadic)) matched.checkUnusedArgs();
    });
  }
  return { command, input: inputOf(command, { args: all, values, options }) };
}

/** The first word of the usage: `attach` of `attach <session>`. */
export function nameOf({ usage }: Command): string {
  return usage.replace(/[<[].*/, "").trim();
}

/**
 * `runtime start` is `start`, `help run` is `run --help`; options with -p and no command are `run`, as users of similar
 * programs know it.
 */
function expand(words: readonly string[]): readonly string[] {
  const [first, second] = words;
  if (first === "runtime" && second !== undefined && !second.startsWith("-")) return words.slice(1);
  if (first === "help") return [...words.slice(1), "--help"];
  const end = words.indexOf("--");
  const before = end < 0 ? words : words.slice(0, end);
  const prompts = before.some((word) => /^(-p|--prompt|--print)(=|$)/.test(word));
  return prompts && first?.startsWith("-") && !before.includes("run") ? ["run", ...words] : words;
}

// The parser turns words that look like numbers into numbers ("12e4" is a fine prefix of a session's id), empty words
// into 0 and "- item" into options. A NUL, which no argument can contain, in front of a word keeps it as it is.
// It also knows its options without a value by their camel-case names only.
function shield(word: string, commands: readonly Command[]): string {
  const [, dashes, name, value] = /^(--?)([A-Za-z][^=]*)(?:=([\s\S]*))?$/.exec(word) ?? [];
  if (dashes !== undefined && name !== undefined) {
    const known = name.startsWith("no-")
      ? name
      : name.replace(/-([a-z])/g, (_, letter) => letter.toUpperCase());
    return `${dashes}${known}${value === undefined ? "" : `=\0${value}`}`;
  }
  const known = word === "--" || (word !== "" && commands.some((command) => nameOf(command) === word));
  return known ? word : `\0${word}`;
}

function unshield(value: unknown): unknown {
  return typeof value === "string" && value.startsWith("\0") ? value.slice(1) : value;
}

function lastOf(value: unknown): unknown {
  return Array.isArray(value) ? value.at(-1) : value;
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : value === undefined ? [] : [value];
}

function check(command: Command, run: () => void): void {
  try {
    run();
  } catch (thrown) {
    if (!(thrown instanceof Error) || thrown.name !== "CACError") throw thrown;
    const what = inOurWords(thrown.message);
    const option = /^Unknown option "--?(.+)"$/.exec(what)?.[1];
    const known = [...globalOptions, ...command.options].flatMap(([flag]) =>
      flag.replace(/[<[].*/, "").split(",").map((part) => part.trim().replace(/^-+(no-)?/, ""))
    );
    const near = option === undefined ? undefined : nearest(option, known);
    const called = `jamey ${nameOf(command)}`.trimEnd();
    throw new Problem("usage", `Cannot run "${called}": ${what.charAt(0).toLowerCase()}${what.slice(1)}`, {
      hint: near === undefined ? `See: ${called} --help` : `Did you mean "--${near}"?`,
    });
  }
}

/** The parser's complaint without our shields and its camel case, and with what is wrong said in full. */
function inOurWords(complaint: string): string {
  return complaint.replaceAll("\0", "").replaceAll("`", '"')
    .replace(/^Unknown option "(.+)"$/, (_, option) => `Unknown option "${kebab(option)}"`)
    .replace(/^Unused args: (.+)$/, "There is no place for $1")
    .replace(/^option (".+") value is missing$/, "option $1 needs a value");
}

function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

function unknownCommand(word: string, commands: readonly Command[]): Problem {
  const near = nearest(word, commands.map(nameOf).filter((name) => name !== ""));
  return new Problem("usage", `Cannot run "${word}": there is no such command`, {
    hint: near === undefined ? "See: jamey --help" : `Did you mean "jamey ${near}"?`,
  });
}

interface Words {
  args: string[];
  /** The last value of each option. */
  values: Map<string, unknown>;
  options: Readonly<Record<string, unknown>>;
}

function inputOf(command: Command, { args, values, options }: Words): Input {
  return {
    args,
    text: (option) => {
      const value = values.get(option);
      return typeof value === "string" ? value : undefined;
    },
    texts: (option) => listOf(options[option]).map(unshield).filter((value) => typeof value === "string"),
    flag: (option) => Boolean(values.get(option)),
    number: (option, { min, max }) => {
      const value = values.get(option);
      if (value === undefined || value === null) return undefined;
      const parsed = typeof value === "string" && /^-?\d+$/.test(value) ? Number(value) : NaN;
      if (parsed >= min && parsed <= max) return parsed;
      throw new Problem(
        "usage",
        `Cannot run "jamey ${nameOf(command)}": "--${
          kebab(option)
        }" is "${value}", expected a number from ${min} to ${max}`,
      );
    },
  };
}
