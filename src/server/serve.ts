// The server: the app on a loopback port, and its end. The app is loaded once the port is open: until it is there,
// /health is answered and every other request waits.
import type { Host } from "../../actors/host.ts";
import type { AppOptions } from "./app.ts";
import { loopbackHosts, refuse, secure } from "./guard.ts";
import { healthAnswer, healthPath } from "./health.ts";
import { defaultLimits } from "./limits.ts";
import { type BindOptions, listen } from "./listen.ts";

export interface ServerOptions extends Omit<AppOptions, "host" | "allowedHosts" | "stopping">, BindOptions {
  /** May still be on its way. When it never comes, requests that wait for it are answered with 500. */
  host: Host | Promise<Host>;
}

export interface RunningServer {
  url: string;
  port: number;
  /** Ends sockets, streams and waits, lets other requests finish for a moment, then stops. Once; later calls wait too. */
  stop(): Promise<void>;
}

/**
 * Starts to serve. Throws a Problem `usage` for an address that other machines could reach, `port_in_use` when the port
 * is taken and was asked for.
 */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const stopping = new AbortController();
  const graceMs = options.limits?.stopGraceMs ?? defaultLimits.stopGraceMs;
  let hosts: readonly string[] = [];
  const guarding = { allowedHosts: () => hosts, stopping: stopping.signal };
  let answer: (request: Request) => Response | Promise<Response> = early;
  const server = await listen(options, (request) => answer(request));
  const { port } = server.addr;
  hosts = loopbackHosts(port);
  const loading = load();
  loading.catch(() => {});

  async function load(): Promise<typeof answer> {
    const host = await options.host;
    const { createApp } = await import("./app.ts");
    const app = createApp({ ...options, host, ...guarding });
    return answer = (request) => app.fetch(request);
  }

  async function early(request: Request): Promise<Response> {
    if (!asksForHealth(request)) return await (await loading)(request);
    const refused = refuse(request, { ...guarding, checkToken: () => null });
    return secure(refused ?? healthAnswer({ ...options, sessions: 0 }));
  }

  let stopped: Promise<void> | null = null;
  return {
    port,
    url: `http://${options.hostname === "::1" ? "[::1]" : "127.0.0.1"}:${port}`,
    stop() {
      stopped ??= (async () => {
        stopping.abort();
        // A client that keeps its connection busy cannot hold the daemon; the listener is closed by then.
        let timer: ReturnType<typeof setTimeout> | undefined;
        const grace = new Promise<void>((resolve) => {
          timer = setTimeout(resolve, graceMs);
        });
        await Promise.race([server.shutdown(), grace]);
        clearTimeout(timer);
      })();
      return stopped;
    },
  };
}

function asksForHealth({ method, url }: Request): boolean {
  const parsed = URL.parse(url);
  return method === "GET" && parsed?.pathname === healthPath && parsed.search === "";
}
