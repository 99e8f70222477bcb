// The server: the app on a loopback port, and its end.
import { type AppOptions, createApp } from "./app.ts";
import { loopbackHosts } from "./guard.ts";
import { defaultLimits } from "./limits.ts";
import { type BindOptions, listen } from "./listen.ts";

export interface ServerOptions extends Omit<AppOptions, "allowedHosts" | "stopping">, BindOptions {}

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
  const app = createApp({ ...options, allowedHosts: () => hosts, stopping: stopping.signal });
  const server = await listen(options, (request) => app.fetch(request));
  const { port } = server.addr;
  hosts = loopbackHosts(port);

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
