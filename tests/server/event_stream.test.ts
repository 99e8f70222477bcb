import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { eventEnvelope } from "../../src/protocol/facts.ts";
import { until } from "../support/daemon.ts";
import { hostKinds } from "../support/hosts.ts";
import { startTestServer, type TestServer } from "../support/server.ts";

const count = (length: number, from = 1) => Array.from({ length }, (_, index) => index + from);

describe.each(hostKinds)("the event stream over the $name", (kind) => {
  let server: TestServer;
  let id: string;
  beforeEach(async () => {
    server = await startTestServer(kind, { heartbeatMs: 30, followersMax: 2 });
    id = await server.session();
    for (let n = 0; n < 20; n++) await rename(n);
  });
  afterEach(async () => {
    await server.close();
    expect(server.reports).toEqual([]);
  });
  const rename = (n: number) => server.call("POST", `/sessions/${id}/name`, { name: `name ${n}` });
  const head = async () => (await server.host.events(id, 0, 1)).head;

  /** Reads blocks of the stream until `enough` or the end. */
  async function readStream(
    headers: Record<string, string>,
    enough: (blocks: string[]) => boolean,
    query = "",
  ): Promise<{ blocks: string[]; ended: boolean }> {
    const answer = await server.fetch(`/sessions/${id}/events${query}`, {
      headers: { accept: "text/event-stream", ...headers },
    });
    expect(answer.headers.get("content-type")).toMatch(/^text\/event-stream/);
    if (answer.body === null) throw new Error("no body");
    let text = "";
    for await (const chunk of answer.body.pipeThrough(new TextDecoderStream())) {
      text += chunk;
      if (enough(text.split("\n\n").slice(0, -1))) {
        return { blocks: text.split("\n\n").slice(0, -1), ended: false };
      }
    }
    return { blocks: text.split("\n\n").slice(0, -1), ended: true };
  }
  const ids = (blocks: string[]) =>
    blocks.flatMap((block) => {
      const [, seq, data] = /^id: (\d+)\ndata: (.*)$/.exec(block) ?? [];
      if (seq === undefined || data === undefined) return [];
      expect(eventEnvelope.parse(JSON.parse(data)).seq).toBe(Number(seq));
      return [Number(seq)];
    });

  it("gives history and then what happens, with the sequence as id", async () => {
    const before = await head();
    const reading = readStream({}, (blocks) => ids(blocks).length === before + 3);
    for (let n = 0; n < 3; n++) await rename(100 + n);
    expect(ids((await reading).blocks)).toEqual(count(before + 3));
  });

  it("goes on after the last event that the client names, without gap or double", async () => {
    const end = await head();
    const first = ids((await readStream({}, (blocks) => ids(blocks).length >= 5)).blocks);
    const last = first.at(-1) ?? 0;
    const reading = readStream(
      { "last-event-id": String(last) },
      (blocks) => ids(blocks).includes(end + 1),
      "?after=1",
    );
    await rename(200);
    expect([...first, ...ids((await reading).blocks)]).toEqual(count(end + 1));
  });

  it("says that it is still there while nothing happens", async () => {
    const { blocks } = await readStream(
      {},
      (all) => all.filter((block) => block.startsWith(":")).length >= 2,
    );
    expect(blocks.filter((block) => block.startsWith(":")).length).toBeGreaterThanOrEqual(2);
  });

  it("refuses a place that is no sequence or lies beyond the end", async () => {
    for (const last of ["x", "-1", "1e2", "99999999"]) {
      const answer = await server.fetch(`/sessions/${id}/events`, {
        headers: { accept: "text/event-stream", "last-event-id": last },
      });
      expect(answer.status, last).toBe(400);
    }
  });

  it("ends when the session is put away, and when the server stops", async () => {
    const other = id;
    const archived = readStream({}, () => false);
    await rename(1);
    expect((await server.call("DELETE", `/sessions/${other}`)).status).toBe(200);
    expect((await archived).ended).toBe(true);
    id = await server.session();
    const stopped = readStream({}, () => false);
    // The stream has begun before the server stops.
    await rename(2);
    await server.stop();
    expect((await stopped).ended).toBe(true);
  });

  it("gives its place back when the client leaves", async () => {
    for (let n = 0; n < 6; n++) {
      // The server learns of it a moment after the client has left, and refuses until then.
      await until("a place", () => readStream({}, (blocks) => blocks.length > 2).catch(() => null));
    }
  });
});
