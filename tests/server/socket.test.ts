import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ServerFrame } from "../../src/protocol/frames.ts";
import { hostKinds, memoryKind } from "../support/hosts.ts";
import { openSocket, rawRequest, startTestServer, type TestServer, upgradeText } from "../support/server.ts";

const isSynced = (frame: ServerFrame) => frame.type === "synced";
const count = (length: number, from = 1) => Array.from({ length }, (_, index) => index + from);

/** The text that the deltas make, checking that each goes on where the one before ended. */
function textOf(frames: ServerFrame[]): string {
  let text = "";
  for (const frame of frames) {
    if (frame.type !== "delta") continue;
    expect(frame.offset).toBe(text.length);
    text += frame.text;
  }
  return text;
}
const replied = (frame: ServerFrame) => frame.type === "event" && frame.event.type === "model.replied";

/** The usual limits, and such that nearly every fact has to come out of the log. */
const cases = hostKinds.flatMap((kind) => [
  { name: kind.name, kind, limits: {} },
  { name: `${kind.name} with hardly any buffers`, kind, limits: { feedItemsMax: 1, readFactsMax: 2 } },
]);

describe.each(cases)("WebSocket over the $name", ({ kind, limits }) => {
  let server: TestServer;
  let id: string;
  beforeEach(async () => {
    server = await startTestServer(kind, limits);
    id = await server.session();
  });
  afterEach(async () => {
    await server.close();
    expect(server.reports).toEqual([]);
  });
  const rename = (name: string) => server.call("POST", `/sessions/${id}/name`, { name });
  const head = async () => (await server.host.events(id, 0, 1)).head;

  it("sends hello, the history, synced, and then what happens, with the frame of events as pages have them", async () => {
    for (let n = 0; n < 5; n++) await rename(`one ${n}`);
    const socket = openSocket(server, `/sessions/${id}/ws`);
    await socket.until(isSynced);
    const before = await head();
    await rename("two");
    await socket.until((frame) => frame.type === "event" && frame.event.seq === before + 1);
    expect(socket.frames.map((frame) => frame.type)).toEqual([
      "hello",
      ...count(before).map(() => "event"),
      "synced",
      "event",
    ]);
    expect(socket.frames[0]).toMatchObject({ session_id: id, head: before });
    const { body } = await server.call("GET", `/sessions/${id}/events`);
    expect(body).toMatchObject({
      events: socket.frames.flatMap((frame) => (frame.type === "event" ? [frame.event] : [])),
    });
    expect(socket.socket.protocol).toBe("jamey.v1");
    socket.socket.close();
  });

  it("starts after the given sequence, and refuses one that is beyond the end", async () => {
    for (let n = 0; n < 5; n++) await rename(`name ${n}`);
    const last = await head();
    const socket = openSocket(server, `/sessions/last/ws?after=${last - 2}`);
    await socket.until(isSynced);
    expect(socket.seqs()).toEqual([last - 1, last]);
    socket.socket.close();

    const beyond = openSocket(server, `/sessions/${id}/ws?after=${last + 1}`);
    await beyond.until((frame) => frame.type === "error");
    expect((await beyond.closed).code).toBe(1008);
  });

  it("ten clients that are cut off again and again all end with the same sequence, without gap or double", async () => {
    const rounds = 120;
    const follow = async (client: number): Promise<number[]> => {
      const seqs: number[] = [];
      const end = await head() + rounds;
      for (let connection = 0; (seqs.at(-1) ?? 0) < end; connection++) {
        const socket = openSocket(server, `/sessions/${id}/ws?after=${seqs.at(-1) ?? 0}`);
        // A different point for every client and connection; after a while it may stay.
        const dropAfter = connection > 8 ? Infinity : 2 + ((client * 7 + connection * 13) % 29);
        await socket.until(() => socket.frames.length >= dropAfter || (socket.seqs().at(-1) ?? 0) >= end);
        seqs.push(...socket.seqs());
        socket.socket.close();
        await socket.closed;
        // What arrived between the decision and the close counts too.
        seqs.push(...socket.seqs().filter((seq) => seq > (seqs.at(-1) ?? 0)));
      }
      return seqs;
    };
    const end = await head() + rounds;
    const followers = count(10).map((client) => follow(client));
    for (let n = 0; n < rounds; n++) {
      await server.host.command(id, { type: "session.rename", name: `name ${n}` }, "test");
      if (n % 10 === 0) await new Promise((resolve) => setTimeout(resolve, 2));
    }
    for (const seqs of await Promise.all(followers)) expect(seqs).toEqual(count(end));
  });

  it("a client that joins in a burst of facts misses none and gets none twice", async () => {
    for (let n = 0; n < 50; n++) {
      const burst = (async () => {
        for (let fact = 0; fact < 20; fact++) await rename(`burst ${n} ${fact}`);
      })();
      const socket = openSocket(server, `/sessions/${id}/ws`);
      await burst;
      const end = await head();
      await socket.until(() => (socket.seqs().at(-1) ?? 0) >= end);
      expect(socket.seqs()).toEqual(count(end));
      socket.socket.close();
      if (end > 400) break;
    }
  });

  it("commands are answered under their id: accepted with the sequence, or refused with the reason", async () => {
    const socket = openSocket(server, `/sessions/${id}/ws`);
    await socket.until(isSynced);
    socket.command("a", { type: "message.send", message: "hello", id: "m-1" });
    const accepted = await socket.until((frame) => frame.type === "accepted" && frame.id === "a");
    expect(accepted).toMatchObject({ message_id: "m-1" });
    socket.command("b", { type: "call.answer", call_id: "none", decision: "allow_once" });
    expect(await socket.until((frame) => frame.type === "refused" && frame.id === "b")).toBeDefined();
    socket.command("c", { type: "message.send", message: 7 });
    expect(await socket.until((frame) => frame.type === "refused" && frame.id === "c")).toMatchObject({
      code: "bad_request",
      message: expect.stringContaining("command.message"),
    });
    socket.socket.close();
  });

  it("text arrives in deltas that follow each other, before the fact that carries it all", async () => {
    const socket = openSocket(server, `/sessions/${id}/ws`);
    await socket.until(isSynced);
    socket.command("a", { type: "message.send", message: "hello ".repeat(40) });
    const fact = await socket.until(replied);
    expect(fact).toMatchObject({ event: { data: { text: textOf(socket.frames) } } });
    const lastDelta = socket.frames.findLastIndex((frame) => frame.type === "delta");
    expect(lastDelta).toBeGreaterThan(0);
    expect(lastDelta).toBeLessThan(socket.frames.findIndex(replied));
    socket.socket.close();
  });

  it("wrong frames get an error each and end the connection after ten", async () => {
    const socket = openSocket(server, `/sessions/${id}/ws`);
    await socket.until(isSynced);
    const wrong = [
      "",
      "x",
      "{}",
      "[]",
      "null",
      '{"type":"command"}',
      "[".repeat(5000),
      '{"__proto__":1}',
      "1",
      "2",
    ];
    for (const text of wrong) socket.socket.send(text);
    socket.socket.send(JSON.stringify({ type: "command", id: "still", command: { type: "turn.cancel" } }));
    await socket.until((frame) => "id" in frame && frame.id === "still");
    expect(socket.frames.filter((frame) => frame.type === "error")).toHaveLength(10);
    socket.socket.send(new Uint8Array([1, 2, 3]));
    expect((await socket.closed).code).toBe(1008);
  });

  it("a frame of more than 1 MiB ends the connection", async () => {
    const socket = openSocket(server, `/sessions/${id}/ws`);
    await socket.until(isSynced);
    socket.socket.send("é".repeat(600_000));
    expect((await socket.closed).code).toBe(1009);
  });

  it("stopping the server closes sockets with 1001 and refuses new ones", async () => {
    const sockets = count(3).map(() => openSocket(server, `/sessions/${id}/ws`));
    await Promise.all(sockets.map((socket) => socket.until(isSynced)));
    await server.stop();
    expect((await Promise.all(sockets.map((socket) => socket.closed))).map(({ code }) => code)).toEqual([
      1001,
      1001,
      1001,
    ]);
    await expect(fetch(`${server.url}/health`)).rejects.toThrow();
  });

  it("putting the session away closes its sockets", async () => {
    const socket = openSocket(server, `/sessions/${id}/ws`);
    await socket.until(isSynced);
    expect((await server.call("DELETE", `/sessions/${id}`)).status).toBe(200);
    expect((await socket.closed).code).toBe(1001);
  });

  it("a request without upgrade, for an unknown session or another subprotocol is refused in HTTP", async () => {
    expect((await server.call("GET", `/sessions/${id}/ws`)).status).toBe(400);
    const token = { Authorization: "Bearer test-token-0123456789" };
    const unknown = await rawRequest(server, upgradeText(server, "/sessions/nobody/ws", token));
    expect(unknown).toMatch(/^HTTP\/1.1 404 /);
    const protocol = { ...token, "Sec-WebSocket-Protocol": "other" };
    expect(await rawRequest(server, upgradeText(server, `/sessions/${id}/ws`, protocol))).toMatch(
      /^HTTP\/1.1 400 /,
    );
    const incomplete = { ...token, Connection: "close" };
    expect(await rawRequest(server, upgradeText(server, `/sessions/${id}/ws`, incomplete))).toMatch(
      /^HTTP\/1.1 400 /,
    );
  });
});

describe("deltas, as the memory host makes them", () => {
  let server: TestServer;
  let id: string;
  beforeEach(async () => {
    server = await startTestServer(memoryKind, { followersMax: 3 });
    id = await server.session();
  });
  afterEach(async () => await server.close());
  const long = count(150).map((word) => `word${word}`).join(" ");
  it("a client that joins in mid-answer first gets the text so far", async () => {
    const first = openSocket(server, `/sessions/${id}/ws`);
    await first.until(isSynced);
    first.command("a", { type: "message.send", message: long });
    await first.until((frame) => frame.type === "delta" && frame.offset > 100);
    const late = openSocket(server, `/sessions/${id}/ws`);
    await late.until(replied);
    const deltas = late.frames.filter((frame) => frame.type === "delta");
    expect(deltas[0]).toMatchObject({ offset: 0, text: expect.stringContaining("word10 ") });
    expect(textOf(late.frames)).toBe(`You said: ${long}`);
    first.socket.close();
    late.socket.close();
  });

  it("with deltas=false only facts arrive", async () => {
    const socket = openSocket(server, `/sessions/${id}/ws?deltas=false`);
    await socket.until(isSynced);
    socket.command("a", { type: "message.send", message: long });
    await socket.until(replied);
    expect(textOf(socket.frames)).toBe("");
    socket.socket.close();
  });

  it("there are places for a limited number of clients, and a place is free again after a close", async () => {
    const sockets = count(3).map(() => openSocket(server, `/sessions/${id}/ws`));
    await Promise.all(sockets.map((socket) => socket.until(isSynced)));
    const token = { Authorization: "Bearer test-token-0123456789" };
    expect(await rawRequest(server, upgradeText(server, `/sessions/${id}/ws`, token))).toMatch(
      /^HTTP\/1.1 429 /,
    );
    expect(
      (await server.fetch(`/sessions/${id}/events`, { headers: { accept: "text/event-stream" } })).status,
    ).toBe(429);
    sockets[0]?.socket.close();
    await sockets[0]?.closed;
    const next = openSocket(server, `/sessions/${id}/ws`);
    await next.until(isSynced);
    for (const socket of [...sockets, next]) socket.socket.close();
  });
});
