// The empty server as a program: from source, or compiled as the real binary is, with the same base.
import type { Program } from "./bench.ts";
import { compilerFor } from "../scripts/compiler.ts";

const script = "bench/processes/empty_server.ts";
const folder = ".cache/bench";

/** Null when there is no base binary to compile with: then DENORT_BIN is not set. */
export async function emptyServer(kind: Program["kind"]): Promise<Program | null> {
  if (kind === "source") return { kind, command: Deno.execPath(), args: ["run", "-A", script] };
  const base = Deno.env.get("DENORT_BIN") || undefined;
  if (base === undefined) return null;
  const { path, version } = await compilerFor(base);
  const output = `${folder}/empty_server-${version}`;
  if (!await isFile(output)) await compile(path, output);
  return { kind, command: output, args: [] };
}

async function compile(compiler: string, output: string): Promise<void> {
  await Deno.mkdir(folder, { recursive: true });
  const options = ["--quiet", "--allow-all", "--no-check", "--no-config", "--no-lock", "--no-code-cache"];
  const command = new Deno.Command(compiler, { args: ["compile", ...options, "--output", output, script] });
  const { success, stderr } = await command.output();
  if (!success) throw new Error(`Cannot compile "${script}": ${new TextDecoder().decode(stderr)}`);
}

async function isFile(path: string): Promise<boolean> {
  return await Deno.stat(path).then((info) => info.isFile, () => false);
}
