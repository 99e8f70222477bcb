// Places that nobody gets back: the root, the system's folders, homes, the workspace and what holds it. Pure: paths are
// compared as they are written.
import { hole } from "./marks.ts";

export interface Where {
  home: string;
  workspace: string;
  roots: readonly string[];
}

const system = new Set(
  ("bin boot dev etc home lib lib32 lib64 libx32 media mnt opt proc root run sbin srv sys tmp usr var users system library " +
    "applications volumes private cores network windows nix snap data").split(" "),
);
/** Folders of a home that hold what a person made, or what lets them in elsewhere. */
const personal = new Set(
  ("documents desktop downloads pictures music movies videos library public templates applications src projects work " +
    "code dev repos .ssh .gnupg .config .aws .kube .local .mozilla .password-store .git").split(" "),
);
/** Below these, the second level is the system's as well. */
const deep = new Set("usr var etc home users system library private lib root boot opt".split(" "));
const disk =
  /^\/dev\/(?:r?disk\d|[hsv]d[a-z]|xvd|nvme|mmcblk|md|dm-|mapper\/|disk\/|loop\d|sr\d|zvol|mem$|kmem$|port$)/;
const vital = /^\/(?:private\/)?(?:etc\/(?:passwd|shadow|group|sudoers|fstab|hosts|ssh|pam\.d)|boot)(?:\/|$)/;

/** Longer ones are no paths to the system. */
const pathCharsMax = 4_096;

/** What this path is, in words, when to lose all of it is beyond repair; null when it is not. `folder`: where it starts. */
export function preciousPlace(shape: string, where: Where, folder: string | null): string | null {
  if (shape.length > pathCharsMax) return "a path that is too long to be judged";
  const emptied = shape.replaceAll(hole, "");
  if (emptied === "" && shape !== "") return "what is not known before it runs";
  // Everything inside a folder is the folder, as far as loss goes.
  const path = emptied.replace(/(^|\/)(?:\.?\*+|\.\[[^/]*\]\*?)(?:\/\*+)*\/?$/, "$1") || ".";
  if (shape.startsWith(hole) && /^\/?$/.test(path)) return "the root, if a variable is empty";
  const full = resolvePath(path, where, folder);
  if (full === null) return isWholeFolder(path) ? "a folder that is not known before it runs" : null;
  return placeOf(full, where);
}

export function isDisk(shape: string): boolean {
  return disk.test(shape) || (/^\/dev\//.test(shape) && shape.includes(hole));
}

export function isVital(shape: string): boolean {
  return vital.test(normal(shape));
}

/** An absolute path without `.` and `..`; null when it starts in a folder that is not known. */
export function resolvePath(path: string, where: Where, folder: string | null): string | null {
  if (path === "~" || path.startsWith("~/")) return normal(`${where.home}/${path.slice(1)}`);
  if (/^~[\w.-]+$/.test(path)) return `/home/${path.slice(1)}`;
  if (path.startsWith("/") || /^[A-Za-z]:[\\/]/.test(path)) return normal(path);
  return folder === null ? null : normal(`${folder}/${path}`);
}

function placeOf(full: string, where: Where): string | null {
  if (full === "/" || /^\/?[a-z]:\/?$/i.test(full)) return "the root";
  const home = normal(where.home);
  if (isAbove(full, home)) return full === home ? "the home folder" : "a folder that holds the home folder";
  for (const root of [where.workspace, ...where.roots].map(normal)) {
    if (full === `${root}/.git`) return "the history of the workspace";
    if (isAbove(full, root)) return full === root ? "the workspace" : "a folder that holds the workspace";
    // Inside the workspace nothing else is precious: files can be brought back by undo or by git.
    if (full.startsWith(`${root}/`)) return null;
  }
  if (full.startsWith(`${home}/`)) {
    const [first = "", ...rest] = full.slice(home.length + 1).toLowerCase().split("/");
    return rest.length === 0 && personal.has(first) ? `"${first}" in the home folder` : null;
  }
  return systemPlace(full);
}

function systemPlace(full: string): string | null {
  const parts = full.replace(/^\/private(?=\/)/, "").toLowerCase().split("/").filter((part) => part !== "");
  const [first = "", second = ""] = parts;
  if (!system.has(first.replace(/[*?[].*$/, "")) && !/[*?[]/.test(first)) return null;
  if (parts.length === 1) return `the system's folder "${full}"`;
  if (parts.length === 2 && deep.has(first) && second !== "tmp") return `the system's folder "${full}"`;
  return /^(usr|etc|boot|system|lib|bin|sbin)$/.test(first) && parts.length < 4
    ? `the system's folder "${full}"`
    : null;
}

/** The folder itself, or one that holds it. */
function isAbove(path: string, folder: string): boolean {
  return path === folder || folder.startsWith(`${path}/`);
}

function isWholeFolder(path: string): boolean {
  return /^(?:\.{1,2}\/?)+$/.test(path);
}

function normal(path: string): string {
  const parts: string[] = [];
  for (const part of path.replaceAll("\\", "/").split("/")) {
    if (part === "" || part === ".") continue;
    if (part === "..") parts.pop();
    else parts.push(part);
  }
  return `/${parts.join("/")}`;
}
