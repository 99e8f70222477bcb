// Options with which an otherwise plain program runs another one, or writes a file. A rule such as `Bash(sort:*)` is
// about the plain program, so it does not cover them.

export interface RiskyOptions {
  /** Long options without dashes; also meant when shortened, as most programs allow. */
  long?: string;
  /** Letters of short options, alone or among others. */
  short?: string;
  /** Words that are risky wherever they stand. */
  words?: string;
  /** More operands than these: the next one is a file that is written. */
  operandsMax?: number;
}

export const riskyOptions: ReadonlyMap<string, RiskyOptions> = new Map(Object.entries<RiskyOptions>({
  find: { words: "-exec -execdir -ok -okdir -delete -fprint -fprint0 -fprintf -fls" },
  fd: { long: "exec exec-batch", short: "xX" },
  fdfind: { long: "exec exec-batch", short: "xX" },
  rg: { long: "pre hostname-bin search-zip", short: "z" },
  ag: { long: "pager search-zip", short: "z" },
  ack: { long: "pager output" },
  sort: { long: "output compress-program temporary-directory", short: "oT" },
  shuf: { long: "output", short: "o" },
  uniq: { operandsMax: 1 },
  diff: { long: "paginate", short: "l" },
  tree: { short: "oR" },
  file: { long: "compile uncompress no-sandbox", short: "CzZS" },
  xxd: { short: "r", operandsMax: 1 },
  split: { long: "filter" },
  date: { long: "set", short: "s" },
  hostname: { operandsMax: 0, short: "Fb", long: "file" },
  printf: { short: "v" },
  test: { short: "v" },
  base64: { short: "o", long: "output" },
  yq: { long: "inplace in-place split-exp", short: "is" },
  tar: {
    long:
      "checkpoint-action to-command use-compress-program rsh-command rmt-command info-script new-volume-script " +
      "index-file absolute-names",
    short: "IFP",
  },
  bsdtar: { long: "use-compress-program", short: "P" },
  unzip: { short: "Z:" },
  rsync: {
    long: "rsh rsync-path log-file write-batch only-write-batch remove-source-files delete config",
    short: "e",
  },
  scp: { short: "SoFD" },
  curl: {
    long:
      "output remote-name remote-header-name remote-name-all config upload-file cookie-jar dump-header trace " +
      "trace-ascii stderr output-dir libcurl netrc-file hsts alt-svc etag-save engine create-dirs form",
    short: "oOJKTcDF",
  },
  wget: {
    long:
      "output-document execute use-askpass output-file append-output directory-prefix input-file config " +
      "post-file body-file save-cookies warc-file rejected-log load-cookies",
    short: "OeoaPi",
  },
  go: {
    words: "-exec -toolexec -vettool -overlay -modfile -o -C generate tool",
    long: "exec toolexec vettool overlay",
  },
  cargo: { long: "config manifest-path target-dir", short: "CZ" },
  npm: {
    long:
      "script-shell node-options prefix userconfig globalconfig git shell editor viewer call onload-script " +
      "init-module global-prefix registry",
    words: "exec x explore edit config set",
    short: "Cc",
  },
  pnpm: {
    long: "script-shell node-options dir config shell-emulator use-node-version",
    words: "config",
    short: "Cc",
  },
  yarn: { long: "cwd use-yarnrc script-shell", words: "config node" },
  pytest: { long: "pdbcls override-ini rootdir confcutdir basetemp", short: "pco" },
  eslint: {
    long: "rulesdir config resolve-plugins-relative-to parser output-file format plugin",
    short: "cof",
  },
  prettier: { long: "plugin config", words: "--write", short: "w" },
  jest: { long: "config globalsetup globalteardown runner testrunner transform rootdir", short: "c" },
  vitest: { long: "config root globalsetup outputfile", short: "cr" },
  bat: { long: "pager diagnostic" },
  batcat: { long: "pager" },
  journalctl: { long: "vacuum-size vacuum-time vacuum-files rotate flush" },
  dmesg: { long: "clear read-clear", short: "Cc" },
  ip: { words: "netns exec -b -batch --batch vrf" },
  ss: { long: "kill diag", short: "KD" },
  docker: { words: "run exec --host -H --config" },
  kubectl: { words: "exec cp run debug edit --kubeconfig" },
  gh: { words: "alias extension ext codespace" },
  tcpdump: { short: "zwW" },
  openssl: { words: "-engine -provider-path -out" },
  gcc: { words: "-wrapper -o", long: "wrapper" },
  clang: { words: "-o" },
}));

/** They have no option that runs or writes: whatever a file is called, it does no harm among their words. */
export const harmlessPrograms: ReadonlySet<string> = new Set(
  ("ls cat echo grep egrep fgrep head tail wc cut tr cmp comm paste join nl od stat du df basename dirname realpath " +
    "readlink md5sum sha1sum sha256sum sha512sum cksum rev tac fold fmt").split(" "),
);

/** The risky option among these words; null when there is none. */
export function riskyOption(options: RiskyOptions, args: readonly (string | null)[]): string | null {
  const long = (options.long ?? "").split(" ").filter((name) => name !== "");
  const words = (options.words ?? "").split(" ");
  let operands = 0;
  for (const arg of args) {
    if (arg === null || arg === "") continue;
    if (words.includes(arg.split("=", 1)[0] ?? "")) return arg;
    const name = /^--([^=]+)/.exec(arg)?.[1]?.toLowerCase();
    if (name !== undefined && long.some((each) => each.startsWith(name))) return arg;
    if (/^-[^-]/.test(arg) && [...options.short ?? ""].some((letter) => arg.includes(letter))) return arg;
    if (!arg.startsWith("-") && ++operands > (options.operandsMax ?? Infinity)) return arg;
  }
  return null;
}
