// The grammar of bash, loaded at first use: two WebAssembly files, beside the bundle in the program and in the packages
// when it runs from source.
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { Parser } from "web-tree-sitter";

const runtimeWasm = "web-tree-sitter.wasm";
const bashWasm = "tree-sitter-bash.wasm";

/** A parser of bash. Rejects when the files are not where they belong. */
export async function loadGrammar(): Promise<Parser> {
  const { Language, Parser } = await import("web-tree-sitter");
  const [runtime, bash] = await Promise.all([readWasm(runtimeWasm), readWasm(bashWasm)]);
  await Parser.init({ wasmBinary: runtime });
  const parser = new Parser();
  parser.setLanguage(await Language.load(bash));
  return parser;
}

async function readWasm(name: string): Promise<Uint8Array> {
  const packageName = name.replace(/\.wasm$/, "");
  const places = [`./${name}.bin`, `../../../node_modules/${packageName}/${name}`];
  for (const place of places) {
    const bytes = await readFile(fileURLToPath(new URL(place, import.meta.url))).catch(() => null);
    if (bytes !== null) return bytes;
  }
  throw new Error(`Cannot read shell commands: "${name}" is missing; install the program again`);
}
