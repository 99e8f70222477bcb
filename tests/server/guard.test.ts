import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { errorBody } from "../../src/protocol/http.ts";
import { routes } from "../../src/server/routes/table.ts";
import { hostKinds, memoryKind } from "../support/hosts.ts";
import { rawRequest, startTestServer, type TestServer, testToken, upgradeText } from "../support/server.ts";

const bearer = `Bearer ${testToken}`;

describe.each(hostKinds)("the guard in front of the $name", (kind) => {
  let server: TestServer;
  let id: string;
  beforeEach(async () => {
    server = await startTestServer(kind, { authFailuresMax: 100_000 });
    id = await server.session();
  });
  afterEach(async () => {
    await server.close();
    expect(server.reports.filter((line) => !line.startsWith("Refused "))).toEqual([]);
  });
  const pathOf = (path: string) => path.replace(":id", id).replace(/:\w+/, "x");
  const guarded = routes.filter((route) => !route.open);
  /** One request over TCP; the status, 0 when there was no answer. */
  async function rawStatus(lines: string[], target = "/tools"): Promise<number> {
    const text = `GET ${target} HTTP/1.1\r\n${
      lines.map((line) => `${line}\r\n`).join("")
    }Connection: close\r\n\r\n`;
    const answer = await rawRequest(server, text);
    expect(answer).not.toContain("Echo");
    return Number(/^HTTP\/1\.[01] (\d+)/.exec(answer)?.[1] ?? 0);
  }

  it("N1: no route answers without the right token, and none does anything", async () => {
    const wrong = [
      undefined,
      "",
      "Bearer",
      "Bearer ",
      "Bearer wrong",
      `Bearer ${testToken}x`,
      `Bearer ${testToken.slice(0, -1)}`,
      `Bearer ${testToken.toUpperCase()}`,
      `Bearer ${"x".repeat(5000)}`,
      `Basic ${btoa(`user:${testToken}`)}`,
      `Token ${testToken}`,
      testToken,
      `Bearer ${testToken}, Bearer ${testToken}`,
      `Bearer "${testToken}"`,
      `Bearer ${testToken} ${testToken}`,
    ];
    const before = await server.host.view(id);
    for (const route of guarded) {
      for (const authorization of wrong) {
        const answer = await fetch(server.url + pathOf(route.path), {
          method: route.method,
          ...(authorization === undefined ? {} : { headers: { authorization } }),
        });
        expect(answer.status, `${route.path} ${authorization}`).toBe(401);
        expect(answer.headers.get("www-authenticate")).toContain("Bearer");
        const { error } = errorBody.parse(await answer.json());
        expect(error).toMatchObject({ code: "unauthorized", hint: expect.stringContaining("token_file") });
        expect(JSON.stringify(error)).not.toContain(testToken);
      }
    }
    expect(await server.host.view(id)).toEqual(before);
    expect(server.shutdowns()).toBe(0);
    expect((await fetch(`${server.url}/nothing`)).status).toBe(401);
  });

  it("N2 and N3: only the exact own address is answered, whatever the name points to", async () => {
    const { port } = server;
    const auth = `Authorization: ${bearer}`;
    for (const host of [`127.0.0.1:${port}`, `localhost:${port}`, `[::1]:${port}`]) {
      const answer = await rawRequest(
        server,
        `GET /tools HTTP/1.1\r\nHost: ${host}\r\n${auth}\r\nConnection: close\r\n\r\n`,
      );
      expect(answer, host).toMatch(/^HTTP\/1.1 200 /);
    }
    const wrong = [
      "evil.test",
      `evil.test:${port}`,
      `127.0.0.1.:${port}`,
      `localhost.:${port}`,
      `LOCALHOST:${port}`,
      `localhost.evil.test:${port}`,
      `127.0.0.1`,
      "localhost",
      `127.0.0.1:${port + 1}`,
      `[::]:${port}`,
      `[::ffff:127.0.0.1]:${port}`,
      `0.0.0.0:${port}`,
      `127.0.0.2:${port}`,
      `127.1:${port}`,
      `2130706433:${port}`,
      `192.168.1.10:${port}`,
      `user@127.0.0.1:${port}`,
      `127.0.0.1:${port},evil.test`,
      "",
    ];
    for (const host of wrong) expect([400, 421], host).toContain(await rawStatus([`Host: ${host}`, auth]));
    expect([400, 421]).toContain(await rawStatus([auth]));
    expect([400, 421]).toContain(await rawStatus([`Host: 127.0.0.1:${port}`, "Host: evil.test", auth]));
    expect([400, 421]).toContain(
      await rawStatus([`Host: 127.0.0.1:${port}`, auth], "http://evil.test/tools"),
    );
    // Also the one open route says nothing to a rebound name.
    expect(await rawStatus([`Host: evil.test:${port}`], "/health")).toBe(421);
  });

  it("N4 and N5: pages of other origins are refused, also those of other local ports, and without an Origin", async () => {
    const origins = [
      "https://evil.test",
      "null",
      "file://",
      "chrome-extension://abcdef",
      `http://localhost.evil.test:${server.port}`,
      "http://127.0.0.1:30000",
      "http://localhost:5173",
      `https://127.0.0.1:${server.port}`,
      `http://localhost:${server.port}`,
      `HTTP://127.0.0.1:${server.port}`,
      `http://127.0.0.1:${server.port}/`,
      "",
    ];
    for (const origin of origins) {
      const answer = await rawStatus([
        `Host: 127.0.0.1:${server.port}`,
        `Authorization: ${bearer}`,
        `Origin: ${origin}`,
      ]);
      expect(answer, origin).toBe(403);
    }
    for (const site of ["cross-site", "same-site", "", "Same-Origin"]) {
      const lines = [`Host: 127.0.0.1:${server.port}`, `Authorization: ${bearer}`, `Sec-Fetch-Site: ${site}`];
      expect(await rawStatus(lines), site).toBe(403);
    }
    const own = { origin: server.url, "sec-fetch-site": "same-origin" };
    expect((await server.fetch("/tools", { headers: own })).status).toBe(200);
  });

  it("N6 and N9: no answer has a cookie or a CORS header, and a preflight is refused", async () => {
    const answers = [
      await fetch(`${server.url}/health`),
      await fetch(`${server.url}/tools`),
      await server.fetch("/tools"),
      await server.fetch("/nothing"),
      await server.fetch("/tools", { method: "OPTIONS" }),
      await server.fetch("/tools", { method: "OPTIONS", headers: { origin: "https://evil.test" } }),
      await server.fetch("/tools", { headers: { origin: "https://evil.test" } }),
      await server.fetch(`/sessions/${id}/events`),
    ];
    for (const answer of answers) {
      await answer.body?.cancel();
      const names = [...answer.headers.keys()];
      expect(names.filter((name) => name === "set-cookie" || name.startsWith("access-control-"))).toEqual([]);
      expect(answer.headers.get("x-content-type-options")).toBe("nosniff");
      expect(answer.headers.get("cache-control")).toBe("no-store");
      expect(answer.headers.get("content-security-policy")).toContain("default-src 'none'");
      expect(answer.headers.get("referrer-policy")).toBe("no-referrer");
    }
    expect(answers.slice(4, 6).map((answer) => answer.status)).toEqual([405, 403]);
  });

  it("N7: a body that is not declared as JSON is refused, one that declares nothing is read", async () => {
    const body = JSON.stringify({ name: "typed" });
    const wrong = [
      "text/plain",
      "text/plain;application/json",
      "application/x-www-form-urlencoded",
      "multipart/form-data; boundary=x",
      "application/jsonp",
      "application/json; charset=utf-16",
      "text/json",
      "",
    ];
    for (const type of wrong) {
      const answer = await server.fetch("/sessions", {
        method: "POST",
        body,
        headers: { "content-type": type },
      });
      expect(answer.status, type).toBe(415);
    }
    for (
      const type of ["application/json", "application/json; charset=utf-8", "Application/JSON;charset=UTF-8"]
    ) {
      const answer = await server.fetch("/sessions", {
        method: "POST",
        body,
        headers: { "content-type": type },
      });
      expect(answer.status, type).toBe(201);
    }
    const lines =
      `Host: 127.0.0.1:${server.port}\r\nAuthorization: ${bearer}\r\nContent-Length: ${body.length}`;
    const untyped = await rawRequest(
      server,
      `POST /sessions HTTP/1.1\r\n${lines}\r\nConnection: close\r\n\r\n${body}`,
    );
    expect(untyped).toMatch(/^HTTP\/1.1 201 /);
  });

  it("N8: a WebSocket needs the same, and a token in the address is none", async () => {
    const path = `/sessions/${id}/ws`;
    const good = { Authorization: bearer };
    const wrong: [string, Record<string, string>, RegExp][] = [
      [path, {}, /^HTTP\/1.1 401 /],
      [path, { Authorization: "Bearer wrong" }, /^HTTP\/1.1 401 /],
      [`${path}?token=${testToken}`, {}, /^HTTP\/1.1 401 /],
      [
        `${path}?access_token=${testToken}&authorization=${encodeURIComponent(bearer)}`,
        {},
        /^HTTP\/1.1 401 /,
      ],
      [path, { "Sec-WebSocket-Protocol": "jamey.v1" }, /^HTTP\/1.1 401 /],
      [path, { "Sec-WebSocket-Protocol": "jamey.v1, jamey.bearer.wrong" }, /^HTTP\/1.1 401 /],
      [path, { ...good, Origin: "https://evil.test" }, /^HTTP\/1.1 403 /],
      [path, { ...good, "Sec-Fetch-Site": "same-site" }, /^HTTP\/1.1 403 /],
      [path, { ...good, Host: `evil.test:${server.port}` }, /^HTTP\/1.1 421 /],
    ];
    for (const [target, headers, status] of wrong) {
      expect(await rawRequest(server, upgradeText(server, target, headers), 100)).toMatch(status);
    }
    const echoed = await rawRequest(
      server,
      upgradeText(server, path, { "Sec-WebSocket-Protocol": `jamey.bearer.${testToken}, jamey.v1` }),
      100,
    );
    expect(echoed).toMatch(/^HTTP\/1.1 101 /);
    expect(echoed).toMatch(/sec-websocket-protocol: jamey\.v1\r/i);
    expect(echoed).not.toContain(testToken);
    // The subprotocol is for upgrades only.
    const plain = await fetch(`${server.url}/tools`, {
      headers: { "Sec-WebSocket-Protocol": `jamey.bearer.${testToken}` },
    });
    expect(plain.status).toBe(401);
  });

  it("N10: reading changes nothing, however often", async () => {
    await server.call("POST", `/sessions/${id}/messages?wait=true`, { message: "hello" });
    const before = JSON.stringify([await server.host.view(id), await server.host.list({ limit: 100 })]);
    for (const route of routes.filter(({ method }) => method === "GET")) {
      for (let n = 0; n < 100; n++) {
        const answer = await server.fetch(pathOf(route.path), { method: n % 2 === 0 ? "GET" : "HEAD" });
        await answer.body?.cancel();
        expect(answer.status).toBeLessThan(500);
      }
    }
    expect(JSON.stringify([await server.host.view(id), await server.host.list({ limit: 100 })])).toBe(before);
  });
});

describe("guessing the token", () => {
  it("gets 429 after ten wrong tokens in a minute, while the right one goes on working", async () => {
    const server = await startTestServer(memoryKind);
    const guess = () => fetch(`${server.url}/tools`, { headers: { authorization: "Bearer guess" } });
    const statuses: number[] = [];
    for (let n = 0; n < 12; n++) statuses.push((await guess()).status);
    expect(statuses).toEqual([...Array(10).fill(401), 429, 429]);
    expect((await guess()).headers.get("retry-after")).toBe("60");
    expect((await server.fetch("/tools")).status).toBe(200);
    expect((await fetch(`${server.url}/health`)).status).toBe(200);
    await server.close();
  });
});
