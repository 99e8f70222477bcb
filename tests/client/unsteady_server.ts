// A daemon's door with a bad line: real HTTP and WebSockets, but sockets end, repeat, skip and garble as the test wants.
import type { EventEnvelope } from "../../src/protocol/facts.ts";

export type Mishap = "drop" | "repeat" | "skip" | "gap" | "garble" | "early";

export interface UnsteadyServer {
  url: string;
  token: string;
  sockets(): number;
  /** Adds facts; they are sent to open sockets. */
  grow(count: number): void;
  /** Forgets the last facts, as after a restore of an older disk. */
  shrink(to: number): void;
  stop(): Promise<void>;
}

const token = "unsteady-token";

/** `mishaps` gives, for each frame that is due, what goes wrong with it; undefined for nothing. */
export function startUnsteadyServer(count: number, mishaps: () => Mishap | undefined): UnsteadyServer {
  const facts: EventEnvelope[] = [];
  const open = new Set<() => void>();
  let opened = 0;

  const grow = (more: number) => {
    for (let i = 0; i < more; i++) facts.push(factOf(facts.length + 1));
    for (const send of [...open]) send();
  };
  grow(count);

  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
    const url = new URL(request.url);
    if (url.pathname === "/health") {
      return Response.json({ status: "ok", version: "t", uptime_s: 1, sessions: 1 });
    }
    const offered = request.headers.get("sec-websocket-protocol") ?? "";
    const known = request.headers.get("authorization") === `Bearer ${token}` ||
      offered.includes(`jamey.bearer.${token}`);
    if (!known) {
      return Response.json({ error: { code: "unauthorized", message: "Cannot answer: wrong token" } }, {
        status: 401,
      });
    }
    if (!url.pathname.startsWith("/sessions/s1/")) {
      return Response.json({ error: { code: "not_found", message: "Cannot find it: unknown session" } }, {
        status: 404,
      });
    }
    const after = Number(url.searchParams.get("after"));
    if (url.pathname.endsWith("/events")) {
      const limit = Number(url.searchParams.get("limit"));
      return Response.json({ events: facts.slice(after, after + limit), head: facts.length });
    }
    const { socket, response } = Deno.upgradeWebSocket(request, { protocol: "jamey.v1" });
    serveSocket(socket, after);
    return response;
  });

  function serveSocket(socket: WebSocket, after: number): void {
    let at = after;
    let synced = false;
    const send = (frame: unknown) => socket.send(typeof frame === "string" ? frame : JSON.stringify(frame));
    const close = () => {
      open.delete(flow);
      socket.close();
    };
    function flow(): void {
      while (at < facts.length && socket.readyState === WebSocket.OPEN) {
        const frame = { type: "event", event: facts[at] };
        const mishap = mishaps();
        if (mishap === "drop") return close();
        if (mishap === "repeat" && at > 0) send({ type: "event", event: facts[at - 1] });
        if (mishap === "garble") send('{"type":"event","event":{"seq":');
        if (mishap === "early" && at + 1 < facts.length) send({ type: "event", event: facts[at + 1] });
        if (mishap === "gap") send({ type: "gap", from: at + 1, to: at + 1 });
        else if (mishap !== "skip") send(frame);
        at++;
      }
      if (!synced && socket.readyState === WebSocket.OPEN) {
        synced = true;
        send({ type: "synced", seq: at });
      }
    }
    socket.onopen = () => {
      opened++;
      open.add(flow);
      send({ type: "hello", session_id: "s1", head: facts.length, epoch: 1 });
      flow();
    };
    socket.onclose = () => open.delete(flow);
    socket.onerror = (event) => event.preventDefault();
  }

  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    token,
    sockets: () => opened,
    grow,
    shrink: (to) => void (facts.length = to),
    stop: () => server.shutdown(),
  };
}

function factOf(seq: number): EventEnvelope {
  return { seq, at: "2026-01-01T00:00:00.000Z", actor: "main", type: "test.happened", v: 1, data: { seq } };
}
