// A whole agent for the command line to talk to: a real runtime with its log on disk and every tool, behind a real door on
// loopback, with limits, prices and outside material as a test wants them; and a chat whose lines wait for what they answer.
import { join } from "node:path";
import { createSkills } from "../../src/context/skills.ts";
import { createSlashCommands } from "../../src/slash_commands.ts";
import { createRuntime } from "../../actors/runtime.ts";
import type { RuntimeOptions } from "../../actors/runtime_options.ts";
import { openDenoDisk } from "../../src/log/deno_disk.ts";
import { openFileLog } from "../../src/log/file_log.ts";
import type { SessionView } from "../../src/protocol/http.ts";
import { sessionView } from "../../src/protocol/http.ts";
import { registryOf } from "../../src/providers/resolve_model.ts";
import { scriptedProvider } from "../../src/providers/scripted.ts";
import { allTools } from "../../tools/list.ts";
import { startTestServer, type TestServer } from "../support/server.ts";
import { type Ended, jamey, type RunOptions, startJamey, writeDiscovery } from "./program.ts";

export interface AgentDesk {
  folder: string;
  /** The data folder in which the command line finds the daemon. */
  dataDir: string;
  /** Where the command line is called, and sessions work. */
  workspace: string;
  server: TestServer;
  jamey(args: string[], options?: RunOptions): Promise<Ended>;
  start(args: string[], options?: RunOptions): Talk;
  /** Starts the program and leaves its output to the caller. */
  spawn(args: string[], options?: RunOptions): Deno.ChildProcess;
  view(session: string): Promise<SessionView>;
  close(): Promise<void>;
}

/** A program that is being talked to. */
export interface Talk {
  child: Deno.ChildProcess;
  /** Resolves with the output so far once it holds this, from what was waited for last on. */
  until(text: string): Promise<string>;
  type(line: string): Promise<void>;
  /** Ends the input and waits for the end. */
  end(signal?: "SIGINT" | "SIGTERM"): Promise<Ended>;
}

export async function openAgentDesk(options: Partial<RuntimeOptions> = {}): Promise<AgentDesk> {
  const folder = await Deno.realPath(await Deno.makeTempDir({ prefix: "jamey-agent-" }));
  const [dataDir, workspace] = [join(folder, "found"), join(folder, "workspace")];
  await Promise.all([dataDir, workspace].map((path) => Deno.mkdir(path)));
  const runtime = createRuntime({
    store: await openFileLog(openDenoDisk(), join(folder, "data")),
    providers: registryOf([scriptedProvider()]),
    tools: allTools,
    commands: createSlashCommands({
      configDir: join(folder, "config", "jamey-code"),
      skills: createSkills({ home: folder }),
    }),
    secrets: [],
    report: (line) => console.error(line),
    ...options,
  });
  await runtime.ready;
  const open = () => Promise.resolve({ host: runtime, close: () => runtime.close() });
  const server = await startTestServer({ name: "runtime", open });
  await writeDiscovery(dataDir, server.url);
  const own = (given: RunOptions = {}) => ({
    cwd: workspace,
    ...given,
    env: { HOME: folder, XDG_CONFIG_HOME: join(folder, "config"), ...given.env },
  });
  return {
    folder,
    dataDir,
    workspace,
    server,
    jamey: (args, given) => jamey(dataDir, args, own(given)),
    start: (args, given) => talkTo(startJamey(dataDir, args, own(given))),
    spawn: (args, given) => startJamey(dataDir, args, own(given)),
    view: async (session) => sessionView.parse((await server.call("GET", `/sessions/${session}`)).body),
    async close() {
      await server.close();
      await Deno.remove(folder, { recursive: true });
    },
  };
}

function talkTo(child: Deno.ChildProcess): Talk {
  const writer = child.stdin.getWriter();
  let [stdout, stderr, read] = ["", "", 0];
  const watchers = new Set<() => void>();
  const collect = async (stream: ReadableStream<Uint8Array>, take: (text: string) => void) => {
    for await (const text of stream.pipeThrough(new TextDecoderStream())) {
      take(text);
      for (const watcher of [...watchers]) watcher();
    }
  };
  const reading = Promise.all([
    collect(child.stdout, (text) => void (stdout += text)),
    collect(child.stderr, (text) => void (stderr += text)),
  ]);
  let over = false;
  void reading.then(() => {
    over = true;
    for (const watcher of [...watchers]) watcher();
  });
  return {
    child,
    until: (text) =>
      new Promise((resolve, reject) => {
        const watcher = () => {
          const place = stdout.indexOf(text, read);
          if (place < 0 && !over) return;
          watchers.delete(watcher);
          if (place < 0) {
            return reject(new Error(`It ended without "${text}": ${stdout.slice(read)}${stderr}`));
          }
          read = place + text.length;
          resolve(stdout);
        };
        watchers.add(watcher);
        watcher();
      }),
    type: (line) => writer.write(new TextEncoder().encode(`${line}\n`)),
    async end(signal) {
      if (signal !== undefined) child.kill(signal);
      await writer.close().catch(() => {});
      const { code } = await child.status;
      await reading;
      return { code, stdout, stderr };
    },
  };
}

/** A message that makes the offline provider play these steps. */
export function script(
  ...steps: { text?: string; calls?: { name: string; args: unknown }[]; delay_ms?: number }[]
) {
  return `script: ${JSON.stringify(steps)}`;
}

export function call(name: string, args: unknown = {}) {
  return { calls: [{ name, args }] };
}
