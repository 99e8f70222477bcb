// A real sandbox on folders of its own, and commands that run in it as Bash runs them.
import { mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { noSecrets } from "../../src/permission/secret_places.ts";
import { bashTool } from "../../tools/bash.ts";
import type { ToolContext, ToolOutcome } from "../../tools/contract.ts";
import type { Sandbox } from "../../tools/sandbox/contract.ts";
import { openSandbox } from "../../tools/sandbox/open_sandbox.ts";
import type { SandboxOptions } from "../../tools/sandbox/options.ts";
import { prepareTool, runTool, testSession, textOf } from "../tools/workspace.ts";

export type RunBash = (
  command: string,
  args?: Record<string, string | number | boolean>,
) => Promise<ToolOutcome>;

export interface SandboxRoom {
  /** Holds everything below; commands may write only `workspace`. */
  base: string;
  workspace: string;
  outside: string;
  hidden: string;
  dataDir: string;
  home: string;
  sandbox: Sandbox;
  reported: string[];
  options: SandboxOptions;
  /** The outcome of a command by the Bash tool, in the sandbox. */
  bash: RunBash;
  /** The same in another sandbox. */
  bashIn(other: Sandbox): RunBash;
  /** A command that waits at its gate. */
  prepare(command: string, overrides?: Partial<ToolContext>): ReturnType<typeof prepareTool>;
  session(): ToolContext["session"];
  /** What the model would read of it. */
  text(command: string): Promise<string>;
  close(): Promise<void>;
}

export interface RoomOptions extends Partial<SandboxOptions> {
  /** Where the room is made; left out: the folder for temporary files. */
  place?: string;
  roots?: (room: string) => string[];
}

export async function openRoom({ place, roots, ...given }: RoomOptions = {}): Promise<SandboxRoom> {
  const base = await realpath(await mkdtemp(join(place ?? tmpdir(), "jamey-room-")));
  const [workspace, outside, hidden, dataDir, home] = ["workspace", "outside", "hidden", "data", "home"].map((
    name,
  ) => join(base, name)) as [string, string, string, string, string];
  for (const folder of [workspace, outside, hidden, dataDir, home]) await mkdir(folder);
  await writeFile(join(hidden, "secret"), "CANARY-OF-A-SECRET\n");
  const reported: string[] = [];
  const options: SandboxOptions = {
    dataDir,
    ours: [dataDir],
    secrets: { ...noSecrets, hidden: () => Promise.resolve([hidden]) },
    home,
    allowHosts: [],
    allowWrite: [],
    helpers: { searchPath: "/usr/bin:/bin" },
    tmpDir: async (sessionId) => {
      const folder = join(dataDir, "tmp", sessionId);
      await mkdir(folder, { recursive: true });
      return folder;
    },
    report: (line) => void reported.push(line),
    ...given,
  };
  const sandbox = openSandbox(options);
  let calls = 0;
  const contextIn = async (own: Sandbox): Promise<ToolContext> => {
    const effects = join(dataDir, "effects", `${++calls}`);
    await mkdir(effects, { recursive: true });
    return {
      session: testSession(),
      workspace,
      roots: [workspace, ...roots?.(base) ?? []],
      secrets: noSecrets,
      sandbox: own,
      effectDir: () => Promise.resolve(effects),
      signal: new AbortController().signal,
      onOutput: () => {},
    };
  };
  const bashIn = (own: Sandbox): RunBash => async (command, args = {}) =>
    await runTool(bashTool, { command, ...args }, await contextIn(own));
  const bash = bashIn(sandbox);
  const prepare = async (command: string, overrides: Partial<ToolContext> = {}) =>
    await prepareTool(bashTool, { command }, { ...await contextIn(sandbox), ...overrides });
  return {
    base,
    workspace,
    outside,
    hidden,
    dataDir,
    home,
    sandbox,
    reported,
    options,
    bash,
    bashIn,
    prepare,
    session: testSession,
    text: async (command) => textOf(await bash(command)),
    close: async () => {
      await sandbox.close();
      await rm(base, { recursive: true, force: true });
    },
  };
}
