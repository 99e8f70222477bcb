import { afterEach, describe, expect, it } from "vitest";
import type { Host } from "../../actors/host.ts";
import { Problem } from "../../src/protocol/problem.ts";
import { type RunningServer, type ServerOptions, startServer } from "../../src/server/serve.ts";
import { openMemoryHost } from "../support/memory_host.ts";
import { rawRequest, testToken } from "../support/server.ts";

describe("starting the server", () => {
  const running: RunningServer[] = [];
  afterEach(async () => {
    await Promise.all(running.splice(0).map((server) => server.stop()));
  });
  async function start(options: Partial<ServerOptions>): Promise<RunningServer> {
    const server = await startServer({
      host: openMemoryHost(),
      token: testToken,
      version: "9.9.9",
      startedAt: new Date(),
      onShutdown: () => {},
      hostname: "127.0.0.1",
      port: 0,
      portIsExplicit: true,
      ...options,
    });
    running.push(server);
    return server;
  }
  async function problemOf(options: Partial<ServerOptions>): Promise<Problem> {
    const outcome = await start(options).catch((thrown) => thrown);
    if (outcome instanceof Problem) return outcome;
    throw new Error("it started");
  }

  it("answers /health while the host is on its way, to the same callers as later; all else waits for it", async () => {
    const { promise: host, resolve } = Promise.withResolvers<Host>();
    const server = await start({ host });
    const health = await fetch(`${server.url}/health`);
    expect([health.status, health.headers.get("x-content-type-options")]).toEqual([200, "nosniff"]);
    expect(await health.json()).toMatchObject({ status: "ok", version: "9.9.9", sessions: 0 });
    const foreign = await fetch(`${server.url}/health`, { headers: { origin: "https://example.org" } });
    expect(foreign.status).toBe(403);
    const bound = await rawRequest(
      server,
      "GET /health HTTP/1.1\r\nHost: example.org\r\nConnection: close\r\n\r\n",
    );
    expect(bound).toMatch(/^HTTP\/1.1 421 /);
    let early = true;
    const waiting = ["/sessions", "/health?x=1"].map(async (path) => {
      const { status } = await fetch(server.url + path);
      return [early, status];
    });
    await fetch(`${server.url}/health`);
    early = false;
    resolve(openMemoryHost());
    expect(await Promise.all(waiting)).toEqual([[false, 401], [false, 400]]);
  });

  it("tells those who wait when the host never comes", async () => {
    const { promise: host, reject } = Promise.withResolvers<Host>();
    const server = await start({ host });
    const waiting = fetch(`${server.url}/sessions`);
    await fetch(`${server.url}/health`);
    reject(new Error("it never came"));
    expect((await waiting).status).toBe(500);
  });

  it("listens on this machine only, under each of its names", async () => {
    for (const hostname of ["127.0.0.1", "localhost", "::1"]) {
      const server = await start({ hostname });
      expect((await fetch(`${server.url}/health`)).status).toBe(200);
    }
    for (const hostname of ["0.0.0.0", "::", "192.168.1.2", "example.org", "127.0.0.2", ""]) {
      const problem = await problemOf({ hostname });
      expect([problem.code, problem.exitCode]).toEqual(["usage", 2]);
      expect(problem.hint).toContain("TLS");
    }
  });

  it("a port that was asked for and is held is refused, naming a jamey that holds it", async () => {
    const { port } = await start({});
    const problem = await problemOf({ port });
    expect([problem.code, problem.exitCode]).toEqual(["port_in_use", 3]);
    expect(problem.message).toContain("jamey 9.9.9");
    const other = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const unknown = await problemOf({ port: other.addr.port });
    expect(unknown.message).toContain("another program");
    other.close();
  });

  it("a port that nobody asked for moves to a free one near it, and says so", async () => {
    const first = await start({});
    const notices: string[] = [];
    const second = await start({
      port: first.port,
      portIsExplicit: false,
      onNotice: (line) => notices.push(line),
    });
    expect(second.port).not.toBe(first.port);
    expect(notices).toEqual([expect.stringContaining(`listening on ${second.port}`)]);
    expect((await fetch(`${second.url}/health`)).status).toBe(200);
  });

  it("stopping twice is stopping once, and waiting requests are told", async () => {
    const server = await start({});
    const headers = { authorization: `Bearer ${testToken}`, "content-type": "application/json" };
    const created = await fetch(`${server.url}/sessions`, { method: "POST", headers, body: "{}" });
    const { session_id } = await created.json();
    const waiting = fetch(`${server.url}/sessions/${session_id}/messages?wait=true`, {
      method: "POST",
      headers,
      body: JSON.stringify({ message: "hang" }),
    });
    // The message is on disk once it is in the events; only then is the request waiting.
    for (let seq = 0; seq < 3;) {
      seq = (await (await fetch(`${server.url}/sessions/${session_id}/events`, { headers })).json()).head;
    }
    await Promise.all([server.stop(), server.stop()]);
    const answer = await waiting;
    expect([answer.status, (await answer.json()).error.code]).toEqual([503, "shutting_down"]);
  });
});
