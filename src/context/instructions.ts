// What the user and the repository have written down for agents: AGENTS.md files and what they mention, in one text
// that says where each part is from. Asked for before every model call.
import { dirname, join, resolve } from "node:path";
import type { SecretPlaces } from "../permission/secret_places.ts";
import { mentionedPaths } from "./imports.ts";
import { repositoryRoot } from "../platform/repository_root.ts";
import { foldersDown } from "./places.ts";
import { remembered, type Watch } from "./remembered.ts";
import { readTextFile } from "./text_file.ts";

export const instructionFileBytesMax = 64 * 1024;
/** Characters of all files together. The ones closest to the workspace are kept. */
export const instructionCharsMax = 256 * 1024;
/** How far a file mentioned in a file mentioned in a file is followed. */
export const importDepthMax = 4;
export const instructionFilesMax = 64;
const workspacesMax = 64;

export interface InstructionFile {
  path: string;
  status: "read" | "cut" | "refused" | "left_out";
  why?: string;
}

export interface Instructions {
  /** "" when nobody has written anything. */
  text: string;
  files: InstructionFile[];
}

interface Part extends InstructionFile {
  /** Who wrote it, in words. */
  from: string;
  text: string;
}

/** Reads the instructions for a workspace (an absolute, real path); what did not change is not read again. */
export function createInstructions(
  options: { home: string; configDir: string; secrets?: SecretPlaces | undefined },
): (workspace: string) => Promise<Instructions> {
  return remembered(workspacesMax, async (workspace, watch) => {
    const collected: Collected = { parts: [], seen: new Set(), watch };
    for (const folder of [join(options.home, ".agents"), options.configDir]) {
      // What is the user's own may be a link to wherever the user keeps it.
      const path = join(folder, "AGENTS.md");
      await collect(path, { root: null, from: "the user's own", depth: 0, secrets: undefined }, collected);
    }
    const root = repositoryRoot(workspace);
    watch(join(root, ".git"));
    for (const folder of foldersDown(workspace)) {
      const path = instructionFile(folder, watch);
      if (path === null) continue;
      await collect(path, { root, from: "of the repository", depth: 0, secrets: options.secrets }, collected);
    }
    return compose(collected.parts);
  });
}

/** The one file that counts in a folder. */
function instructionFile(folder: string, watch: Watch): string | null {
  for (const name of ["AGENTS.override.md", "AGENTS.md", "CLAUDE.md"]) {
    const path = join(folder, name);
    watch(path);
    if (isThere(path)) return path;
  }
  return null;
}

function isThere(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch {
    return false;
  }
}

interface Collected {
  parts: Part[];
  /** Real paths: nothing is read twice, so mentions that go in circles end. */
  seen: Set<string>;
  watch: Watch;
}

interface Place {
  root: string | null;
  from: string;
  depth: number;
  /** What is not read; left out for what the user has written down. */
  secrets: SecretPlaces | undefined;
}

async function collect(
  path: string,
  place: Place,
  collected: Collected,
): Promise<void> {
  if (collected.parts.length >= instructionFilesMax) return;
  collected.watch(path);
  const file = await readTextFile(path, { ...place, bytesMax: instructionFileBytesMax });
  if (file.status === "missing") return;
  if (file.status === "refused") {
    collected.parts.push({ path, from: place.from, status: "refused", why: file.why, text: "" });
    return;
  }
  if (collected.seen.has(file.path)) return;
  collected.seen.add(file.path);
  const own = { path, from: place.from, text: file.text.trim() };
  const cut = { status: "cut", why: `it has more than ${instructionFileBytesMax} bytes` } as const;
  collected.parts.push(file.cut ? { ...own, ...cut } : { ...own, status: "read" });
  if (place.depth >= importDepthMax) return;
  const root = place.root ?? dirname(file.path);
  const from = `mentioned in "${path}"`;
  for (const mention of mentionedPaths(file.text)) {
    const next = resolve(dirname(file.path), mention);
    await collectMention(next, { ...place, root, from, depth: place.depth + 1 }, collected);
  }
}

/** A mention may mean anything that is written with an at sign: only a text file that is there is one of a file. */
async function collectMention(
  path: string,
  place: Place,
  collected: Collected,
): Promise<void> {
  const before = collected.parts.length;
  await collect(path, place, collected);
  const added = collected.parts[before];
  if (added?.status === "refused" && added.why === "it is not a regular file") {
    collected.parts.splice(before, 1);
  }
}

function compose(parts: readonly Part[]): Instructions {
  // From the closest to the farthest, so that the closest have their place for sure.
  let room = instructionCharsMax;
  const fitted = parts.toReversed().map((part): Part => {
    if (part.text.length <= room) {
      room -= part.text.length;
      return part;
    }
    return { ...part, status: "left_out", why: "there is too much text closer to the workspace", text: "" };
  }).toReversed();
  const files = fitted.map(({ path, status, why }) => ({
    path,
    status,
    ...(why === undefined ? {} : { why }),
  }));
  const shown = fitted.filter((part) => part.text !== "" || part.status !== "read");
  return { text: shown.map(partText).join("\n\n"), files };
}

function partText(part: Part): string {
  const head = `## From "${part.path}" (${part.from})`;
  if (part.status === "read") return `${head}\n\n${part.text}`;
  const note = `[${part.status === "cut" ? "cut" : "left out"}: ${part.why}]`;
  return part.text === "" ? `${head}\n\n${note}` : `${head}\n\n${part.text}\n${note}`;
}
