// Runs commands in a real bash whose PATH has only programs that note their name and arguments, in an empty folder: what
// it says is what would have run. Many commands share one process; each has a subshell of its own.
import { join } from "node:path";

export interface Ran {
  /** Program and arguments, as the program got them. */
  programs: string[][];
  /** Files that were there afterwards. */
  files: string[];
}

const field = "\x1f";
const record = "\x1e";
const stub = `#!/bin/sh
line="$ORACLE_ID"
for word in "\${0##*/}" "$@"; do line="$line${field}$word"; done
printf '%s' "$line${record}" >> "$ORACLE_LOG"
`;
const driver = `
# Builtins that programs of that name stand for, so that they are noted too.
enable -n echo printf test '[' pwd kill true false :
command_not_found_handle() {
  local line="$ORACLE_ID" word
  for word in "$@"; do line="$line${field}$word"; done
  builtin printf '%s' "$line${record}" >> "$ORACLE_LOG"
}
ORACLE_ID=0
while IFS= read -r -d '' ORACLE_COMMAND; do
  export ORACLE_ID
  # As a command of its own: what it sets, leaves or ends is gone afterwards.
  ( eval "$ORACLE_COMMAND" ) </dev/null >/dev/null 2>&1
  shopt -s nullglob dotglob
  ORACLE_FILES=(*)
  shopt -u nullglob dotglob
  for ORACLE_FILE in "\${ORACLE_FILES[@]}"; do
    builtin printf '%s' "$ORACLE_ID${field}$ORACLE_FILE${record}" >> "$ORACLE_FILES_LOG"
    "$ORACLE_REMOVE" -rf -- "./$ORACLE_FILE"
  done
  ORACLE_ID=$((ORACLE_ID + 1))
done
wait
`;

/** What each command ran. \`programs\`: names that are there to be found. */
export async function runInOracle(
  commands: readonly string[],
  { folder, programs }: { folder: string; programs: readonly string[] },
): Promise<Ran[]> {
  const place = (name: string) => join(folder, name);
  for (const name of ["bin", "empty", "home"]) await Deno.mkdir(place(name));
  for (const name of programs) await Deno.writeTextFile(join(place("bin"), name), stub, { mode: 0o755 });
  for (const name of ["log", "files", "driver"]) await Deno.writeTextFile(place(name), "");
  await Deno.writeTextFile(place("driver"), driver);
  await Deno.writeTextFile(place("commands"), commands.map((command) => `${command}\0`).join(""));
  const input = await Deno.open(place("commands"));
  const child = new Deno.Command("/bin/bash", {
    args: ["--noprofile", "--norc", place("driver")],
    cwd: place("empty"),
    clearEnv: true,
    env: {
      PATH: place("bin"),
      HOME: place("home"),
      LC_ALL: "C.UTF-8",
      ORACLE_LOG: place("log"),
      ORACLE_FILES_LOG: place("files"),
      ORACLE_REMOVE: "/bin/rm",
    },
    stdin: "piped",
    stdout: "inherit",
    stderr: "inherit",
  }).spawn();
  await input.readable.pipeTo(child.stdin);
  const { success } = await child.status;
  if (!success) throw new Error("Cannot ask bash: it ended with a failure");
  const [ran, files] = await Promise.all([recordsOf(place("log")), recordsOf(place("files"))]);
  return commands.map((_, index) => ({
    programs: ran.filter(([id]) => id === index).map(([, words]) => words),
    files: files.filter(([id]) => id === index).flatMap(([, names]) => names),
  }));
}

async function recordsOf(path: string): Promise<[number, string[]][]> {
  const text = await Deno.readTextFile(path);
  return text.split(record).filter((line) => line !== "").map((line) => {
    const [id = "", ...words] = line.split(field);
    return [Number(id), words];
  });
}
