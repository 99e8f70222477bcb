// Which files are secret on this machine: by name, by the place where programs keep them, our own, and what the user says.
import { realpathSync, statSync } from "node:fs";
import { basename, dirname, isAbsolute, join, sep } from "node:path";
import { homePlaces, runningProgram, type SecretPlace, systemPlaces } from "./secret_folders.ts";
import { linkedSecrets } from "./secret_links.ts";
import { secretName } from "./secret_names.ts";
import { type PathPatterns, pathPatterns } from "./secret_patterns.ts";
import type { SecretPlaces } from "./secret_places.ts";
import { listFolder, walkForSecrets } from "./secret_walk.ts";

export interface SecretPlacesOptions {
  home: string;
  dataDir: string;
  configDir: string;
  /** The user's `secrets.readable`: patterns of what may be read all the same. Never our own data folder. */
  readable?: readonly string[];
  /** The user's `secrets.hidden`: patterns of what is secret besides. */
  hidden?: readonly string[];
  /** What a person should know: a folder that is too large to be looked through. */
  report?: (line: string) => void;
}

/** How long what was found is used: a command that follows another does not look again. */
const freshMs = 3000;
const foldersMax = 64;
/** How far into a place we look for what the user lets be read. */
const readableDepthMax = 4;

/** A place as it is on this machine now. */
interface KnownPlace {
  /** Real, as far as it exists; without a last `*`. */
  path: string;
  folded: string;
  /** Names that only begin like this count as well. */
  isPrefix: boolean;
  what: string;
  /** Nothing opens it. */
  isOwn: boolean;
}

export function openSecretPlaces(options: SecretPlacesOptions): SecretPlaces {
  const home = realOr(options.home);
  const readable = pathPatterns(options.readable ?? [], home);
  const hidden = pathPatterns(options.hidden ?? [], home);
  const places = fresh(() => knownPlaces(options, home));
  const placeOf = placeFinder();
  const lists = new Map<string, { until: number; list: Promise<readonly string[]> }>();
  const reported = new Set<string>();

  /** By where it lies; names are for files only. */
  function reasonForPlace(real: string): { what: string; isFixed: boolean } | null {
    const place = placeOf(real, places());
    if (place?.isOwn) return { what: place.what, isFixed: true };
    if (hidden.matches(real)) return { what: "hidden by your configuration", isFixed: true };
    if (runningProgram.test(real)) {
      return { what: "memory or environment of a running program", isFixed: true };
    }
    return place === undefined ? null : { what: place.what, isFixed: false };
  }

  function reasonFor(real: string): string | null {
    const place = reasonForPlace(real);
    if (place?.isFixed) return place.what;
    const what = place?.what ?? secretName(basename(real));
    return what === null || readable.matches(real) ? null : what;
  }

  async function look(workspace: string, roots: readonly string[]): Promise<readonly string[]> {
    const isReadable = (path: string) => reasonFor(path) === null;
    const known = places().flatMap((place) => existing(place)).flatMap(({ path, isOwn }) =>
      isOwn || !readable.some ? [path] : withoutReadable(path, isReadable, readableDepthMax)
    );
    const folders = [workspace, ...roots];
    const walked = await walkForSecrets(
      [...folders, ...elsewhere(hidden, folders)],
      (path, name, isFolder) => {
        if (isFolder) return !readable.some && reasonForPlace(path) !== null;
        return (secretName(name) !== null || hidden.matches(path)) && !isReadable(path);
      },
    );
    if (!walked.complete && !reported.has(workspace)) {
      reported.add(workspace);
      options.report?.(`The folder "${workspace}" is too large to look for secrets everywhere in it`);
    }
    const named = hidden.bases.filter((base) => hidden.matches(base));
    // A link with such a name leads to what is to be hidden.
    return outermost([...known, ...named, ...walked.found].flatMap(realOrNone));
  }

  function hiddenNow(workspace: string, roots: readonly string[] = []): Promise<readonly string[]> {
    const key = [workspace, ...roots].join("\0");
    const kept = lists.get(key);
    if (kept !== undefined && performance.now() < kept.until) return kept.list;
    if (lists.size >= foldersMax) lists.clear();
    const list = look(workspace, roots);
    lists.set(key, { until: performance.now() + freshMs, list });
    return list;
  }

  const linked = linkedSecrets({ hidden: hiddenNow, reasonFor, freshMs });
  return { reasonFor, hidden: hiddenNow, reasonForLinked: linked };
}

function knownPlaces(options: SecretPlacesOptions, home: string): KnownPlace[] {
  const own: SecretPlace[] = [{ path: options.dataDir, what: "jamey's own data" }];
  const settings: SecretPlace = { path: options.configDir, what: "jamey's own configuration" };
  const others = [...homePlaces, ...systemPlaces, settings].map(({ path, what }) => ({
    path: isAbsolute(path) ? path : join(home, path),
    what,
  }));
  return [
    ...own.flatMap((place) => resolvePlace(place, true)),
    ...others.flatMap((place) => resolvePlace(place, false)),
  ];
}

/** Where it is named, and where that leads when it is a link. */
function resolvePlace({ path: named, what }: SecretPlace, isOwn: boolean): KnownPlace[] {
  const isPrefix = named.endsWith("*");
  const path = isPrefix ? named.slice(0, -1) : named;
  const exists = !isPrefix && statSync(path, { throwIfNoEntry: false }) !== undefined;
  return [...new Set([path, ...(exists ? [realOr(path)] : [])])]
    .map((at) => ({ path: at, folded: fold(at), isPrefix, what, isOwn }));
}

/** A search asks about one file of a folder after the other, so what the folder says is kept. */
function placeFinder(): (real: string, places: readonly KnownPlace[]) => KnownPlace | undefined {
  let last:
    | { places: readonly KnownPlace[]; folder: string; over?: KnownPlace; inside: KnownPlace[] }
    | null = null;
  return (real, places) => {
    const folder = dirname(real);
    if (last === null || last.folder !== folder || last.places !== places) {
      const folded = fold(folder);
      const over = places.find((known) => covers(known, folded));
      const begins = folded.endsWith(sep) ? folded : folded + sep;
      const inside = places.filter((known) => known.folded.startsWith(begins));
      last = { places, folder, inside, ...(over === undefined ? {} : { over }) };
    }
    if (last.over !== undefined || last.inside.length === 0) return last.over;
    const folded = fold(real);
    return last.inside.find((known) => covers(known, folded));
  };
}

function covers({ folded: place, isPrefix }: KnownPlace, folded: string): boolean {
  if (!folded.startsWith(place)) return false;
  return isPrefix || folded.length === place.length || folded[place.length] === sep;
}

function existing(place: KnownPlace): KnownPlace[] {
  if (!place.isPrefix) return statSync(place.path, { throwIfNoEntry: false }) === undefined ? [] : [place];
  const folder = dirname(place.path);
  const begins = fold(basename(place.path));
  return listFolder(folder).filter(({ name }) => fold(name).startsWith(begins))
    .map(({ name }) => ({ ...place, path: join(folder, name) }));
}

/** The place itself, or what is in it less what the user lets be read. */
function withoutReadable(path: string, isReadable: (path: string) => boolean, depth: number): string[] {
  if (isReadable(path)) return [];
  if (depth === 0) return [path];
  const inside = listFolder(path).map(({ name }) => join(path, name));
  const kept = inside.map((inner) => withoutReadable(inner, isReadable, depth - 1));
  const isWhole = kept.every((left, index) => left.length === 1 && left[0] === inside[index]);
  return isWhole ? [path] : kept.flat();
}

/** Where else to look for what the user hides. */
function elsewhere({ bases, matches }: PathPatterns, folders: readonly string[]): string[] {
  return bases.filter((base) =>
    base !== sep && !matches(base) && !folders.some((folder) =>
      base === folder || base.startsWith(folder + sep)
    ) &&
    statSync(base, { throwIfNoEntry: false })?.isDirectory()
  );
}

/** Without those that lie in others of them. */
function outermost(paths: readonly string[]): string[] {
  const sorted = paths.map((path) => path + sep).sort();
  const kept: string[] = [];
  for (const path of sorted) {
    const last = kept.at(-1);
    if (last === undefined || !path.startsWith(last)) kept.push(path);
  }
  return kept.map((path) => path.slice(0, -1));
}

function fold(path: string): string {
  return path.normalize("NFC").toLowerCase();
}

function realOr(path: string): string {
  return realOrNone(path)[0] ?? path;
}

function realOrNone(path: string): string[] {
  try {
    return [realpathSync(path)];
  } catch {
    return [];
  }
}

/** Computed anew when it is older than `freshMs`: places come and go while a daemon runs. */
function fresh<Value>(compute: () => Value): () => Value {
  let kept: { until: number; value: Value } | null = null;
  return () => {
    const now = performance.now();
    if (kept === null || now >= kept.until) kept = { until: now + freshMs, value: compute() };
    return kept.value;
  };
}
