// The words that start a command in bubblewrap. Pure.
import { mountCheck } from "./mount_check.ts";
import { type Mount, mountWords, orderMounts } from "./mounts.ts";

/** Where the filter and the note that all is set up come in: opened by the shell in front, not seen by the command. */
const filterFd = 3;
const startedFd = 4;
/** In the folder for sockets, which is empty but for it. */
export const doorInside = "/run/jamey-door";
export const proxyPort = 3128;

/**
 * What whoever started this program had left open would be open in the sandbox as well, whatever it leads to. Other shells
 * than bash can name the first ten only.
 */
const closeOthers = "for fd in /proc/self/fd/*; do " +
  'fd=${fd##*/}; [ "$fd" -gt 2 ] || continue; [ "$fd" -le 9 ] || [ -n "$BASH_VERSION" ] || continue; ' +
  'eval "exec $fd>&-"; done';

/**
 * $1 the filter, $2 where to note that the sandbox stands. TERM is for the command: what is around it must outlive it, or
 * the command would be ended without a moment to leave.
 */
const frontScript =
  `${closeOthers}; trap '' TERM; exec ${filterFd}<"$1" ${startedFd}>"$2"; shift 2; exec "$@"`;

/**
 * Before the filter is set, since the socket of the door is one that commands may not make. Whatever is started before it
 * comes from the system's own folders: the user's PATH may lead into the workspace.
 */
const doorScript =
  `"$1" TCP-LISTEN:${proxyPort},bind=127.0.0.1,fork,reuseaddr UNIX-CONNECT:${doorInside} </dev/null >/dev/null 2>&1 ${filterFd}<&- ${startedFd}>&- &
shift
own=$PATH
PATH=/usr/bin:/bin
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
  grep -q ':0C38 00000000:0000 0A' /proc/net/tcp 2>/dev/null && break
  sleep 0.01
done
PATH=$own
exec "$@"`;

export interface ConfinedStart {
  bubblewrap: string;
  mounts: readonly Mount[];
  workspace: string;
  filterFile: string;
  startedFile: string;
  /** Null: it is not there. */
  bash: string | null;
  /** The program `cat`. */
  cat: string;
  /** An `env` that can give a signal its usual meaning back; null: there is none here. */
  env: string | null;
  /** The ids of the user, as which the command runs. */
  uid: number;
  gid: number;
  /** Where hosts are allowed: the program that leads to the door, and the door's socket. */
  network: { socat: string; door: string } | null;
}

const apart = [
  ...["--unshare-user", "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try"],
  ...["--unshare-net", "--die-with-parent", "--cap-drop", "ALL"],
];
/** For the outer of two: as another user than the inner, so that a map from one to the other may be made. */
const outerId = 1000;

/** The start of an argument list; the command and its words go after it. */
export function confinedWords(start: ConfinedStart): string[] {
  const { bubblewrap, mounts, workspace, filterFile, startedFile, network } = start;
  const shell = start.bash === null ? ["/bin/sh"] : [start.bash, "-p"];
  const front = [...shell, "-c", frontScript, "jamey-sandbox", filterFile, startedFile, bubblewrap];
  const filter = ["--seccomp", `${filterFd}`];
  const status = ["--json-status-fd", `${startedFd}`];
  const door: Mount[] = network === null ? [] : [{ as: "writable", path: doorInside, from: network.door }];
  const all = [...mounts, ...door];
  const check = mountCheck(start.cat, all);
  const reset = [...check, ...(start.env === null ? [] : [start.env, "--default-signal=TERM"])];
  const view = [
    ...["--ro-bind", "/", "/", "--proc", "/proc", "--dev", "/dev"],
    ...mountWords(orderMounts(all).filter(({ path }) => path !== "/")),
    ...["--chdir", workspace],
  ];
  // Files in /proc that belong to the user could be written, also those of the whole machine when that is root.
  const seal = ["--remount-ro", "/proc"];
  if (network === null) {
    return [...front, ...apart, "--disable-userns", ...view, ...seal, ...filter, ...status, "--", ...reset];
  }
  const inner = [
    ...[bubblewrap, "--unshare-user", "--uid", `${start.uid}`, "--gid", `${start.gid}`, "--cap-drop", "ALL"],
    ...[
      "--die-with-parent",
      "--dev-bind",
      "/",
      "/",
      ...seal,
      ...filter,
      "--chdir",
      workspace,
      "--",
      ...reset,
    ],
  ];
  return [
    ...[...front, ...apart, "--uid", `${outerId}`, "--gid", `${outerId}`],
    ...[...view, ...status, "--"],
    ...["/bin/sh", "-c", doorScript, "jamey-door", network.socat, ...inner],
  ];
}
