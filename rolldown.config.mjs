// Bundles the program for `deno compile`: all that it needs goes to out/, so no node_modules is put into the binary.
// Parts that are loaded on demand (the daemon, the model client) stay chunks of their own.
import { readFileSync } from "node:fs";
import { defineConfig } from "rolldown";

const { devDependencies } = JSON.parse(readFileSync("package.json", "utf8"));

/** Refuses a bundle with tests, or with packages that only the build needs. */
const programOnly = {
  name: "program-only",
  generateBundle(_, bundle) {
    const foreign = [
      "/tests/",
      ...[...Object.keys(devDependencies), "deno"].map((name) => `/node_modules/${name}/`),
    ];
    for (const file of Object.values(bundle)) {
      const found = (file.moduleIds ?? []).find((id) => foreign.some((part) => id.includes(part)));
      if (found !== undefined) throw new Error(`Cannot bundle "${found}": the program must not need it`);
    }
  },
};

/**
 * playwright-core reads two files beside itself when it is loaded. In a bundle there are none, so they are put in; all
 * else that it would look for there belongs to commands which the program does not use. Fails when a version moves them.
 */
const playwrightFiles = {
  name: "playwright-files",
  transform(code, id) {
    if (!id.endsWith("/playwright-core/lib/coreBundle.js")) return null;
    let text = `var __dirname = "/playwright-core/lib";\n${code}`;
    for (const file of ["package.json", "browsers.json"]) {
      const wanted = new RegExp(`require\\(import_path\\d+\\.default\\.join\\(packageRoot, "${file}"\\)\\)`);
      if (!wanted.test(text)) {
        throw new Error(`Cannot bundle playwright-core: it does not read "${file}" as it did`);
      }
      const content = JSON.stringify(
        JSON.parse(readFileSync(`node_modules/playwright-core/${file}`, "utf8")),
      );
      text = text.replace(wanted, () => content);
    }
    return { code: text, map: null };
  },
};

/** The grammar of shell commands is read from beside the bundle, at first use. */
const shellGrammar = {
  name: "shell-grammar",
  generateBundle() {
    for (const name of ["web-tree-sitter", "tree-sitter-bash"]) {
      const source = readFileSync(`node_modules/${name}/${name}.wasm`);
      // By its own ending, deno compile would take it for a module and look for what it imports.
      this.emitFile({ type: "asset", fileName: `${name}.wasm.bin`, source });
    }
  },
};

export default defineConfig({
  input: { jamey: "bin/jamey.ts" },
  platform: "node",
  plugins: [programOnly, playwrightFiles, shellGrammar],
  transform: { define: { "process.env.NODE_ENV": '"production"' } },
  output: {
    dir: "out",
    format: "esm",
    cleanDir: true,
    // Comments cost time at every start; those of licences stay.
    comments: { legal: true, annotation: false, jsdoc: false },
    entryFileNames: "[name].mjs",
    chunkFileNames: "chunk-[name].mjs",
  },
});
