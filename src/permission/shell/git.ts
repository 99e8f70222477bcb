// What git does besides its own work: run programs that options, configuration or aliases name, and write files.

/** Everything else is an alias, which the repository's configuration may have made. */
const known = new Set(
  `add am annotate apply archive bisect blame branch bundle cat-file check-attr check-ignore check-mailmap
  check-ref-format checkout checkout-index cherry cherry-pick clean clone column commit commit-graph commit-tree config
  count-objects describe diff diff-files diff-index diff-tree fetch for-each-ref format-patch fsck gc grep hash-object
  init log ls-files ls-remote ls-tree merge merge-base merge-file merge-tree mktree mv name-rev notes pull push
  range-diff read-tree reflog remote reset restore rev-list rev-parse revert rm shortlog show show-branch show-ref
  sparse-checkout stash status stripspace switch symbolic-ref tag update-index update-ref var verify-commit verify-tag
  version whatchanged worktree write-tree`.split(/\s+/),
);
/** They run programs, or set up what is run later. */
const running = new Set("bisect config am archive bundle".split(" "));
const readingConfig = /^--(get|get-all|get-regexp|list|show-origin|show-scope)$|^-l$/;
/** Before the subcommand, these change nothing that runs. */
const harmlessGlobal = new Set(["--no-pager", "-P", "--no-optional-locks", "--literal-pathspecs"]);
const riskyLong = (
  "output ext-diff textconv open-files-in-pager upload-pack receive-pack exec extcmd tool config template " +
  "separate-git-dir edit show-signature gpg-sign filters strategy output-directory index-filter tree-filter " +
  "msg-filter interactive upload-archive config-env exec-path git-dir work-tree edit-description recurse-submodules"
).split(" ");
/** By subcommand: letters whose options run programs or write files. */
const riskyShort: ReadonlyMap<string, string> = new Map(Object.entries({
  grep: "O",
  "format-patch": "o",
  "ls-remote": "u",
  clone: "uc",
  rebase: "x",
  commit: "S",
}));

/** Why a rule with a wildcard does not cover these words after `git`; null when it does. */
export function gitDoubt(args: readonly (string | null)[]): string | null {
  const at = args.findIndex((arg) => arg === null || !harmlessGlobal.has(arg));
  const subcommand = args[at];
  if (at < 0 || subcommand === undefined) return null;
  if (subcommand === null) return "its subcommand is not certain";
  if (subcommand === "--version" || subcommand === "--help") return null;
  if (subcommand.startsWith("-")) return `git ${subcommand} changes what git runs`;
  if (!known.has(subcommand)) return `git ${subcommand} may run other programs`;
  const rest = args.slice(at + 1);
  if (running.has(subcommand)) {
    const reads = subcommand === "config" && typeof rest[0] === "string" && readingConfig.test(rest[0]);
    if (!reads) return `git ${subcommand} may run other programs or change what git runs`;
  }
  for (const arg of rest) {
    if (arg === null) return "a file name could be taken for an option";
    if (arg === "--") return null;
    const long = /^--([^=]+)/.exec(arg)?.[1];
    if (long !== undefined && riskyLong.some((name) => name.startsWith(long))) return riskyArg(arg);
    const short = riskyShort.get(subcommand) ?? "";
    if (/^-[^-]/.test(arg) && [...short].some((letter) => arg.includes(letter))) return riskyArg(arg);
    if (/^[\w+.-]+::/.test(arg)) return `git runs a helper for "${arg}"`;
  }
  return null;
}

/** Where the subcommand stands when options that belong to git itself come before it: `-C x`, `-c a=b`. */
export function gitSubcommandAt(args: readonly string[]): number {
  for (let at = 0; at < args.length; at++) {
    const arg = args[at] ?? "";
    if (!arg.startsWith("-")) return at;
    if (/^(-C|-c|--exec-path|--git-dir|--work-tree|--namespace|--super-prefix|--config-env)$/.test(arg)) at++;
  }
  return -1;
}

function riskyArg(arg: string): string {
  return `git ${arg} may run a program or write a file`;
}
