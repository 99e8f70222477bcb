// Programs that want a person at a terminal: what they want instead, in words. Null: not for certain.
// Pagers are missing on purpose: without a terminal they pass everything on. So is sudo: it fails at once and says why.
import { unknown } from "./command_lexer.ts";
import type { Program } from "./command_program.ts";

type Rule = (program: Program) => string | null;

/** Why the program would wait for a person, and what to do; null when it would not, or when that is not sure. */
export function interactiveReason(program: Program): string | null {
  const rule = Object.hasOwn(rules, program.name) ? rules[program.name] : undefined;
  // Words that only the shell knows may be the very options that make it work.
  if (rule === undefined || program.args.some((arg) => arg.includes(unknown))) return null;
  if (program.args.some((arg) => /^(?:--?help|-h|--?version|-V)$/.test(arg)) && program.name !== "psql") {
    return null;
  }
  return rule(program);
}

const editor: Rule = ({ name, args, hasInput }) => {
  const isScripted = args.some((arg) =>
    /^(?:\+|-c$|-[eE]?s$|-S$|--cmd$|--headless$|--?batch$|--script|--eval|--daemon|-l$)/.test(arg)
  );
  if (isScripted || hasInput) return null;
  return `${name} is an editor and nobody can type into it, use Edit or Write, or sed`;
};

const screen = (instead: string): Rule => ({ name, hasInput }) =>
  hasInput && name === "watch" ? null : `${name} draws on a screen until somebody quits it, ${instead}`;

/** Shells of languages and databases, which read what to do from a person when nothing else is given. */
const shell = (isIdle: (args: string[]) => boolean, instead: string): Rule => ({ name, args, hasInput }) =>
  hasInput || !isIdle(args) ? null : `${name} reads what to do from a person, ${instead}`;

const noArgs = (args: string[]) => args.every((arg) => /^-[iqu]$/.test(arg));
const lacks = (pattern: RegExp) => (args: string[]) => !args.some((arg) => pattern.test(arg));
const positional = (args: string[]) => args.filter((arg) => !arg.startsWith("-")).length;

const script = shell(noArgs, "give it a file or the code as an option such as -c or -e");

const ssh: Rule = ({ args, hasInput }) => {
  if (hasInput) return null;
  let at = 0;
  while (args[at]?.startsWith("-")) {
    const option = args[at] ?? "";
    if (!/^-(?:[46AaCgKkqtvXxYy]+|[BbcDEeFIiJLlmopRSWw].*)$/.test(option)) return null;
    at += /^-[BbcDEeFIiJLlmopRSWw]$/.test(option) ? 2 : 1;
  }
  const host = args[at];
  // Hosts of repositories answer with a greeting and hang up.
  if (host === undefined || args.length > at + 1 || host.startsWith("git@")) return null;
  return "ssh without a command opens a shell for a person, give the command after the host";
};

const git: Rule = (program) => {
  const { assignments, args, hasInput } = program;
  if ([...assignments, ...args].some((word) => /editor/i.test(word))) return null;
  let at = 0;
  while (args[at]?.startsWith("-")) at += /^-[Cc]$/.test(args[at] ?? "") ? 2 : 1;
  const [verb = "", ...rest] = args.slice(at);
  const end = rest.indexOf("--");
  const options = (end < 0 ? rest : rest.slice(0, end)).filter((arg) => arg.startsWith("-"));
  const has = (pattern: RegExp) => options.some((option) => pattern.test(option));
  switch (verb) {
    case "rebase":
      return has(/^(?:-i|--interactive|--edit-todo)$/)
        ? "an interactive rebase opens an editor, set GIT_SEQUENCE_EDITOR to a command that edits the list"
        : null;
    case "commit":
      if (has(/^(?:-p|--patch|--interactive)$/) && !hasInput) return choosing(verb);
      return has(
          /^(?:-[a-zA-Z]*[mFCct]|--(?:message|file|reuse-message|reedit-message|no-edit|fixup|squash|template|dry-run|short|porcelain|long|null))/,
        )
        ? null
        : "git commit without a message opens an editor, give one with -m, -F or --no-edit";
    case "tag":
      return has(/^(?:-a|-s|--annotate|--sign)$/) &&
          !has(/^(?:-[a-z]*[mFldv]|--(?:message|file|list|no-edit|delete|verify))/)
        ? "git tag opens an editor for its message, give one with -m"
        : null;
    case "add":
      if (has(/^(?:-e|--edit)$/)) return "git add --edit opens an editor, name the files to add";
      return has(/^(?:-p|-i|--patch|--interactive)$/) && !hasInput ? choosing(verb) : null;
    case "checkout":
    case "restore":
    case "reset":
    case "stash":
      return has(/^(?:-p|--patch)$/) && !hasInput ? choosing(verb) : null;
    default:
      return null;
  }
};

function choosing(verb: string): string {
  return `git ${verb} would ask a person about each part, name the files, or feed it the answers through a pipe`;
}

const initPackage: Rule = ({ name, args, hasInput }) => {
  if (args[0] !== "init" || hasInput || args.length > 1) return null;
  return `${name} init asks questions, add -y`;
};

const readLine: Rule = ({ args, hasInput }) =>
  hasInput || args.some((arg) => /^-[a-z]*[ut]/.test(arg))
    ? null
    : "nobody can type an answer, set the value in the command";

const attach: Rule = ({ name, args }) => {
  const [verb] = args;
  const isAttaching = verb === undefined || /^(?:a|at|attach|attach-session)$/.test(verb);
  return isAttaching
    ? `${name} shows a screen to a person, use run_in_background for what goes on beside`
    : null;
};

const rules: Readonly<Record<string, Rule>> = {
  ...all("vi vim nvim gvim nano pico emacs joe micro mcedit hx helix kak", editor),
  top: (program) => lacks(/^-[a-z]*[bl]|^-.*n/)(program.args) ? screen("add -b -n 1")(program) : null,
  ...all("htop btop atop glances", screen("use ps or top -b -n 1")),
  ...all("tig lazygit ranger mc nnn", screen("use commands that print what is asked")),
  watch: (program) =>
    lacks(/^-[a-z]*[ge]|^--(?:chgexit|errexit)/)(program.args)
      ? screen("run the command itself")(program)
      : null,
  ...all("tmux", attach),
  ...all("python python2 python3 ipython node irb pry ghci iex jshell scala lua julia", script),
  ...all("bash sh zsh dash fish", shell(noArgs, "give the command after -c, or right here")),
  psql: shell(lacks(/^-[a-zA-Z]*[cflV?]|^--(?:command|file|list|version|help)/), "give the query with -c"),
  ...all("mysql mariadb", shell(lacks(/^-[a-zA-Z]*e|^--(?:execute|init-command)/), "give the query with -e")),
  sqlite3: shell(
    (args) => positional(args) < 2 && lacks(/^--?(?:init|cmd|batch)/)(args),
    "give the query after the file",
  ),
  "redis-cli": shell(
    (args) => args.length === 0,
    "give the command as words",
  ),
  mongosh: shell(
    (args) => positional(args) === 0 && lacks(/^--?(?:eval|f)/)(args),
    "give the code with --eval",
  ),
  ssh,
  git,
  ...all("npm yarn", initPackage),
  read: readLine,
  crontab: ({ args }) =>
    args.includes("-e")
      ? "crontab -e opens an editor, give the whole table through a pipe to crontab -"
      : null,
};

function all(names: string, rule: Rule): Record<string, Rule> {
  return Object.fromEntries(names.split(" ").map((name) => [name, rule]));
}
