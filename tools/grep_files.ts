// Which files Grep looks into, in their order: those that fit by name, less those that ripgrep knows to hold no match.
import type { ToolContext } from "./contract.ts";
import { bytesPattern } from "./pattern_bytes.ts";
import type { Pattern } from "./pattern_syntax.ts";
import { askRipgrep, findRipgrep } from "./ripgrep.ts";
import type { SearchBase } from "./search_base.ts";
import { secretReason } from "./secret_file.ts";
import { walk } from "./walk.ts";

/** What is said to one ripgrep: command lines are limited, and early answers let a search end early. */
const askedFilesMax = 4000;
const askedCharsMax = Deno.build.os === "windows" ? 20_000 : 200_000;
const askedAtOnceMax = 2;

export interface FileSearch {
  base: SearchBase;
  /** By the path below the base. */
  fits(below: string): boolean;
  pattern: Pattern;
  /** Files larger than this are left to the reader, which says so. */
  bytesMax: number;
  /** Folders in which ripgrep is looked for, as in PATH. */
  searchPath: string;
  /** So many files are not asked about. */
  aloneFilesMax: number;
  /** Told of files that would fit and are kept from tools. Nobody searches them, so not even a match is given away. */
  onSecret(path: string): void;
}

/** The files to look into, in pieces. Returns whether the folder was walked to its end. */
export async function* filesToSearch(
  search: FileSearch,
  context: ToolContext,
): AsyncGenerator<string[], { complete: boolean }> {
  if (!search.base.isFolder) {
    yield [search.base.real];
    return { complete: true };
  }
  const pattern = bytesPattern(search.pattern);
  const program = pattern === null ? null : await findRipgrep(search.searchPath, context.roots);
  if (pattern === null || program === null) return yield* fittingFiles(search, context);
  return yield* narrowed(search, { pattern, program }, context);
}

async function* fittingFiles(
  { base, fits, onSecret }: FileSearch,
  context: ToolContext,
): AsyncGenerator<string[], { complete: boolean }> {
  const pieces = walk(base.real, { root: base.root, signal: context.signal });
  const isOpen = (path: string) => {
    if (secretReason(path, context) === null) return true;
    onSecret(path);
    return false;
  };
  for (let step = await pieces.next();; step = await pieces.next()) {
    if (step.done) return step.value;
    yield step.value.filter(({ kind, below, path }) => kind === "file" && fits(below) && isOpen(path))
      .map(({ path }) => path);
  }
}

/** The first files as they are; of those that follow the ones in which ripgrep finds something. */
async function* narrowed(
  search: FileSearch,
  ripgrep: { pattern: string; program: string },
  context: ToolContext,
): AsyncGenerator<string[], { complete: boolean }> {
  const left = new AbortController();
  const signal = AbortSignal.any([context.signal, left.signal]);
  const ask = (files: string[]) => narrow(files, search, { ...ripgrep, folder: search.base.real, signal });
  const asked: Promise<string[]>[] = [];
  let [count, waiting] = [0, emptyBatch()];
  const pieces = fittingFiles(search, context);
  try {
    let step = await pieces.next();
    for (; !step.done; step = await pieces.next()) {
      const alone = step.value.slice(0, Math.max(0, search.aloneFilesMax - count));
      count += step.value.length;
      if (alone.length > 0) yield alone;
      for (const file of step.value.slice(alone.length)) {
        waiting.files.push(file);
        waiting.chars += file.length;
        if (waiting.files.length < askedFilesMax && waiting.chars < askedCharsMax) continue;
        asked.push(ask(waiting.files));
        waiting = emptyBatch();
        if (asked.length >= askedAtOnceMax) yield await asked.shift() ?? [];
        context.signal.throwIfAborted();
      }
    }
    if (waiting.files.length > 0) asked.push(ask(waiting.files));
    for (let batch = asked.shift(); batch !== undefined; batch = asked.shift()) yield await batch;
    return step.value;
  } finally {
    left.abort();
    await Promise.allSettled(asked);
  }
}

function emptyBatch(): { files: string[]; chars: number } {
  return { files: [], chars: 0 };
}

async function narrow(
  files: string[],
  { bytesMax }: FileSearch,
  ripgrep: { pattern: string; program: string; folder: string; signal: AbortSignal },
): Promise<string[]> {
  const small = files.filter((file) => sizeOf(file) <= bytesMax);
  const found = await askRipgrep({ ...ripgrep, files: small });
  if (found === null) return files;
  const searched = new Set(small);
  return files.filter((file) => found.has(file) || !searched.has(file));
}

function sizeOf(file: string): number {
  try {
    return Deno.lstatSync(file).size;
  } catch {
    return Infinity;
  }
}
