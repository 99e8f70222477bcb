import { afterEach, describe, expect, it } from "vitest";
import type { ServerFrame } from "../../src/protocol/frames.ts";
import { openRawSocket } from "../support/raw_socket.ts";
import { openSocket, testToken } from "../support/server.ts";

const mebi = 1024 * 1024;
const seqsOf = (frames: ServerFrame[]) =>
  frames.flatMap((frame) => (frame.type === "event" ? [frame.event.seq] : []));
const count = (length: number, from = 1) => Array.from({ length }, (_, index) => index + from);

describe("clients that read slowly or not at all", () => {
  let child: Deno.ChildProcess;
  let lines: ReadableStreamDefaultReader<string>;
  let server: { port: number; url: string; stop: () => Promise<void> };
  let id: string;

  async function start(limits: Record<string, number>): Promise<void> {
    const main = new URL("../support/server_main.ts", import.meta.url).pathname;
    child = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-check", "--v8-flags=--expose-gc", main, testToken, JSON.stringify(limits)],
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    lines = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
    const port = await number();
    server = { port, url: `http://127.0.0.1:${port}`, stop: () => Promise.resolve() };
    id = (await (await post("/sessions", {})).json()).session_id;
  }
  async function number(): Promise<number> {
    const { value = "" } = await lines.read();
    return Number(value.trim());
  }
  async function memory(): Promise<number> {
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode("?\n"));
    writer.releaseLock();
    return await number();
  }
  const post = (path: string, body: unknown) =>
    fetch(server.url + path, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${testToken}` },
      body: JSON.stringify(body),
    });
  /** Makes about `megabytes` of facts: a call carries its text in arguments and output. */
  async function makeFacts(megabytes: number): Promise<void> {
    for (let n = 0; n < megabytes * 2; n++) {
      const sent = await post(`/sessions/${id}/tools`, {
        tool_call: { name: "Echo", args: { text: "x".repeat(250_000) } },
      });
      expect(sent.status).toBe(200);
      await sent.body?.cancel();
    }
  }
  const head = async (): Promise<number> => {
    const answer = await fetch(`${server.url}/sessions/${id}/events?limit=1`, {
      headers: { authorization: `Bearer ${testToken}` },
    });
    return (await answer.json()).head;
  };
  afterEach(async () => {
    await child.stdin.close();
    await lines.cancel();
    await child.status;
  });

  it("eight that stop reading cost less than 8 MiB each, slow nobody, are closed with 4008 and can resume", async () => {
    await start({ stallMs: 500 });
    await makeFacts(4);
    // What the same load costs by itself, with one client that reads.
    const reader = openSocket(server, `/sessions/${id}/ws`);
    await reader.until((frame) => frame.type === "synced");
    const first = await memory();
    await makeFacts(16);
    const alone = await memory() - first;

    const second = await memory();
    const stalled = await Promise.all(
      count(8).map(() => openRawSocket(server.port, `/sessions/${id}/ws?after=0`, testToken)),
    );
    await makeFacts(16);
    const withStalled = await memory() - second;
    console.log(
      `eight stalled clients cost ${((withStalled - alone) / mebi).toFixed(1)} MiB (load alone ${
        (alone / mebi).toFixed(1)
      })`,
    );
    expect(withStalled - alone).toBeLessThan(8 * 8 * mebi);

    const end = await head();
    await reader.until(() => reader.seqs().at(-1) === end);
    expect(reader.seqs()).toEqual(count(end));
    reader.socket.close();

    const [one] = stalled;
    if (one === undefined) throw new Error("no client");
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    const { frames, code } = await one.read(() => false);
    expect(code).toBe(4008);
    const seen = seqsOf(frames);
    expect(seen).toEqual(count(seen.length));
    expect(seen.length).toBeLessThan(end);
    const resumed = openSocket(server, `/sessions/${id}/ws?after=${seen.length}`);
    await resumed.until((frame) => frame.type === "synced");
    expect([...seen, ...resumed.seqs()]).toEqual(count(end));
    resumed.socket.close();
    for (const socket of stalled) socket.close();
  });

  it("an event stream that is not read is cut off and gives its place back", async () => {
    await start({ stallMs: 300, followersMax: 1 });
    await makeFacts(16);
    const stalled = await Deno.connect({ hostname: "127.0.0.1", port: server.port });
    const request = [
      `GET /sessions/${id}/events HTTP/1.1`,
      `Host: 127.0.0.1:${server.port}`,
      `Authorization: Bearer ${testToken}`,
      "Accept: text/event-stream",
    ];
    await stalled.write(new TextEncoder().encode(`${request.join("\r\n")}\r\n\r\n`));
    const statusOfNext = async () => {
      const answer = await fetch(`${server.url}/sessions/${id}/events`, {
        headers: { authorization: `Bearer ${testToken}`, accept: "text/event-stream" },
      });
      await answer.body?.cancel();
      return answer.status;
    };
    while (await statusOfNext() === 200) await new Promise((resolve) => setTimeout(resolve, 5));
    while (await statusOfNext() === 429) await new Promise((resolve) => setTimeout(resolve, 50));
    expect(await statusOfNext()).not.toBe(500);
    stalled.close();
  });

  it("one that reads slowly gets everything in order from the log, at its own pace", async () => {
    await start({});
    await makeFacts(24);
    const slow = await openRawSocket(server.port, `/sessions/${id}/ws`, testToken);
    const before = await memory();
    const end = await head();
    const { frames } = await slow.read((soFar) => soFar.some((frame) => frame.type === "synced"), 1);
    expect(seqsOf(frames)).toEqual(count(end));
    expect(frames.some((frame) => frame.type === "gap")).toBe(false);
    const cost = await memory() - before;
    console.log(`one slow client cost ${(cost / mebi).toFixed(1)} MiB at its end`);
    slow.close();
  });
});
