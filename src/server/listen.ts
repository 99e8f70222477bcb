// Finding a port: the one that was asked for or a clear refusal; by default the first free one near 3000.
import { Problem } from "../protocol/problem.ts";
import { defaultLimits } from "./limits.ts";

const loopbackNames = ["127.0.0.1", "localhost", "::1"];
/** Ports that are tried after an implicit one is taken; then any. */
const fallbackPorts = 10;

export interface BindOptions {
  hostname: string;
  port: number;
  /** True when a person chose the port: then it is that one or none. */
  portIsExplicit: boolean;
  /** Told when another port had to be taken; one line for a person. */
  onNotice?: (line: string) => void;
}

type Handler = (request: Request) => Response | Promise<Response>;

/** Binds and serves. Throws the Problems `usage` and `port_in_use`. */
export async function listen(bind: BindOptions, handler: Handler): Promise<Deno.HttpServer<Deno.NetAddr>> {
  if (!loopbackNames.includes(bind.hostname)) {
    throw new Problem(
      "usage",
      `Cannot listen on "${bind.hostname}": only this machine may reach the daemon for now`,
      {
        hint: "Use 127.0.0.1; an address that other machines can reach needs TLS, which comes later",
      },
    );
  }
  const hostname = bind.hostname === "localhost" ? "127.0.0.1" : bind.hostname;
  const first = tryPort(hostname, bind.port, handler);
  if (first !== null) return first;
  const holder = await describeHolder(hostname, bind.port);
  if (bind.portIsExplicit) {
    throw new Problem("port_in_use", `Cannot listen on port ${bind.port}: ${holder} holds it`, {
      hint: "Choose another with --port, or stop that program",
    });
  }
  const next = Array.from({ length: fallbackPorts }, (_, index) => bind.port + 1 + index);
  for (const port of [...next, 0]) {
    const server = tryPort(hostname, port, handler);
    if (server === null) continue;
    bind.onNotice?.(`Port ${bind.port} is held by ${holder}: listening on ${server.addr.port}`);
    return server;
  }
  throw new Problem("port_in_use", `Cannot listen: every port from ${bind.port} on is taken`);
}

function tryPort(hostname: string, port: number, handler: Handler): Deno.HttpServer<Deno.NetAddr> | null {
  try {
    return Deno.serve({ hostname, port, onListen: () => {}, onError: brokenStream }, handler);
  } catch (thrown) {
    if (thrown instanceof Deno.errors.AddrInUse) return null;
    if (!(thrown instanceof Deno.errors.PermissionDenied)) throw thrown;
    throw new Problem("usage", `Cannot listen on port ${port}: the system does not permit it`, {
      hint: "Use a port above 1023",
      cause: thrown,
    });
  }
}

/** The app answers every error itself; what comes here is a stream that was cut, with nobody left to read an answer. */
function brokenStream(): Response {
  return new Response(null, { status: 500 });
}

/** Asks the port who it is; a jamey says so at /health. */
async function describeHolder(hostname: string, port: number): Promise<string> {
  const name = hostname === "::1" ? "[::1]" : hostname;
  try {
    const answer = await fetch(`http://${name}:${port}/health`, {
      signal: AbortSignal.timeout(defaultLimits.probeMs),
    });
    // Only now: a server whose port is free starts faster without the schemas.
    const { health } = await import("../protocol/http.ts");
    const parsed = health.safeParse(await answer.json());
    return parsed.success
      ? `jamey ${parsed.data.version} (up for ${Math.round(parsed.data.uptime_s)} s)`
      : "another program";
  } catch {
    return "another program";
  }
}
