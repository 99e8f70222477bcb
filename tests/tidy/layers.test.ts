// Imports point downward or stay in the folder: read from the real imports of every file.
import { dirname, join } from "node:path";
import { expect, it } from "vitest";
import manifest from "../../package.json" with { type: "json" };
import { importsOf, readSources } from "./source.ts";

/** From the bottom up. Folders in one row do not know each other. */
const rows: readonly (readonly string[])[] = [
  ["src/platform", "src/protocol", "src/redact"],
  ["machines"],
  ["src/trust", "src/providers", "src/permission"],
  ["src/config"],
  ["src/log", "src/hooks", "src/context", "src/permission/store", "tools"],
  ["src/workflow"],
  ["actors"],
  ["src/server", "src/client"],
  ["src/cli"],
  ["src"],
  ["bin"],
];
/** What a client may know: it could be written by somebody else. */
const clientKnows = ["src/client", "src/protocol", "src/platform"];

const sources = readSources(["src", "actors", "machines", "tools", "bin"]);
const paths = new Set(sources.map(({ path }) => path));
const edges = sources.flatMap((source) =>
  importsOf(source).map((specifier) => ({ from: source.path, specifier, to: target(source.path, specifier) }))
);

/** The file that is meant; null for a package. */
function target(from: string, specifier: string): string | null {
  return specifier.startsWith(".") ? join(dirname(from), specifier).replaceAll("\\", "/") : null;
}

/** The longest folder of the rows that holds the file. */
function folderOf(path: string): string {
  const found =
    rows.flat().filter((folder) => path.startsWith(`${folder}/`)).sort((a, b) => b.length - a.length)[0];
  if (found === undefined) {
    throw new Error(`"${path}" is in no layer: name its folder in tests/tidy/layers.test.ts`);
  }
  // Files right in src/ put the parts together; a new folder in src/ must be given its place.
  if (found === "src" && path.split("/").length > 2) throw new Error(`"${dirname(path)}" is in no layer yet`);
  return found;
}

function rowOf(folder: string): number {
  return rows.findIndex((row) => row.includes(folder));
}

it("every import of a file names a file that exists, with its ending", () => {
  const lost = edges.filter(({ to }) => to !== null && !paths.has(to) && to !== "package.json");
  expect(lost).toEqual([]);
});

it("imports point downward or stay in the folder", () => {
  const upward = edges.filter(({ from, to }) => {
    if (to === null || to === "package.json") return false;
    const [here, there] = [folderOf(from), folderOf(to)];
    return here !== there && rowOf(there) >= rowOf(here);
  });
  expect(upward).toEqual([]);
});

it("the client and the command line know the protocol, the configuration and the format of workflows, not the daemon", () => {
  const wrong = edges.filter(({ from, to }) => {
    if (to === null || to === "package.json") return false;
    if (from.startsWith("src/client/")) return !clientKnows.includes(folderOf(to));
    return from.startsWith("src/cli/") &&
      ![...clientKnows, "src/cli", "src/config", "src/redact", "src/workflow"].includes(folderOf(to));
  });
  expect(wrong).toEqual([]);
});

it("no file imports itself through others", () => {
  const next = Map.groupBy(edges, ({ from }) => from);
  const done = new Set<string>();
  const findCycle = (path: string, trail: readonly string[]): string[] | undefined => {
    if (trail.includes(path)) return [...trail.slice(trail.indexOf(path)), path];
    if (done.has(path)) return undefined;
    for (const { to } of next.get(path) ?? []) {
      const cycle = to === null ? undefined : findCycle(to, [...trail, path]);
      if (cycle !== undefined) return cycle;
    }
    done.add(path);
    return undefined;
  };
  const first = sources.map(({ path }) => findCycle(path, [])).find((cycle) => cycle !== undefined);
  expect(first?.join(" imports ")).toBeUndefined();
});

it("the program uses only packages that package.json names as its dependencies", () => {
  const known = Object.keys(manifest.dependencies);
  const foreign = edges.filter(({ specifier, to }) => {
    const name = specifier.split("/").slice(0, specifier.startsWith("@") ? 2 : 1).join("/");
    return to === null && !specifier.startsWith("node:") && !known.includes(name);
  });
  expect(foreign).toEqual([]);
});
