// What a command in a workspace gets to see: its folders to write, the rest to read, and the places that are held or hidden.
import { realpath } from "node:fs/promises";
import { sep } from "node:path";
import type { SecretPlaces } from "../../src/permission/secret_places.ts";
import { isInside } from "../paths.ts";
import { unavailable } from "./bubblewrap.ts";
import { type Mount, nearestMount } from "./mounts.ts";
import { kindOf, type ProtectedPath } from "./protected_path.ts";
import { protectedPlaces } from "./protected_paths.ts";

export interface ViewOptions {
  workspace: string;
  roots: readonly string[];
  /** Further folders to write, from the user's own settings. */
  allowWrite: readonly string[];
  /** Our own folders: data, settings. */
  ours: readonly string[];
  secrets: SecretPlaces;
  home: string | null;
}

export interface View {
  roots: readonly string[];
  mounts: readonly Mount[];
  protected: readonly ProtectedPath[];
}

const sealedFolders = ["/run", "/var/run"];
/** Systems that keep their programs there. */
const neededInRun = ["/run/current-system"];

/** Throws a Problem `unavailable` when a place cannot be held. Changes nothing. */
export async function viewOf(options: ViewOptions): Promise<View> {
  const roots = [...new Set([options.workspace, ...options.roots])];
  for (const root of roots) refuseRoot(root, options);
  const places = await Promise.all(roots.map((root) => protectedPlaces(root, options.home)));
  const further = await existing([...options.allowWrite, ...places.flatMap(({ writable }) => writable)]);
  const writable = [...roots, ...further];
  const held = places.flatMap(({ paths }) => paths).filter(({ path }) => isInside(path, writable)).map((
    place,
  ) => holdable(place, writable));
  const base: Mount[] = [
    { as: "read-only", path: "/" },
    ...writable.map((path): Mount => ({ as: "writable", path })),
    ...(await existing(sealedFolders)).map((path): Mount => ({ as: "hidden folder", path })),
    ...(await existing(neededInRun)).map((path): Mount => ({ as: "read-only", path })),
  ];
  const ours = await existing(options.ours);
  const secrets = await existing(await options.secrets.hidden(options.workspace, writable));
  const mounts = [...base, ...held.map(({ path }): Mount => ({ as: "read-only", path }))];
  for (const path of new Set([...ours, ...secrets])) {
    // In the folder for temporary files nothing of outside can be seen but the workspace.
    if (isInside(path, ["/tmp"]) && nearestMount(path, base)?.as !== "writable") continue;
    const as = kindOf(path) === "folder" ? "hidden folder" : "hidden file";
    mounts.push({ as, path, held: ours.includes(path) });
  }
  return { roots: writable, mounts, protected: held };
}

function refuseRoot(root: string, { ours }: ViewOptions): void {
  if (root === "/") throw unavailable('the workspace is "/", the whole machine', "choose a smaller folder");
  if (ours.includes(root)) {
    throw unavailable(`the workspace "${root}" is a folder of jamey's own`, "choose another folder");
  }
}

/** As it can be held by a mount: the topmost part that is not there yet. Links cannot be held. */
function holdable(place: ProtectedPath, writable: readonly string[]): ProtectedPath {
  const { path, whenAbsent } = place;
  const parts = path.split(sep);
  // The writable folders are real: what is above them cannot be changed from inside.
  const known = Math.min(
    ...writable.filter((root) => isInside(path, [root])).map((root) => root.split(sep).length),
  );
  for (let count = known + 1; count <= parts.length; count++) {
    const part = parts.slice(0, count).join(sep);
    const kind = kindOf(part);
    if (kind === "link") {
      throw unavailable(
        `"${part}" is a symbolic link, which cannot be kept from being replaced`,
        `put a real file or folder there, or run the command outside of the sandbox`,
      );
    }
    if (kind === "absent") return { path: part, whenAbsent: part === path ? whenAbsent : "folder" };
  }
  return place;
}

/** The real paths of those that are there. */
async function existing(paths: readonly string[]): Promise<string[]> {
  const found = await Promise.all(paths.map((path) => realpath(path).catch(() => null)));
  return [...new Set(found.filter((path) => path !== null))];
}
