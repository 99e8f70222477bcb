// Runs the real command line as a process, over a data folder of its own, and real daemons for it to talk to.
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { startTestServer, type TestServer, testToken } from "../support/server.ts";
import { openMemoryHost } from "../support/memory_host.ts";

export interface Ended {
  code: number;
  stdout: string;
  stderr: string;
}

export interface RunOptions {
  stdin?: string;
  env?: Record<string, string>;
  cwd?: string;
}

const entry = resolve("bin/jamey.ts");
/** Never the configuration of whoever runs the tests; no test changes this one. */
const configHome = join(tmpdir(), "jamey-test-config");

/** Runs `jamey` with these words and waits for its end. */
export async function jamey(dataDir: string, args: string[], options: RunOptions = {}): Promise<Ended> {
  const child = startJamey(dataDir, args, options);
  const writer = child.stdin.getWriter();
  // A program that does not read its input may have ended before all of it was written.
  await writer.write(new TextEncoder().encode(options.stdin ?? "")).catch(() => {});
  await writer.close().catch(() => {});
  const { code, stdout, stderr } = await child.output();
  return { code, stdout: new TextDecoder().decode(stdout), stderr: new TextDecoder().decode(stderr) };
}

/** Starts `jamey` and leaves it running. */
export function startJamey(
  dataDir: string,
  args: string[],
  { env = {}, cwd }: RunOptions = {},
): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", entry, ...args],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
    env: {
      JAMEY_DATA_DIR: dataDir,
      XDG_CONFIG_HOME: configHome,
      JAMEY_TOKEN: "",
      NO_COLOR: "1",
      ...env,
    },
    ...(cwd === undefined ? {} : { cwd }),
  }).spawn();
}

/** Sends Ctrl-C to a program once it has said this on stderr, and waits for its end. */
export async function interruptedAt(child: Deno.ChildProcess, text: string): Promise<Ended> {
  let stderr = "";
  const stdout = new Response(child.stdout).text();
  for await (const part of child.stderr.pipeThrough(new TextDecoderStream())) {
    const before = stderr.includes(text);
    stderr += part;
    if (!before && stderr.includes(text)) child.kill("SIGINT");
  }
  return { code: (await child.status).code, stdout: await stdout, stderr };
}

/** Every line of the text as JSON. */
export function jsonLines(text: string): Record<string, unknown>[] {
  return text.split("\n").filter((line) => line !== "").map((line) => JSON.parse(line));
}

export interface Desk {
  dataDir: string;
  server: TestServer;
  jamey(args: string[], options?: RunOptions): Promise<Ended>;
  /** Ends the server and starts another one, on another port, over the same sessions. */
  reopen(): Promise<void>;
  close(): Promise<void>;
}

/** A daemon's door in this process, and a data folder in which the command line finds it. */
export async function openDesk(): Promise<Desk> {
  const host = openMemoryHost();
  // The host outlives its servers.
  const kind = { name: "memory host", open: () => Promise.resolve({ host, close: () => Promise.resolve() }) };
  const dataDir = await Deno.makeTempDir({ prefix: "jamey-cli-" });
  const desk: Desk = {
    dataDir,
    server: await startTestServer(kind),
    jamey: (args, options) => jamey(dataDir, args, options),
    async reopen() {
      const before = desk.server;
      desk.server = await startTestServer(kind);
      await before.close();
      await writeDiscovery(dataDir, desk.server.url);
    },
    async close() {
      await desk.server.close();
      host.close();
      await Deno.remove(dataDir, { recursive: true });
    },
  };
  await writeDiscovery(dataDir, desk.server.url);
  return desk;
}

/** What a daemon leaves in its data folder for clients. */
export async function writeDiscovery(dataDir: string, url: string, token = testToken): Promise<void> {
  const tokenFile = join(dataDir, "token");
  await Deno.writeTextFile(tokenFile, token);
  await Deno.chmod(tokenFile, 0o600);
  await Deno.writeTextFile(
    join(dataDir, "daemon.json"),
    JSON.stringify({
      pid: Deno.pid,
      url,
      token_file: tokenFile,
      version: "0.0.0-test",
      started_at: new Date().toISOString(),
    }),
  );
}
