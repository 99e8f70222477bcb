// Whether a compiled program is fit to be given away: small enough, nothing of the build tools inside, and it runs.
// A compile that ended with 0 proves none of this.
import manifest from "../package.json" with { type: "json" };
import { fail } from "./run.ts";

/** The base binary takes 97 MB of it, the grammar of shell commands 1.6 MB. */
const binaryBytesMax = 112_000_000;
const startMsMax = 60_000;

export interface BinaryReport {
  bytes: number;
  /** In words, what has been shown. */
  proof: string;
}

/** Ends the script, and removes the program, when anything is wrong with it. */
export async function checkBinary(path: string, { runs }: { runs: boolean }): Promise<BinaryReport> {
  const { size } = await Deno.stat(path);
  if (size > binaryBytesMax) {
    await reject(path, `it has ${size} bytes, at most ${binaryBytesMax} are allowed`);
  }
  const intruder = findIntruder(await Deno.readFile(path));
  if (intruder !== undefined) await reject(path, `"${intruder}" is inside, which only the build needs`);
  if (!runs) return { bytes: size, proof: "made for another machine, so it was not run" };
  const said = await versionOf(path);
  if (said !== `${manifest.version}\n`) {
    await reject(path, `"--version" said ${JSON.stringify(said)}, expected "${manifest.version}"`);
  }
  return { bytes: size, proof: `runs and says ${manifest.version}` };
}

async function reject(path: string, why: string): Promise<never> {
  await Deno.remove(path);
  return fail(`Cannot give out "${path}": ${why}`);
}

/** A package or file of the build that the program holds; all that it needs is in the bundle. */
function findIntruder(bytes: Uint8Array): string | undefined {
  const text = new TextDecoder("latin1").decode(bytes);
  const packages = [...Object.keys(manifest.devDependencies), "deno", "typescript"];
  // The lock file by what stands in it: a scanner of secrets that we use knows its name.
  return [...packages.map((name) => `node_modules/${name}/`), "vitest.config", '"lockfileVersion": 3']
    .find((marker) => text.includes(marker));
}

async function versionOf(path: string): Promise<string> {
  const command = new Deno.Command(`./${path}`, {
    args: ["--version"],
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
    env: { NO_COLOR: "1" },
    signal: AbortSignal.timeout(startMsMax),
  });
  const { code, stdout } = await command.output();
  return code === 0 ? new TextDecoder().decode(stdout) : `nothing, with exit code ${code}`;
}
