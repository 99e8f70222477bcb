// S5: the door through which a browser reaches the web leads nowhere inside, whatever is asked of it.
import { afterEach, beforeEach, expect, test } from "vitest";
import { doorConnectionsMax, type GuardedDoor, openDoor } from "../../tools/web/guarded_door.ts";
import { headBytesMax } from "../../tools/web/proxy_head.ts";
import { tally } from "../support/tally.ts";
import { pages, startWebServer, type WebServer } from "../support/web_server.ts";

let site: WebServer;
let canary: WebServer;
let door: GuardedDoor;
beforeEach(async () => {
  site = await startWebServer(pages({ "/": { type: "text/plain", body: "outside" } }));
  canary = await startWebServer((_request, response) => response.end("inside-secret"));
  door = openDoor({ rules: { allow: (_address, port) => port === site.port }, bytesMax: 100_000 });
});
afterEach(async () => {
  door.close();
  await site.close();
  await canary.close();
});

const connect = () => Deno.connect({ hostname: "127.0.0.1", port: Number(new URL(door.url).port) });

/** Sends the text and reads until the other side ends. */
async function exchange(text: string): Promise<string> {
  const connection = await connect();
  await connection.write(new TextEncoder().encode(text)).catch(() => {});
  let answer = "";
  try {
    for await (const piece of connection.readable.pipeThrough(new TextDecoderStream())) answer += piece;
  } catch {
    // Reset counts as the end.
  }
  return answer;
}

test("a connection serves one request: a second one for another host cannot ride on it", async () => {
  const get = (port: number) =>
    `GET http://127.0.0.1:${port}/ HTTP/1.1\r\nHost: x\r\nConnection: keep-alive\r\n\r\n`;
  const answer = await exchange(get(site.port));
  expect(answer).toContain("outside");
  expect(answer.toLowerCase()).toContain("\r\nconnection: close\r\n");
  expect(answer.toLowerCase()).not.toContain("keep-alive");
  expect(await exchange(get(site.port) + get(canary.port))).not.toContain("inside-secret");
  expect(canary.connections()).toBe(0);
});

test("what is meant for the proxy stays with it, and the host is the one that was checked", async () => {
  await exchange(
    `GET http://127.0.0.1:${site.port}/ HTTP/1.1\r\nHost: evil.example\r\nProxy-Authorization: Basic x\r\n\r\n`,
  );
  expect(site.requests).toEqual([`GET / 127.0.0.1:${site.port}`]);
  expect(site.headers[0]?.["proxy-authorization"]).toBeUndefined();
});

test("nothing inside is reached by any way of asking", async () => {
  const port = canary.port;
  const asked = [
    `CONNECT 127.0.0.1:${port}`,
    `CONNECT localhost:${port}`,
    `CONNECT [::1]:${port}`,
    `CONNECT 0x7f.1:${port}`,
    `CONNECT 2130706433:${port}`,
    `CONNECT [::ffff:7f00:1]:${port}`,
    `CONNECT user@127.0.0.1:${port}`,
    `CONNECT 127.0.0.1:${port}/x`,
    `CONNECT 127.0.0.1:${site.port}@127.0.0.1:${port}`,
    `CONNECT 127.0.0.1:${site.port}#@127.0.0.1:${port}`,
    `GET http://127.0.0.1:${port}/`,
    `POST http://[::ffff:127.0.0.1]:${port}/`,
    `GET http://127.1:${port}/`,
    `GET https://127.0.0.1:${port}/`,
    `GET ftp://127.0.0.1:${port}/`,
    "GET /",
    "GET *",
    "CONNECT",
    "",
    "nonsense",
  ]; // dprint-ignore
  for (const first of asked) {
    const answer = await exchange(`${first} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`);
    expect(answer, first).not.toContain("inside-secret");
    expect(answer, first).toMatch(/^HTTP\/1\.1 (400|403) /);
  }
  const [tried, escapes] = [asked.length, canary.connections()];
  tally({ family: "S5", what: "ways of asking the door", tried, refused: tried - escapes, escapes });
  expect(escapes).toBe(0);
});

test("a head without end, a body without end and too many connections are cut", async () => {
  expect(await exchange("x".repeat(headBytesMax + 10))).toBe("");
  await site.close();
  site = await startWebServer((_request, response) => response.end("y".repeat(1_000_000)));
  const answer = await exchange(`GET http://127.0.0.1:${site.port}/ HTTP/1.1\r\n\r\n`);
  expect(answer.length).toBeLessThan(300_000);
  const held = await Promise.all(Array.from({ length: doorConnectionsMax }, connect));
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(await exchange(`GET http://127.0.0.1:${site.port}/ HTTP/1.1\r\n\r\n`)).toBe("");
  for (const connection of held) connection.close();
});

test("closing the door ends what goes through it", async () => {
  const connection = await connect();
  await connection.write(new TextEncoder().encode(`CONNECT 127.0.0.1:${site.port} HTTP/1.1\r\n\r\n`));
  const buffer = new Uint8Array(100);
  expect(new TextDecoder().decode(buffer.subarray(0, await connection.read(buffer) ?? 0))).toContain("200");
  door.close();
  expect(await connection.read(buffer).catch(() => null)).toBeNull();
  connection.close();
  await expect(connect()).rejects.toThrow();
});
