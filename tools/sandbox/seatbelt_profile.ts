// The rules of the sandbox on macOS, in the words of its own profile language. Pure. The last rule that fits counts, and
// what no rule allows is refused: a rule that is missing makes a command fail, not escape.
import { type Mount, orderMounts } from "./mounts.ts";

/** Programs read files, start others of their own kind, and talk to few services of the system: names and users. */
const base = `(version 1)
(deny default)
(allow process-exec process-fork)
(allow signal process-info* (target same-sandbox))
(allow sysctl-read)
(allow file-read*)
(allow file-ioctl (literal "/dev/null") (literal "/dev/tty"))
(allow file-write-data (literal "/dev/null") (literal "/dev/zero") (regex #"^/dev/fd/"))
(allow ipc-posix-sem)
(allow mach-lookup
  (global-name "com.apple.system.opendirectoryd.libinfo")
  (global-name "com.apple.system.notification_center")
  (global-name "com.apple.system.logger"))`;

/** By depth, so that the deepest word on a path is the last. */
export function seatbeltProfile(mounts: readonly Mount[]): string {
  const rules = orderMounts(mounts, { byPath: true }).filter(({ path }) => path !== "/").map(ruleFor);
  return `${[base, ...rules].join("\n")}\n`;
}

function ruleFor({ as, path }: Mount): string {
  switch (as) {
    case "writable":
    case "empty":
      // Another one cannot be put in its place: what is held in it would go along.
      return `(allow file-read* file-write* ${below(path)})\n(deny file-write-unlink (literal ${
        quoted(path)
      }))`;
    case "read-only":
      return `(allow file-read* ${below(path)})\n(deny file-write* ${below(path)})`;
    case "hidden file":
    case "hidden folder":
      return `(deny file-read-data file-write* ${below(path)})`;
    default:
      return as satisfies never;
  }
}

function below(path: string): string {
  return `(subpath ${quoted(path)})`;
}

function quoted(text: string): string {
  return `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
}
