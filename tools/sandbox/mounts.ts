// The view of the file system that a command gets, as a list of mounts, and the words that make bubblewrap build it. Pure.
// A deeper mount lies over the one above it, so the list is ordered by depth and the deepest word on a path counts.
import { dirname } from "node:path";
import { isInside } from "../paths.ts";

export type Mount =
  /** The folder as it is, from itself or from elsewhere. */
  | { as: "writable"; path: string; from?: string }
  | { as: "read-only"; path: string; from?: string }
  /** `held`: nothing else may be put in its place either. */
  | { as: "hidden file" | "hidden folder"; path: string; held?: boolean }
  /** An empty folder in memory, that may be written while the command runs. */
  | { as: "empty"; path: string };

const strictness: Readonly<Record<Mount["as"], number>> = {
  "writable": 0,
  "empty": 1,
  "read-only": 2,
  "hidden file": 3,
  "hidden folder": 3,
};
const pathPartsMax = 256;

/**
 * One mount a path, the strictest, with those that hold the parents in place; parents before children. `byPath`: for a
 * sandbox that knows what is hidden by its path, and not by what it is.
 */
export function orderMounts(mounts: readonly Mount[], { byPath: knowsPaths = false } = {}): Mount[] {
  const byPath = new Map<string, Mount>();
  for (const mount of mounts) {
    const other = byPath.get(mount.path);
    if (other === undefined || strictness[mount.as] > strictness[other.as]) byPath.set(mount.path, mount);
  }
  for (const pin of pinsOf(byPath, knowsPaths)) byPath.set(pin.path, pin);
  return [...byPath.values()].sort((a, b) => depthOf(a.path) - depthOf(b.path) || (a.path < b.path ? -1 : 1));
}

/**
 * What is mounted in a folder goes along when that folder is renamed, and another one could be made in its place. A
 * folder that is a mount itself cannot be renamed: so each one between a writable folder and what is held in it becomes one.
 * What is only hidden stays so wherever it is moved, and gets none: its parents may be any folders of the workspace, a
 * command that runs beside could put a link to elsewhere in their place, and that would be mounted to be written.
 */
function pinsOf(mounts: ReadonlyMap<string, Mount>, knowsPaths: boolean): Mount[] {
  const pins = new Set<string>();
  for (const mount of mounts.values()) {
    if (!isHeld(mount, knowsPaths)) continue;
    const { path } = mount;
    let between: string[] = [];
    let parent = dirname(path);
    for (let part = 0; part < pathPartsMax && parent !== "/"; part++, parent = dirname(parent)) {
      const above = mounts.get(parent);
      if (above === undefined) {
        between.push(parent);
        continue;
      }
      // Above a folder that is not writable as itself nothing can be moved.
      if (above.as !== "writable" || above.from !== undefined) break;
      for (const pin of between) pins.add(pin);
      between = [];
    }
  }
  return [...pins].map((path) => ({ as: "writable", path }));
}

function isHeld(mount: Mount, knowsPaths: boolean): boolean {
  switch (mount.as) {
    case "read-only":
      return true;
    case "hidden file":
    case "hidden folder":
      return knowsPaths || mount.held === true;
    case "writable":
    case "empty":
      return false;
    default:
      return mount satisfies never;
  }
}

/** The mount that a path lies in: the deepest one at or above it. */
export function nearestMount(path: string, mounts: readonly Mount[]): Mount | undefined {
  const above = mounts.filter((mount) => isInside(path, [mount.path]));
  return above.sort((a, b) => depthOf(b.path) - depthOf(a.path))[0];
}

function depthOf(path: string): number {
  return path === "/" ? 0 : path.split("/").length - 1;
}

/** Folders that hide something take no writes once everything in them is mounted. */
export function mountWords(ordered: readonly Mount[]): string[] {
  const sealed = ordered.filter(({ as }) => as === "hidden folder").map(({ path }) => path);
  return [
    ...ordered.flatMap(wordsFor),
    ...sealed.toReversed().flatMap((path) => ["--remount-ro", path]),
  ];
}

function wordsFor(mount: Mount): string[] {
  switch (mount.as) {
    case "writable":
      return ["--bind", mount.from ?? mount.path, mount.path];
    case "read-only":
      return ["--ro-bind", mount.from ?? mount.path, mount.path];
    case "hidden file":
      return ["--ro-bind", "/dev/null", mount.path];
    case "hidden folder":
    case "empty":
      return ["--tmpfs", mount.path];
    default:
      return mount satisfies never;
  }
}
