// The Deno that compiles: its version must be that of the base binary. Another one ends with 0 and makes a program that
// dies at its start.
import { fail, run } from "./run.ts";

export interface Compiler {
  path: string;
  version: string;
}

/** The Deno for this base binary (default: the running one), from npm, kept in .cache/. */
export async function compilerFor(base: string | undefined): Promise<Compiler> {
  const own = { path: Deno.execPath(), version: Deno.version.deno };
  if (base === undefined) return own;
  const version = await versionOf(base);
  return version === own.version ? own : { path: await fetchDeno(version), version };
}

/** Every Deno names its version in its user agent. */
async function versionOf(base: string): Promise<string> {
  const bytes = await Deno.readFile(base).catch((thrown) => {
    fail(`Cannot use DENORT_BIN: ${thrown instanceof Error ? thrown.message : thrown}`);
  });
  const found = /Deno\/(\d+\.\d+\.\d+)/.exec(new TextDecoder("latin1").decode(bytes));
  if (found?.[1] !== undefined) return found[1];
  fail(`Cannot use DENORT_BIN: "${base}" does not name a version of Deno, expected a denort binary`);
}

async function fetchDeno(version: string): Promise<string> {
  const name = packageName();
  const folder = `.cache/deno-${version}`;
  const path = `${folder}/node_modules/${name}/deno${Deno.build.os === "windows" ? ".exe" : ""}`;
  if (await says(path, version)) return path;
  await Deno.mkdir(folder, { recursive: true });
  const npm = Deno.build.os === "windows" ? "npm.cmd" : "npm";
  const options = ["--no-save", "--no-package-lock", "--no-audit", "--no-fund"];
  const code = await run(npm, ["install", "--prefix", folder, ...options, `${name}@${version}`]);
  if (code === 0 && await says(path, version)) return path;
  fail(
    `Cannot fetch Deno ${version}, the version of DENORT_BIN: npm ended with exit code ${code}; ` +
      `put that Deno at "${path}", or unset DENORT_BIN`,
  );
}

function packageName(): string {
  const arch = Deno.build.arch === "aarch64" ? "arm64" : "x64";
  if (Deno.build.os === "linux") return `@deno/linux-${arch}-glibc`;
  return `@deno/${Deno.build.os === "windows" ? "win32" : Deno.build.os}-${arch}`;
}

async function says(path: string, version: string): Promise<boolean> {
  try {
    const command = new Deno.Command(path, { args: ["--version"], stdin: "null", stderr: "null" });
    const { stdout } = await command.output();
    return new TextDecoder().decode(stdout).startsWith(`deno ${version} `);
  } catch {
    return false;
  }
}
