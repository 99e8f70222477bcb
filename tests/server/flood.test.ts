import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { hostKinds } from "../support/hosts.ts";
import { openSocket, startTestServer, type TestServer } from "../support/server.ts";

const idleConnections = 400;
const tinyFrames = 200_000;
const commands = 2_000;

describe.each(hostKinds)("floods against the $name", (kind) => {
  let server: TestServer;
  let id: string;
  beforeEach(async () => {
    server = await startTestServer(kind);
    id = await server.session();
  });
  afterEach(async () => {
    await server.close();
    expect(server.reports).toEqual([]);
  });
  const isSynced = (frame: { type: string }) => frame.type === "synced";

  it("N15: connections that send half a request, or nothing, keep nobody else from being served", async () => {
    const connections: Deno.TcpConn[] = [];
    for (let n = 0; n < idleConnections; n++) {
      const connection = await Deno.connect({ hostname: "127.0.0.1", port: server.port });
      if (n % 2 === 0) await connection.write(new TextEncoder().encode("GET /health HTTP/1.1\r\nHost: 127"));
      connections.push(connection);
    }
    expect((await server.fetch(`/sessions/${id}`)).status).toBe(200);
    const socket = openSocket(server, `/sessions/${id}/ws`);
    await socket.until(isSynced);
    socket.socket.close();
    for (const connection of connections) connection.close();
  });

  it("N15: very many tiny frames end the connection that sends them, and no other", async () => {
    const other = openSocket(server, `/sessions/${id}/ws`);
    await other.until(isSynced);
    const flood = openSocket(server, `/sessions/${id}/ws`);
    await flood.until(isSynced);
    for (let n = 0; n < tinyFrames; n++) flood.socket.send("x");
    // A client that is cut off in mid-sentence may see no code.
    expect([0, 1006, 1008]).toContain((await flood.closed).code);
    expect(flood.frames.filter((frame) => frame.type === "error").length).toBeLessThanOrEqual(11);
    await server.call("POST", `/sessions/${id}/name`, { name: "still here" });
    await other.until((frame) => frame.type === "event" && frame.event.type === "session.renamed");
    other.socket.close();
  });

  it("every one of many commands is answered exactly once, accepted or refused", async () => {
    const socket = openSocket(server, `/sessions/${id}/ws?deltas=false`);
    await socket.until(isSynced);
    for (let n = 0; n < commands; n++) socket.command(`c${n}`, { type: "session.rename", name: `name ${n}` });
    const answers = () =>
      socket.frames.filter((frame) => frame.type === "accepted" || frame.type === "refused");
    while (answers().length < commands) await new Promise((resolve) => setTimeout(resolve, 20));
    expect(new Set(answers().map((frame) => "id" in frame ? frame.id : "")).size).toBe(commands);
    const accepted = answers().filter((frame) => frame.type === "accepted").length;
    const { events } = await server.host.events(id, 0, 10_000);
    expect(events.filter((fact) => fact.type === "session.renamed")).toHaveLength(accepted);
    socket.socket.close();
  });
});
