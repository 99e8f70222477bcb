// Programs whose work is to run other programs or code. What they run is looked for in their words.

/** They run the command that stands in their words, here or elsewhere. A rule must name the whole command. */
export const wrappers = words(
  `sudo doas su runuser pkexec run0 env nice nohup setsid timeout gtimeout time stdbuf ionice chrt taskset unshare
  nsenter chroot flock watch xargs gxargs parallel command builtin exec coproc nocorrect noglob strace ltrace script
  busybox toybox systemd-run caffeinate arch setarch linux32 linux64 ssh entr dotenv direnv rlwrap unbuffer expect
  tmux screen at batch proxychains proxychains4 torsocks firejail bwrap sandbox-exec setpriv prlimit numactl cgexec
  catchsegv valgrind perf hyperfine start-stop-daemon run-parts faketime fakeroot chpst envdir softlimit daemonize
  xvfb-run dbus-run-session dbus-launch ssh-agent ssh-copy-id socat ncat inotifywait fswatch nodemon watchexec gdb lldb
  lxc-attach machinectl distrobox toolbox flatpak nix-shell nix gosu su-exec tini dumb-init multitime pty winpty wsl cmd
  eval source . trap alias bind complete compgen mapfile readarray enable hash set shopt fc jobs wait let read getopts
  crontab logrotate mosh rsh telnet sshpass history then do else elif if while until !`,
);

/** Their `-c` is a program text; without a file they run what they read. */
export const shells = words(
  "sh bash dash zsh ksh mksh ash fish csh tcsh rbash yash elvish nu xonsh pwsh powershell",
);

/** They run a file that they are given; most of their options are code or load code. */
export const interpreters = words(
  "python pypy node nodejs deno bun tsx ts-node ruby irb perl php lua luajit tclsh wish julia r rscript osascript groovy " +
    "scala jshell java dart elixir erl ghci swift racket guile clojure sbcl octave gnuplot ipython jruby",
);

/** They can run programs from within: editors, pagers, and languages whose first word is a program. */
export const alwaysOpen = words(
  `awk gawk mawk nawk less more most man info vi vim nvim view vimdiff ex ed emacs nano pico joe micro helix hx mutt mail
  mailx sqlite3 psql mysql mariadb mongosh mongo redis-cli ftp sftp nc netcat dc bc m4 cpp gcore ld.so ldd zip
  debugfs capsh nmap rpm dpkg snap vagrant ansible ansible-playbook terraform make-kpkg wall`,
);

/** They run a package or a target that the rule must spell out; options before it can change what runs. */
export const launchers: ReadonlyMap<string, number> = new Map(Object.entries({
  npx: 1,
  bunx: 1,
  pnpx: 1,
  uvx: 1,
  "npm exec": 2,
  "npm x": 2,
  "pnpm dlx": 2,
  "pnpm exec": 2,
  "yarn dlx": 2,
  "yarn exec": 2,
  "pipx run": 2,
  "uv run": 2,
  "poetry run": 2,
  "pipenv run": 2,
  "bundle exec": 2,
  "rails runner": 2,
  "go run": 2,
  "deno run": 2,
  "deno x": 2,
  "bun x": 2,
  "bun run": 2,
  "docker run": 2,
  "docker exec": 2,
  "podman run": 2,
  "podman exec": 2,
  "kubectl exec": 2,
  "docker compose": 2,
}));

const namesMax = 2_000;
const nameCharsMax = 200;
const names = new Map<string, string>();

/** The name of a program without its folder, its ending and the digits of its version. */
export function programName(word: string): string {
  const known = names.get(word);
  if (known !== undefined) return known;
  const name = nameIn(word);
  // The same few programs are asked about again and again.
  if (names.size >= namesMax) names.clear();
  if (word.length <= nameCharsMax) names.set(word, name);
  return name;
}

function nameIn(word: string): string {
  const name = word.slice(word.lastIndexOf("/") + 1).toLowerCase().replace(/\.exe$/, "");
  if (/^ld(-linux.*)?\.so/.test(name)) return "ld.so";
  const bare = name.replace(/[\d.]+$/, "");
  return interpreters.has(bare) || shells.has(bare) ? bare : name;
}

/** How many words a rule with a wildcard must spell out, so that it says what is run. */
export function wordsToSpell(command: readonly (string | null)[]): number {
  const [first, second] = command;
  if (typeof first !== "string") return 1;
  const name = programName(first);
  const launcher = launchers.get(`${name} ${second}`) ?? launchers.get(name);
  if (launcher !== undefined) return launcher + 1;
  if (!shells.has(name) && !interpreters.has(name)) return 1;
  return second === "-m" ? 3 : 2;
}

function words(text: string): ReadonlySet<string> {
  return new Set(text.split(/\s+/));
}
