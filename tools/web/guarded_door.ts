// The one door to the web: a forward proxy on loopback that checks where each connection leads and connects to exactly
// the address that was checked. WebFetch and the browser go out through it, so names, redirects, scripts, sockets and
// changes of DNS all meet the same rule.
import { messageOf, Problem } from "../../src/protocol/problem.ts";
import { checkedAddresses, type NetworkRules, untilAborted } from "./network_rules.ts";
import { plainHeadOf, readHead, type RequestHead, requestHead } from "./proxy_head.ts";

export const doorConnectionsMax = 128;
const connectTimeoutMs = 8_000;
const headTimeoutMs = 10_000;
const addressesTriedMax = 3;

export interface GuardedDoor {
  /** `http://127.0.0.1:PORT`: a proxy for http, https and WebSockets. */
  url: string;
  /** Why the last connection was not made; null when none failed. */
  refusal(): Problem | null;
  close(): void;
}

export interface DoorOptions {
  rules: NetworkRules;
  /** Bytes that one connection may bring in. */
  bytesMax: number;
}

export function openDoor(options: DoorOptions): GuardedDoor {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return { url: `http://127.0.0.1:${listener.addr.port}`, ...serveDoor(listener, options) };
}

/** The same behind any listener: also one that only those can reach who are given its file. */
export function serveDoor(
  listener: AsyncIterable<Deno.Conn> & { close(): void },
  options: DoorOptions,
): Pick<GuardedDoor, "refusal" | "close"> {
  const ended = new AbortController();
  const open = new Set<Deno.Conn>();
  let refusal: Problem | null = null;
  const serve = async () => {
    for await (const client of listener) {
      if (open.size >= doorConnectionsMax) {
        client.close();
        continue;
      }
      open.add(client);
      const signal = ended.signal;
      passThrough(client, { ...options, signal }).catch((thrown) => {
        if (thrown instanceof Problem) refusal = thrown;
      }).finally(() => {
        open.delete(client);
        closeQuietly(client);
      });
    }
  };
  serve().catch(() => {});
  return {
    refusal: () => refusal,
    close() {
      ended.abort();
      closeQuietly(listener);
      for (const client of open) closeQuietly(client);
    },
  };
}

type PassOptions = DoorOptions & { signal: AbortSignal };

async function passThrough(client: Deno.Conn, options: PassOptions): Promise<void> {
  const { head, rest } = await readHead(
    client,
    AbortSignal.any([options.signal, AbortSignal.timeout(headTimeoutMs)]),
  );
  const asked = requestHead(head);
  if (asked === null) return await answer(client, "400 Bad Request");
  let server: Deno.Conn;
  try {
    server = await connect(asked, options);
  } catch (thrown) {
    await answer(client, "403 Forbidden").catch(() => {});
    throw thrown;
  }
  const stop = () => closeQuietly(server);
  options.signal.addEventListener("abort", stop, { once: true });
  try {
    await (asked.isTunnel
      ? tunnel(client, server, options)
      : forward({ asked, rest }, client, server, options));
  } finally {
    options.signal.removeEventListener("abort", stop);
    closeQuietly(server);
  }
}

async function connect(asked: RequestHead, { rules, signal }: PassOptions): Promise<Deno.Conn> {
  const limited = AbortSignal.any([signal, AbortSignal.timeout(connectTimeoutMs)]);
  const addresses = await checkedAddresses(asked, rules, limited);
  let last: unknown;
  for (const hostname of addresses.slice(0, addressesTriedMax)) {
    const connecting = Deno.connect({ hostname, port: asked.port });
    try {
      return await untilAborted(connecting, limited);
    } catch (thrown) {
      last = thrown;
      // Given up, it may still succeed.
      connecting.then(closeQuietly, () => {});
    }
  }
  throw new Problem("unavailable", `Cannot reach "${asked.host}": ${messageOf(last)}`);
}

async function tunnel(client: Deno.Conn, server: Deno.Conn, { bytesMax }: PassOptions): Promise<void> {
  await writeAll(client, new TextEncoder().encode("HTTP/1.1 200 Connection established\r\n\r\n"));
  await pipeBoth(client, server, bytesMax);
}

/** One request and its answer, then the end: a connection that is used again could lead to another host. */
async function forward(
  { asked, rest }: { asked: RequestHead; rest: Uint8Array },
  client: Deno.Conn,
  server: Deno.Conn,
  { bytesMax, signal }: PassOptions,
): Promise<void> {
  await writeAll(server, new TextEncoder().encode(plainHeadOf(asked)));
  await writeAll(server, rest);
  const sending = copy(client, server, bytesMax).catch(() => {});
  let reply = await readHead(server, signal);
  // Heads that only announce the real one are passed over; how many there may be, the size of a head bounds.
  for (let early = 0; early < 8 && /^HTTP\/1\.[01] 1\d\d/.test(reply.head); early++) {
    reply = await readHead(server, signal, reply.rest);
  }
  const lines = reply.head.split("\r\n").filter((line) =>
    !/^(connection|keep-alive|proxy-connection):/i.test(line)
  );
  await writeAll(client, new TextEncoder().encode(`${lines.join("\r\n")}\r\nconnection: close\r\n\r\n`));
  await writeAll(client, reply.rest);
  await copy(server, client, bytesMax);
  closeQuietly(client);
  await sending;
}

async function pipeBoth(client: Deno.Conn, server: Deno.Conn, bytesMax: number): Promise<void> {
  const finish = () => [client, server].forEach(closeQuietly);
  await Promise.all([
    copy(client, server, bytesMax).finally(finish),
    copy(server, client, bytesMax).finally(finish),
  ]).catch(() => {});
}

async function copy(from: Deno.Conn, to: Deno.Conn, bytesMax: number): Promise<void> {
  const buffer = new Uint8Array(64 * 1024);
  for (let total = 0; total <= bytesMax;) {
    const read = await from.read(buffer);
    if (read === null) return;
    total += read;
    await writeAll(to, buffer.subarray(0, read));
  }
}

async function writeAll(to: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await to.write(bytes.subarray(at));
}

async function answer(client: Deno.Conn, status: string): Promise<void> {
  const text = `HTTP/1.1 ${status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n`;
  await writeAll(client, new TextEncoder().encode(text));
}

function closeQuietly(resource: { close(): void }): void {
  try {
    resource.close();
  } catch {
    // It was closed already.
  }
}
