// Makes the native program: bundle, `deno compile`, then proof: its size, what is inside, and that it runs.
// Usage: deno run -A scripts/compile.ts [--target TRIPLE]
// DENORT_BIN names a base binary on this machine; without it Deno downloads the one of its own version.
import { checkBinary } from "./check_binary.ts";
import { compilerFor } from "./compiler.ts";
import { fail, run } from "./run.ts";

const bundleDir = "out";
const entry = `${bundleDir}/jamey.mjs`;

interface Wanted {
  /** Undefined: this machine. */
  target: string | undefined;
  output: string;
}

async function main(args: readonly string[]): Promise<void> {
  const wanted = parse(args);
  const base = Deno.env.get("DENORT_BIN") || undefined;
  if (wanted.target !== undefined && base !== undefined) {
    fail(
      `Cannot compile for "${wanted.target}": DENORT_BIN is set, and it is a base for this machine only; unset it`,
    );
  }
  await bundle();
  const compiler = await compilerFor(base);
  await Deno.mkdir("dist", { recursive: true });
  // What a failed compile leaves there must not pass for its result.
  await Deno.remove(wanted.output).catch(() => {});
  await compile(compiler.path, wanted);
  const report = await checkBinary(wanted.output, { runs: wanted.target === undefined });
  console.log(
    `${wanted.output}: ${(report.bytes / 1e6).toFixed(1)} MB, Deno ${compiler.version}, ${report.proof}`,
  );
}

function parse(args: readonly string[]): Wanted {
  const [option, target, ...more] = args.flatMap((word) =>
    word.startsWith("--target=") ? word.split("=", 2) : [word]
  );
  const native = Deno.build.os === "windows" ? "dist/jamey.exe" : "dist/jamey";
  if (option === undefined) return { target: undefined, output: native };
  if (option !== "--target" || target === undefined || !/^[a-z0-9_-]+$/.test(target) || more.length > 0) {
    fail(`Cannot compile with "${args.join(" ")}": expected nothing, or --target TRIPLE`);
  }
  return { target, output: `dist/jamey-${target}${target.includes("windows") ? ".exe" : ""}` };
}

async function bundle(): Promise<void> {
  const code = await run(Deno.execPath(), [
    "run",
    "-A",
    "node_modules/rolldown/bin/cli.mjs",
    "-c",
    "rolldown.config.mjs",
  ]);
  if (code !== 0) fail(`Cannot bundle: rolldown ended with exit code ${code}; run npm ci if it is missing`);
}

async function compile(compiler: string, { target, output }: Wanted): Promise<void> {
  const code = await run(compiler, [
    "compile",
    "--quiet",
    "--allow-all",
    "--no-check",
    // Else package.json would pull all of node_modules into the binary.
    "--no-config",
    "--no-lock",
    "--node-modules-dir=none",
    // The code cache is a file with a known name in the shared folder for temporary files, where others could plant one.
    "--no-code-cache",
    // The young part of the heap would grow to 48 MB and never shrink; 12 MB serve as fast.
    "--v8-flags=--max-semi-space-size=4",
    ...(target === undefined ? [] : ["--target", target]),
    "--include",
    bundleDir,
    "--output",
    output,
    entry,
  ]);
  if (code === 0) return;
  fail(
    `Cannot compile "${output}": deno compile ended with exit code ${code}; if it could not fetch its base binary ` +
      `from dl.deno.land, allow that host${
        target === undefined ? ", or set DENORT_BIN to a denort on this machine" : ""
      }`,
  );
}

await main(Deno.args);
