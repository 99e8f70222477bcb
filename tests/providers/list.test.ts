// The list of kinds is read by every command that reads the configuration: what it loads, everyone waits for.
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { readSources, type Source, wordOf } from "../tidy/source.ts";

const sources = new Map(readSources(["src"]).map((source) => [source.path, source]));

/** What is loaded with a file: its imports, without those of types and those that wait for a first use. */
function loadedBy(source: Source): string[] {
  const statements = source.nodes.filter(({ type, fields }) =>
    type === "ImportDeclaration" ? fields["importKind"] !== "type" : type.startsWith("Export")
  );
  return statements.map(({ fields }) => wordOf(fields["source"])).filter((specifier) => specifier !== "");
}

function packagesBehind(path: string): string[] {
  const [seen, packages] = [new Set([path]), new Set<string>()];
  for (const file of seen) {
    const source = sources.get(file);
    if (source === undefined) throw new Error(`"${file}" is no file of the program`);
    for (const specifier of loadedBy(source)) {
      if (specifier.startsWith(".")) seen.add(join(dirname(file), specifier));
      else if (!specifier.startsWith("node:")) packages.add(specifier);
    }
  }
  return [...packages].sort();
}

test.each([
  ["the list of provider kinds", "src/providers/list.ts", ["zod"]],
  ["the registry of the configured providers", "src/config/open_providers.ts", ["zod"]],
  ["the configuration", "src/config/file.ts", ["smol-toml", "zod"]],
])("%s loads no endpoint's client: that is for the first question", (_, path, packages) => {
  expect(packagesBehind(path)).toEqual(packages);
});
