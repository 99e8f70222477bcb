// A daemon as a process of its own: the program that users run, on a port and a data folder of its own.
import { z } from "zod";
import type { BenchContext } from "./bench.ts";
import { freePort } from "./free_port.ts";
import { authorization } from "./token.ts";

const readyMs = 20_000;
const requestMs = 30_000;

export interface DaemonProcess {
  pid: number;
  url: string;
  token: string;
  get(path: string): Promise<unknown>;
  post(path: string, body: unknown): Promise<unknown>;
  /** A new session, by default in the data folder's own place. */
  session(workspace?: string): Promise<string>;
  socket(session: string, query?: string): WebSocket;
  stop(): Promise<void>;
}

/** Starts a daemon and waits until it answers. `modelUrl` is where it finds its model; without it the offline provider answers. */
export async function startDaemon(
  context: BenchContext,
  options: { modelUrl?: string } = {},
): Promise<DaemonProcess> {
  const { program, scratch } = context;
  const data = scratch.folder("daemon");
  const port = freePort();
  const model: Record<string, string> = options.modelUrl === undefined
    ? { JAMEY_PROVIDER: "scripted" }
    : { JAMEY_PROVIDER: "openai", LLM_BASE_URL: options.modelUrl, LLM_MODEL: "local" };
  const args = [...program.args, "serve", "--port", String(port), "--data-dir", data];
  const child = scratch.spawn(program.command, args, model);
  const url = `http://127.0.0.1:${port}`;
  await untilHealthy(url);
  const token = (await Deno.readTextFile(`${data}/token`)).trim();
  const request = async (path: string, init: RequestInit = {}): Promise<unknown> => {
    const headers = { ...authorization(token), "content-type": "application/json" };
    const response = await fetch(url + path, { ...init, headers, signal: AbortSignal.timeout(requestMs) });
    if (!response.ok) throw new Error(`${path} answered ${response.status}: ${await response.text()}`);
    return await response.json();
  };
  const post = (path: string, body: unknown) => request(path, { method: "POST", body: JSON.stringify(body) });
  return {
    pid: child.pid,
    url,
    token,
    get: (path) => request(path),
    post,
    session: async (workspace = data) => {
      const made = await post("/sessions", { workspace });
      return z.object({ session_id: z.string() }).parse(made).session_id;
    },
    socket: (session, query = "") =>
      new WebSocket(`${url.replace("http", "ws")}/sessions/${session}/ws?after=0${query}`, [
        "jamey.v1",
        `jamey.bearer.${token}`,
      ]),
    stop: () => child.stop(),
  };
}

/** Polls until /health answers 200. */
export async function untilHealthy(url: string): Promise<void> {
  const deadline = performance.now() + readyMs;
  while (performance.now() < deadline) {
    const response = await fetch(`${url}/health`).catch(() => null);
    await response?.body?.cancel();
    if (response?.status === 200) return;
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  throw new Error(`Nothing answers at "${url}" within ${readyMs} ms`);
}
