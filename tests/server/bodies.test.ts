import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { errorBody } from "../../src/protocol/http.ts";
import { createApp } from "../../src/server/app.ts";
import { parseJson } from "../../src/server/json_text.ts";
import { routes } from "../../src/server/routes/table.ts";
import { hostKinds, memoryKind } from "../support/hosts.ts";
import { rawRequest, startTestServer, type TestServer, testToken } from "../support/server.ts";

const json = { "content-type": "application/json" };
const fuzzRuns = 2_000;

describe.each(hostKinds)("request bodies over the $name", (kind) => {
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
  const post = (body: BodyInit, path = `/sessions/${id}/messages`) =>
    server.fetch(path, { method: "POST", body, headers: json });
  async function expectError(answer: Response, status: number, message: RegExp): Promise<void> {
    expect(answer.status).toBe(status);
    expect(errorBody.parse(await answer.json()).error.message).toMatch(message);
  }

  it("a body may have 1 MiB and no byte more, whether its length is announced or not", async () => {
    const fill = (size: number) => JSON.stringify({ name: "big" }).padEnd(size, " ");
    const name = `/sessions/${id}/name`;
    expect((await post(fill(1024 * 1024), name)).status).toBe(200);
    await expectError(await post(fill(1024 * 1024 + 1), name), 413, /larger than 1048576 bytes/);
    let left = 20;
    const chunks = new ReadableStream<Uint8Array>({
      pull: (controller) =>
        left-- > 0 ? controller.enqueue(new Uint8Array(65_536).fill(32)) : controller.close(),
    });
    await expectError(await post(chunks, name), 413, /larger/);
    expect((await fetch(`${server.url}/health`)).status).toBe(200);
  });

  it("a message may have 32 MiB, for its pictures, and no byte more", async () => {
    const fill = (size: number) => JSON.stringify({ message: "x", id: "big" }).padEnd(size, " ");
    expect((await post(fill(32 * 1024 * 1024))).status).toBe(202);
    await expectError(await post(fill(32 * 1024 * 1024 + 1)), 413, /larger than 33554432 bytes/);
    const image = { media_type: "image/png", data: "no base64!" };
    await expectError(await post(JSON.stringify({ message: "x", images: [image] })), 400, /base64/);
    const many = Array.from({ length: 9 }, () => ({ media_type: "image/png", data: "AAAA" }));
    await expectError(await post(JSON.stringify({ message: "x", images: many })), 400, /images/);
  });

  it("a body that is not UTF-8, nested too deep, or reaches for a prototype is refused", async () => {
    await expectError(await post(new Uint8Array([0x7b, 0xff, 0xfe, 0x7d])), 400, /UTF-8/);
    await expectError(await post("[".repeat(100_000)), 400, /deeper than 64 levels at line 1, column 65/);
    await expectError(await post('{"message":"x","__proto__":{"admin":true}}'), 400, /__proto__/);
    const nested = '{"tool_call":{"name":"Echo","args":{"__proto__":{"admin":true}}}}';
    await expectError(await post(nested, `/sessions/${id}/tools`), 400, /"__proto__" is not allowed/);
    await expectError(await post('{"message":"half \\ud800"}'), 400, /half of a character/);
    await expectError(await post('{"message":"x","max_steps":1e999}'), 400, /max_steps/);
    expect(Object.prototype).not.toHaveProperty("admin");
  });

  it("a body that does not arrive is not waited for, nor one whose length is a lie", async () => {
    await server.close();
    server = await startTestServer(kind, { bodyReadMs: 300 });
    const head =
      `POST /sessions HTTP/1.1\r\nHost: 127.0.0.1:${server.port}\r\nAuthorization: Bearer ${testToken}\r\n`;
    expect(await rawRequest(server, `${head}Content-Length: 50\r\n\r\n{"na`, 600)).toMatch(
      /^HTTP\/1.1 400 .*not complete after/s,
    );
    const both = `${head}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`;
    expect(await rawRequest(server, both)).toMatch(/^HTTP\/1.1 400 /);
    const huge = `GET /health HTTP/1.1\r\nHost: 127.0.0.1:${server.port}\r\nX-Fill: ${
      "x".repeat(200_000)
    }\r\n\r\n`;
    expect(await rawRequest(server, huge)).toMatch(/^HTTP\/1.1 4\d\d /);
    expect((await fetch(`${server.url}/health`)).status).toBe(200);
  });
});

describe("a client that goes on sending", () => {
  it("does not keep the server from stopping", async () => {
    const server = await startTestServer(memoryKind, { stopGraceMs: 50 });
    const client = new AbortController();
    const endless = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(new Uint8Array(65_536).fill(32)),
    });
    const answer = await server.fetch("/sessions", {
      method: "POST",
      body: endless,
      headers: json,
      signal: client.signal,
    });
    expect(answer.status).toBe(413);
    await server.close();
    await expect(Deno.connect({ hostname: "127.0.0.1", port: server.port })).rejects.toThrow();
    client.abort();
  });
});

describe.each(hostKinds)("bodies made at random for the $name", (kind) => {
  const seeds: fc.Arbitrary<string>[] = [
    fc.json({ maxDepth: 6 }),
    fc.string(),
    fc.string({ unit: "binary" }),
    fc.jsonValue({ maxDepth: 3 }).map((value) =>
      JSON.stringify({ message: value, id: value, delivery: value })
    ),
    fc.dictionary(
      fc.constantFrom("message", "name", "tool_call", "decision", "at", "id", "__proto__", "constructor"),
      fc.jsonValue(),
    )
      .map((value) => JSON.stringify(value)),
    fc.tuple(fc.nat(200), fc.constantFrom("[", '{"a":', "1e", '"\\u', "-")).map(([n, text]) =>
      text.repeat(n)
    ),
    fc.jsonValue().map((args) => JSON.stringify({ tool_call: { name: "Echo", args } })),
    fc.json().chain((text) => fc.nat(text.length).map((at) => text.slice(0, at))),
  ];

  it("N16: never cause a 5xx, a report of a bug, or a changed prototype", async () => {
    const reports: string[] = [];
    const { host, close } = await kind.open();
    const { session_id } = await host.create({
      agent_mode: "single",
      add_dirs: [],
      permission_mode: "default",
    });
    const app = createApp({
      host,
      token: testToken,
      version: "0",
      startedAt: new Date(),
      onShutdown: () => {},
      allowedHosts: () => ["127.0.0.1:3000"],
      report: (line) => reports.push(line),
      limits: { waitMs: 50 },
    });
    const targets = routes.filter(({ method, path }) => method === "POST" && path !== "/shutdown");
    const headers = { ...json, host: "127.0.0.1:3000", authorization: `Bearer ${testToken}` };
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...targets), fc.oneof(...seeds), async (route, body) => {
        const path = route.path.replace(":id", session_id).replace(/:\w+/, "x");
        const answer = await app.request(`http://127.0.0.1:3000${path}`, { method: "POST", body, headers });
        expect(answer.status).not.toBe(500);
        // Waiting for a call that asks a person ends at the limit; nothing else may be 5xx.
        if (answer.status >= 500) expect(await answer.text()).toContain("unavailable");
      }),
      { numRuns: fuzzRuns },
    );
    expect(reports).toEqual([]);
    expect(Object.keys(Object.prototype)).toEqual([]);
    await close();
  });

  it("JSON is accepted exactly when the runtime's own parser accepts it, with the same value", () => {
    fc.assert(
      fc.property(fc.oneof(...seeds, fc.json().map((text) => text.replace(/[,:]/, " "))), (text) => {
        const parsed = parseJson(text, 64);
        let expected: unknown;
        let valid = true;
        try {
          expected = JSON.parse(text);
        } catch {
          valid = false;
        }
        if (parsed.ok) expect(parsed.value).toEqual(expected);
        else if (valid) expect(parsed.error).toMatch(/__proto__|half of a character|nested deeper/);
        if (!valid) expect(parsed.ok).toBe(false);
      }),
      { numRuns: fuzzRuns },
    );
  });
});
