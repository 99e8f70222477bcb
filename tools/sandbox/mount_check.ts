// The last look before a command: from inside, whether anything can be written but what was meant. Mounts are made by path,
// and a command of another session may put a link in the place of a folder while that is done. Pure.
import type { Mount } from "./mounts.ts";

/** Made by bubblewrap itself, in memory or of devices. */
const ofItsOwn = ["/dev", "/proc"];

/**
 * $1 the program `cat`: a shell alone would read the table byte by byte; then folders that may be written, as the kernel
 * writes them, "--", and what is started. Each mount is six words: what, where, its kind, its options and two numbers.
 * Bubblewrap leaves those as they are that this user cannot reach, such as the containers of others.
 */
const script = `
set -f
cat=$1 own=
shift
while [ "$1" != -- ]; do own="$own $1"; shift; done
shift
check() {
  [ $# -ge 6 ] || return 1
  while [ $# -ge 6 ]; do
    case "$4," in rw,*) within "$2" || return 1 ;; esac
    shift 6
  done
}
within() {
  for each in $own; do
    case "$1/" in "$each"/*) return 0 ;; esac
  done
  case "$1" in *\\\\*) return 1 ;; esac
  ! [ -x "$1" ] && ! [ -w "$1" ]
}
check $("$cat" /proc/self/mounts) && exec "$@"
echo "Cannot confine commands: more than the workspace could be written; if a folder was replaced meanwhile, run it again" >&2
exit 126`;

/** Words before the command; its shell is the system's. */
export function mountCheck(cat: string, mounts: readonly Mount[]): string[] {
  const written = mounts.filter(({ as }) => as === "writable" || as === "empty").map(({ path }) => path);
  const points = [...ofItsOwn, ...new Set(written)].map(inMountTable);
  return ["/bin/sh", "-c", script, "jamey-mounts", cat, ...points, "--"];
}

/** Blanks and backslashes are octal there. */
function inMountTable(path: string): string {
  return path.replace(
    /[ \t\n\\]/g,
    (sign) => `\\${sign.charCodeAt(0).toString(8).padStart(3, "0")}`,
  );
}
