// A real daemon as a process of its own, from source, or the binary named by JAMEY_BIN: for tests that end it hard.
import { homedir } from "node:os";
import { join } from "node:path";
import { type DaemonFile, daemonFile } from "../../src/protocol/http.ts";

export interface DaemonProcess {
  readonly pid: number;
  readonly url: string;
  readonly token: string;
  readonly file: DaemonFile;
  readonly stderr: () => string;
  /** A request with the token; the parsed body. Throws on other than 2xx, unless `any` is set. */
  request<T>(method: string, path: string, body?: unknown, options?: { any?: boolean }): Promise<T>;
  /** Ends it and waits; resolves to its exit code. */
  end(signal: "SIGKILL" | "SIGTERM" | "SIGINT"): Promise<number>;
  readonly ended: Promise<number>;
}

export interface DaemonOptions {
  dataDir: string;
  env?: Record<string, string>;
  args?: string[];
  cwd?: string;
  /** Words before the program: what starts it in its place. */
  through?: string[];
}

const readyMs = 20_000;
const root = new URL("../..", import.meta.url).pathname;
/** Compiled source is kept from one daemon to the next: each has a home of its own, and would begin with an empty cache. */
const denoDir = Deno.env.get("DENO_DIR") ?? join(homedir(), ".cache/deno");

export async function startDaemonProcess(options: DaemonOptions): Promise<DaemonProcess> {
  const bin = Deno.env.get("JAMEY_BIN");
  const program = bin ?? join(root, "node_modules/deno/deno");
  const source = bin === undefined ? ["run", "-A", join(root, "bin/jamey.ts")] : [];
  const args = [...source, "serve", "--port", "0", "--data-dir", options.dataDir, ...options.args ?? []];
  const [command = program, ...words] = [...options.through ?? [], program, ...args];
  const child = new Deno.Command(command, {
    args: words,
    env: {
      PATH: Deno.env.get("PATH") ?? "",
      HOME: options.dataDir,
      ...(bin === undefined ? { DENO_DIR: denoDir } : {}),
      ...options.env,
    },
    clearEnv: true,
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const out = collect(child.stdout);
  const err = collect(child.stderr);
  let code: number | undefined;
  const ended = child.status.then((status) => code = status.code);
  const deadline = Date.now() + readyMs;
  while (!out.text().includes("listens on")) {
    if (code !== undefined || Date.now() > deadline) {
      throw new Error(`The daemon did not start (${code}): ${out.text()}${err.text()}`);
    }
    await pause(5);
  }
  const file = daemonFile.parse(JSON.parse(await Deno.readTextFile(join(options.dataDir, "daemon.json"))));
  const token = (await Deno.readTextFile(file.token_file)).trim();
  return {
    pid: child.pid,
    url: file.url,
    token,
    file,
    ended,
    stderr: err.text,
    request: (method, path, body, more) =>
      send(`${file.url}${path}`, { method, token, body, any: more?.any === true }),
    end: async (signal) => {
      if (code === undefined) Deno.kill(child.pid, signal);
      return await ended;
    },
  };
}

async function send<T>(
  url: string,
  options: { method: string; token: string; body: unknown; any: boolean },
): Promise<T> {
  const { method, token, body, any } = options;
  const response = await fetch(url, {
    method,
    headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  if (!response.ok && !any) throw new Error(`${method} ${url}: ${response.status} ${text}`);
  return JSON.parse(text);
}

function collect(stream: ReadableStream<Uint8Array>): { text: () => string } {
  let text = "";
  const decoder = new TextDecoder();
  void (async () => {
    for await (const chunk of stream) text += decoder.decode(chunk, { stream: true });
  })().catch(() => {});
  return { text: () => text };
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Asks until `found` gives a value; throws with `what` when it does not within the limit. */
export async function until<T>(
  what: string,
  found: () => Promise<T | null> | T | null,
  limitMs = 20_000,
): Promise<T> {
  const deadline = Date.now() + limitMs;
  for (;;) {
    const value = await found();
    if (value !== null) return value;
    if (Date.now() > deadline) throw new Error(`Waited too long for ${what}`);
    await pause(10);
  }
}

/** Removes a folder in which a program that a killed daemon left behind may still write its last words. */
export async function removeFolder(path: string): Promise<void> {
  await until(`the end of "${path}"`, async () => {
    const left = await Deno.remove(path, { recursive: true }).then(() => null, (thrown: unknown) => thrown);
    if (left === null || left instanceof Deno.errors.NotFound) return true;
    if (String(left).includes("not empty")) return null;
    throw left;
  });
}

/** The content of a file once it has some: a shell makes the file first and writes then. */
export async function written(path: string): Promise<string | null> {
  const text = await Deno.readTextFile(path).catch(() => "");
  return text.endsWith("\n") ? text : null;
}

/** A small seeded generator, so that a failing run can be run again. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
