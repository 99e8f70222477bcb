// The screen of this machine: runs a platform's commands with limits, and checks what they need first.
import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { imageBytesMax } from "../../src/protocol/model_parts.ts";
import { messageOf, Problem } from "../../src/protocol/problem.ts";
import { cleanEnvironment } from "../environment.ts";
import type { Command, ScreenCommands } from "./commands.ts";
import { twoNumbers } from "./commands.ts";
import { macos } from "./macos.ts";
import { windows } from "./windows.ts";
import { x11 } from "./x11.ts";

export const commandTimeoutMs = 20_000;
/** Models scale larger pictures down themselves, and then their coordinates are off. */
export const sideMax = 1_568;
const pathFoldersMax = 100;
const errorCharsMax = 300;

/** The commands of this platform; a Problem that says what is missing when the screen cannot be worked. */
export async function screenCommands(): Promise<ScreenCommands> {
  const commands: Partial<Record<string, ScreenCommands>> = {
    linux: x11,
    freebsd: x11,
    darwin: macos,
    windows,
  };
  const found = commands[Deno.build.os];
  if (found === undefined) {
    throw new Problem(
      "unavailable",
      `Cannot use the screen: "${Deno.build.os}" is not supported, use Linux, macOS or Windows`,
    );
  }
  if (found === x11 && !Deno.env.get("DISPLAY")) {
    throw new Problem("unavailable", "Cannot use the screen: DISPLAY is not set, so there is no X11 screen", {
      hint: 'start the daemon in a desktop session, or under a screen of its own, as with "xvfb-run"',
    });
  }
  for (const program of found.programs) {
    if (!(await hasProgram(program))) {
      throw new Problem("unavailable", `Cannot use the screen: "${program}" was not found in PATH`, {
        hint: found.install,
      });
    }
  }
  return found;
}

export async function hasProgram(program: string): Promise<boolean> {
  const names = Deno.build.os === "windows" ? [`${program}.exe`] : [program];
  const folders = (Deno.env.get("PATH") ?? "").split(delimiter).slice(0, pathFoldersMax);
  for (const folder of folders) {
    for (const name of names) {
      if (await stat(join(folder, name)).then((facts) => facts.isFile(), () => false)) return true;
    }
  }
  return false;
}

/** What the command printed; a Problem when it failed or took too long. It gets the display and no keys of the daemon. */
export async function runCommand(command: Command, signal: AbortSignal): Promise<string> {
  const limited = AbortSignal.any([signal, AbortSignal.timeout(commandTimeoutMs)]);
  const environment = cleanEnvironment(Deno.env.toObject());
  for (const name of ["DISPLAY", "XAUTHORITY"]) {
    const value = Deno.env.get(name);
    if (value !== undefined) environment[name] = value;
  }
  try {
    const child = new Deno.Command(command.program, {
      args: [...command.args],
      env: environment,
      clearEnv: true,
      stdin: command.stdin === undefined ? "null" : "piped",
      stdout: "piped",
      stderr: "piped",
      signal: limited,
    }).spawn();
    const feeding = command.stdin === undefined ? undefined : feed(child, command.stdin);
    const { success, code, stdout, stderr } = await child.output();
    await feeding;
    signal.throwIfAborted();
    if (limited.aborted) throw new Error(`it took longer than ${commandTimeoutMs} ms`);
    if (success) return new TextDecoder().decode(stdout.subarray(0, 10_000));
    const words = new TextDecoder().decode(stderr).trim().slice(0, errorCharsMax);
    throw new Error(`exit code ${code}${words === "" ? "" : `, ${words}`}`);
  } catch (thrown) {
    signal.throwIfAborted();
    throw new Problem("unavailable", `Cannot run "${command.program}": ${messageOf(thrown)}`);
  }
}

async function feed(child: Deno.ChildProcess, text: string): Promise<void> {
  try {
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode(text));
    await writer.close();
  } catch {
    // The program did not want it; its exit code says why.
  }
}

export async function screenSize(commands: ScreenCommands, signal: AbortSignal): Promise<[number, number]> {
  const size = twoNumbers(await runCommand(commands.size(), signal));
  if (size === null) throw new Problem("unavailable", "Cannot use the screen: its size is unknown");
  return size;
}

/** A PNG of the screen, scaled so that no side is longer than `sideMax` when ImageMagick is there. */
export async function takeScreenshot(
  commands: ScreenCommands,
  { size, signal }: { size: readonly [number, number]; signal: AbortSignal },
): Promise<{ png: Uint8Array; scale: number }> {
  const folder = await mkdtemp(join(tmpdir(), "jamey-screen-"));
  try {
    const path = join(folder, "screen.png");
    for (const command of commands.screenshot(path)) await runCommand(command, signal);
    const factor = sideMax / Math.max(...size);
    const scaler = factor < 1 ? await findScaler() : undefined;
    if (scaler !== undefined) {
      const args = [path, "-resize", `${sideMax}x${sideMax}>`, path];
      await runCommand({ program: scaler, args }, signal);
    }
    const { size: bytes } = await stat(path);
    if (bytes > imageBytesMax) {
      throw new Problem(
        "payload_too_large",
        `Cannot show the screen: the picture has ${bytes} bytes, install ImageMagick`,
      );
    }
    return { png: new Uint8Array(await readFile(path)), scale: scaler === undefined ? 1 : factor };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** On Windows `convert` is another program: it changes file systems. */
async function findScaler(): Promise<string | undefined> {
  for (const program of Deno.build.os === "windows" ? ["magick"] : ["magick", "convert"]) {
    if (await hasProgram(program)) return program;
  }
  return undefined;
}
