// The head of an HTTP message as a proxy sees it: read with a maximum, understood, and made fit for the server.
import { Problem } from "../../src/protocol/problem.ts";
import { untilAborted } from "./network_rules.ts";
import { portOf } from "./web_url.ts";

export const headBytesMax = 64 * 1024;

export interface RequestHead {
  /** As the URL parser writes it: numbers in any notation have become an address. */
  host: string;
  port: number;
  /** CONNECT: bytes go through as they are. */
  isTunnel: boolean;
  method: string;
  path: string;
  lines: string[];
}

/** Reads up to the empty line; `rest` is what came behind it. */
export async function readHead(
  from: Deno.Conn,
  signal: AbortSignal,
  start: Uint8Array = new Uint8Array(),
): Promise<{ head: string; rest: Uint8Array }> {
  const all = new Uint8Array(headBytesMax);
  all.set(start.subarray(0, headBytesMax));
  let size = Math.min(start.length, headBytesMax);
  const decoder = new TextDecoder("latin1");
  for (let searched = 0;;) {
    const end = decoder.decode(all.subarray(searched, size)).indexOf("\r\n\r\n");
    if (end >= 0) {
      return {
        head: decoder.decode(all.subarray(0, searched + end)),
        rest: all.slice(searched + end + 4, size),
      };
    }
    searched = Math.max(0, size - 3);
    const room = all.subarray(size);
    const read = room.length === 0 ? null : await untilAborted(from.read(room), signal);
    if (read === null) {
      const why = room.length === 0
        ? `its head is longer than ${headBytesMax} bytes`
        : "the connection ended";
      throw new Problem("unavailable", `Cannot read the answer: ${why} before it was whole, try again`);
    }
    size += read;
  }
}

/** What a client asks of a proxy; null for everything that is not asked of a proxy. */
export function requestHead(head: string): RequestHead | null {
  const [first = "", ...lines] = head.split("\r\n");
  const [, method = "", target = ""] = /^([A-Z]{1,20}) (\S+) HTTP\/1\.[01]$/.exec(first) ?? [];
  const isTunnel = method === "CONNECT";
  // Nothing but a host and a port: no user name, no path, nothing that two parsers could read in two ways.
  if (isTunnel && !/^[^\s@/?#\\]+:\d{1,5}$/.test(target)) return null;
  // https in front makes the port of CONNECT explicit or 443; its host is read as in any address.
  const url = URL.parse(isTunnel ? `https://${target}` : target);
  if (url === null || (!isTunnel && url.protocol !== "http:")) return null;
  return {
    host: url.hostname,
    port: portOf(url),
    isTunnel,
    method,
    path: `${url.pathname}${url.search}`,
    lines,
  };
}

/** The head for the server: without what was meant for the proxy, and with the end of the connection announced. */
export function plainHeadOf(asked: RequestHead): string {
  const kept = asked.lines.filter((line) => !/^(proxy-[\w-]+|connection|keep-alive|host):/i.test(line));
  const host = asked.port === 80 ? asked.host : `${asked.host}:${asked.port}`;
  return [`${asked.method} ${asked.path} HTTP/1.1`, `host: ${host}`, ...kept, "connection: close", "", ""]
    .join("\r\n");
}
