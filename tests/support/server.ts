// A server of its own for a test, on a free port, and small clients for it: HTTP, WebSocket, bare TCP.
import { z } from "zod";
import type { ServerFrame } from "../../src/protocol/frames.ts";
import { serverFrame } from "../../src/protocol/frames.ts";
import type { ServerLimits } from "../../src/server/limits.ts";
import { type RunningServer, startServer } from "../../src/server/serve.ts";
import type { HostKind, OpenHost } from "./hosts.ts";

export const testToken = "test-token-0123456789";

export interface TestServer extends RunningServer, OpenHost {
  /** Lines about bugs; a test that expects none says so. */
  reports: string[];
  shutdowns: () => number;
  fetch(path: string, init?: RequestInit): Promise<Response>;
  /** Sends JSON and reads JSON. */
  call(method: string, path: string, body?: unknown): Promise<{ status: number; body: unknown }>;
  /** A new session; returns its id. */
  session(name?: string): Promise<string>;
}

/** Starts a server over a new host of this kind. */
export async function startTestServer(
  kind: HostKind,
  limits: Partial<ServerLimits> = {},
): Promise<TestServer> {
  const opened = await kind.open();
  const reports: string[] = [];
  let shutdowns = 0;
  const server = await startServer({
    host: opened.host,
    token: testToken,
    version: "0.0.0-test",
    startedAt: new Date(),
    onShutdown: () => shutdowns++,
    report: (line) => reports.push(line),
    hostname: "127.0.0.1",
    port: 0,
    portIsExplicit: true,
    limits,
  });
  const authorized = (path: string, init: RequestInit = {}) =>
    fetch(server.url + path, {
      ...init,
      headers: { authorization: `Bearer ${testToken}`, ...Object.fromEntries(new Headers(init.headers)) },
    });
  const call: TestServer["call"] = async (method, path, body) => {
    const answer = await authorized(path, {
      method,
      ...(body === undefined
        ? {}
        : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
    });
    return { status: answer.status, body: await answer.json() };
  };
  return {
    ...server,
    ...opened,
    reports,
    shutdowns: () => shutdowns,
    fetch: authorized,
    call,
    async session(name) {
      const { body } = await call("POST", "/sessions", name === undefined ? {} : { name });
      return z.object({ session_id: z.string() }).parse(body).session_id;
    },
    async close() {
      await server.stop();
      await opened.close();
    },
  };
}

export interface TestSocket {
  frames: ServerFrame[];
  socket: WebSocket;
  /** The first frame that fits, from `start` on, waiting for it. */
  until(fits: (frame: ServerFrame) => boolean): Promise<ServerFrame>;
  /** The closing code. */
  closed: Promise<{ code: number; reason: string }>;
  seqs(): number[];
  command(id: string, command: unknown): void;
}

/** Opens a WebSocket the way browsers must: with the token as a subprotocol. Every frame is checked against its schema. */
export function openSocket(server: RunningServer, path: string): TestSocket {
  const url = server.url.replace("http", "ws") + path;
  const socket = new WebSocket(url, ["jamey.v1", `jamey.bearer.${testToken}`]);
  const frames: ServerFrame[] = [];
  const watchers = new Set<() => void>();
  let over = false;
  socket.onmessage = (message) => {
    frames.push(serverFrame.parse(JSON.parse(message.data)));
    for (const watcher of [...watchers]) watcher();
  };
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.onclose = ({ code, reason }) => {
      over = true;
      for (const watcher of [...watchers]) watcher();
      resolve({ code, reason });
    };
  });
  return {
    frames,
    socket,
    closed,
    until: (fits) =>
      new Promise((resolve, reject) => {
        const watcher = () => {
          const found = frames.find(fits);
          if (found === undefined && !over) return;
          watchers.delete(watcher);
          if (found === undefined) {
            reject(new Error(`closed after ${frames.length} frames without the expected one`));
          } else resolve(found);
        };
        watchers.add(watcher);
        watcher();
      }),
    seqs: () => frames.flatMap((frame) => (frame.type === "event" ? [frame.event.seq] : [])),
    command: (id, command) => socket.send(JSON.stringify({ type: "command", id, command })),
  };
}

const rawAnswerBytesMax = 1_000_000;

/** Sends these bytes over TCP and returns what comes back until the other side closes or nothing came for a while. */
export async function rawRequest(server: RunningServer, text: string, quietMs = 400): Promise<string> {
  const connection = await Deno.connect({ hostname: "127.0.0.1", port: server.port });
  const decoder = new TextDecoder();
  let answer = "";
  const close = () => {
    try {
      connection.close();
    } catch { /* closed before */ }
  };
  let timer = setTimeout(close, quietMs * 10);
  try {
    await connection.write(new TextEncoder().encode(text));
    const chunk = new Uint8Array(16_384);
    while (answer.length < rawAnswerBytesMax) {
      const count = await connection.read(chunk);
      if (count === null) break;
      answer += decoder.decode(chunk.subarray(0, count), { stream: true });
      clearTimeout(timer);
      timer = setTimeout(close, quietMs);
    }
  } catch { /* the other side closed hard */ }
  clearTimeout(timer);
  close();
  return answer;
}

/** The start of a WebSocket request, as text. */
export function upgradeText(
  server: RunningServer,
  path: string,
  headers: Record<string, string> = {},
): string {
  const all = {
    Host: `127.0.0.1:${server.port}`,
    Upgrade: "websocket",
    Connection: "Upgrade",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version": "13",
    ...headers,
  };
  return `GET ${path} HTTP/1.1\r\n${
    Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`).join("")
  }\r\n`;
}
