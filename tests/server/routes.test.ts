import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { errorBody } from "../../src/protocol/http.ts";
import {
  eventsPage,
  health,
  requestView,
  sessionView,
  toolResult,
  turnResult,
  verifyReport,
} from "../../src/protocol/http.ts";
import { routes } from "../../src/server/routes/table.ts";
import { until } from "../support/daemon.ts";
import { hostKinds, memoryKind } from "../support/hosts.ts";
import { startTestServer, type TestServer } from "../support/server.ts";

describe.each(hostKinds)("HTTP routes over the $name", (kind) => {
  let server: TestServer;
  beforeEach(async () => {
    server = await startTestServer(kind);
  });
  afterEach(async () => {
    await server.close();
    expect(server.reports).toEqual([]);
  });
  const code = (body: unknown) => errorBody.parse(body).error.code;

  it("health needs no token and tells version and number of sessions", async () => {
    await server.session();
    const answer = await fetch(`${server.url}/health`);
    expect(answer.status).toBe(200);
    expect(health.parse(await answer.json())).toMatchObject({ version: "0.0.0-test", sessions: 1 });
  });

  it("a session can be created, found by id, prefix, name and last, renamed, listed and put away and back", async () => {
    const id = await server.session("first");
    for (const name of [id, id.slice(0, -1), "first", "last"]) {
      const { status, body } = await server.call("GET", `/sessions/${name}`);
      expect(status).toBe(200);
      expect(sessionView.parse(body).session_id).toBe(id);
    }
    expect(await server.call("POST", `/sessions/${id}/name`, { name: "second name" })).toMatchObject({
      status: 200,
    });
    const listed = await server.call("GET", "/sessions?limit=1");
    expect(listed.body).toMatchObject({ sessions: [{ session_id: id, name: "second name" }], next: null });
    expect((await server.call("GET", `/sessions/${encodeURIComponent("second name")}`)).status).toBe(200);

    expect(await server.call("DELETE", `/sessions/${id}`)).toEqual({
      status: 200,
      body: { session_id: id, archived: true },
    });
    expect((await server.call("GET", `/sessions/${id}`)).status).toBe(404);
    expect((await server.call("POST", `/sessions/${id}/restore`)).status).toBe(200);
    expect((await server.call("GET", `/sessions/${id}`)).status).toBe(200);
  });

  it("an ambiguous name is a conflict that names the candidates, an unknown one is not found", async () => {
    const [first, second] = [await server.session("twin"), await server.session("twin")];
    const { status, body } = await server.call("GET", "/sessions/twin");
    expect(status).toBe(409);
    expect(JSON.stringify(body)).toContain(first);
    expect(JSON.stringify(body)).toContain(second);
    for (const name of ["nobody", "x".repeat(300), "%zz", "..%2f..%2fetc", "a%00b"]) {
      const unknown = await server.call("GET", `/sessions/${name}`);
      expect([404, 400]).toContain(unknown.status);
    }
  });

  it("a message is accepted with its sequence, and the same id twice is one message", async () => {
    const id = await server.session();
    const first = await server.call("POST", `/sessions/${id}/messages`, { message: "hello", id: "m-1" });
    expect(first).toMatchObject({ status: 202, body: { accepted: true, message_id: "m-1" } });
    const again = await server.call("POST", `/sessions/${id}/messages`, { message: "hello", id: "m-1" });
    expect(again).toMatchObject({
      status: 202,
      body: { ...z.object({}).loose().parse(first.body), repeated: true },
    });
    await server.call("POST", `/sessions/${id}/messages?wait=true`, { message: "next" });
    const { body } = await server.call("GET", `/sessions/${id}/events?limit=1000`);
    const received = eventsPage.parse(body).events.filter((event) => event.type === "message.received");
    expect(received.map((event) => event.data.message_id === "m-1")).toEqual([true, false]);
  });

  it("with wait=true a message is answered at the end of the turn", async () => {
    const id = await server.session();
    const { status, body } = await server.call("POST", `/sessions/${id}/messages?wait=true`, {
      message: "hello",
    });
    expect(status).toBe(200);
    expect(turnResult.parse(body).messages.at(-1)?.role).toBe("assistant");
  });

  it("events come in pages without a gap, and a page beyond the end is empty", async () => {
    const id = await server.session();
    await server.call("POST", `/sessions/${id}/messages?wait=true`, { message: "hello" });
    const seqs: number[] = [];
    let head = Infinity;
    while (seqs.length < head) {
      const { body } = await server.call("GET", `/sessions/${id}/events?after=${seqs.at(-1) ?? 0}&limit=2`);
      const page = eventsPage.parse(body);
      expect(page.events.length).toBeLessThanOrEqual(2);
      expect(page.events.length).toBeGreaterThan(0);
      seqs.push(...page.events.map((event) => event.seq));
      head = page.head;
    }
    expect(seqs).toEqual(Array.from({ length: head }, (_, index) => index + 1));
    const beyond = await server.call("GET", `/sessions/${id}/events?after=100000`);
    expect(beyond).toMatchObject({ status: 200, body: { events: [], head } });
  });

  it("a session can be shown and forked at an earlier point", async () => {
    const id = await server.session();
    await server.call("POST", `/sessions/${id}/messages?wait=true`, { message: "hello" });
    const early = await server.call("GET", `/sessions/${id}?at=1`);
    expect(sessionView.parse(early.body)).toMatchObject({ seq: 1, conversation: [] });
    expect((await server.call("GET", `/sessions/${id}?at=99999`)).status).toBeGreaterThanOrEqual(400);
    const forked = await server.call("POST", `/sessions/${id}/fork`, { at: 2 });
    expect(forked.status).toBe(201);
    const { session_id } = z.object({ session_id: z.string() }).parse(forked.body);
    const copy = await server.call("GET", `/sessions/${session_id}`);
    expect(sessionView.parse(copy.body).conversation).toHaveLength(1);
    expect((await server.call("POST", `/sessions/${id}/fork`)).status).toBe(201);
  });

  it("what the model was sent can be read back, and the log verified", async () => {
    const id = await server.session();
    await server.call("POST", `/sessions/${id}/messages?wait=true`, { message: "hello" });
    const { body } = await server.call("GET", `/sessions/${id}/events`);
    const called = eventsPage.parse(body).events.find((event) => event.type === "model.called");
    const shown = await server.call("GET", `/sessions/${id}/requests/${called?.data.request_id}`);
    expect(requestView.parse(shown.body).matches).toBe(true);
    expect((await server.call("GET", `/sessions/${id}/requests/none`)).status).toBe(404);
    const verified = await server.call("GET", `/sessions/${id}/verify`);
    expect(verifyReport.parse(verified.body).ok).toBe(true);
  });

  it("the OpenAPI document has every route, every schema it refers to, and nothing else", async () => {
    const { body } = await server.call("GET", "/openapi.json");
    const { paths } = z.object({ paths: z.record(z.string(), z.record(z.string(), z.unknown())) }).loose()
      .parse(body);
    const listed = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`)
    );
    const real = routes.map((route) => `${route.method} ${route.path.replace(/:([a-z_]+)/g, "{$1}")}`);
    expect(listed.sort()).toEqual(real.sort());
    const refs = [...JSON.stringify(body).matchAll(/"\$ref":"([^"]+)"/g)].map(([, ref = ""]) => ref);
    expect(refs.length).toBeGreaterThan(0);
    for (const ref of new Set(refs)) {
      const found = ref.replace(/^#\//, "").split("/").reduce<unknown>(
        (value, key) => z.record(z.string(), z.unknown()).parse(value)[key],
        body,
      );
      expect(found, ref).toBeTypeOf("object");
    }
  });

  it("every route refuses other methods with 405 and unknown queries with 400, in the same form", async () => {
    const id = await server.session();
    for (const route of routes) {
      const path = route.path.replace(":id", id).replace(/:\w+/, "x");
      const answer = await server.fetch(path, { method: "PUT" });
      expect(answer.status, route.path).toBe(405);
      expect(answer.headers.get("allow")).toContain(route.method);
      expect(code(await answer.json())).toBe("method_not_allowed");
      const odd = await server.call(route.method, `${path}?nonsense=1`);
      expect(odd.status, route.path).toBe(400);
      expect(JSON.stringify(odd.body)).toContain("nonsense");
    }
    for (const path of ["/", "/nothing", "/sessions/", `/sessions/${id}/nothing`]) {
      const { status, body } = await server.call("GET", path);
      expect([status, code(body)]).toEqual([404, "not_found"]);
    }
  });

  it("wrong bodies are named field by field, wrong JSON by line and column", async () => {
    const id = await server.session();
    const path = `/sessions/${id}/messages`;
    const wrong = await server.call("POST", path, { mesage: "typo", delivery: "later" });
    expect(wrong.status).toBe(400);
    expect(errorBody.parse(wrong.body).error.message).toMatch(/"message".*"delivery".*"mesage"/s);
    const json = await server.fetch(path, {
      method: "POST",
      body: '{\n  "message": nope}',
      headers: { "content-type": "application/json" },
    });
    expect(json.status).toBe(400);
    expect(errorBody.parse(await json.json()).error.message).toContain("line 2, column 14");
    for (
      const query of ["?limit=0", "?limit=1001", "?after=-1", "?after=1e3", "?after=", "?after=1&after=2"]
    ) {
      expect((await server.call("GET", `/sessions/${id}/events${query}`)).status, query).toBe(400);
    }
  });

  it("shutdown is accepted first and then carried out", async () => {
    expect(await server.call("POST", "/shutdown")).toEqual({ status: 202, body: { accepted: true } });
    await until("the shutdown", () => server.shutdowns() === 1 || null);
  });
});

describe("routes that need the model of the memory host", () => {
  let server: TestServer;
  beforeEach(async () => {
    server = await startTestServer(memoryKind);
  });
  afterEach(async () => await server.close());

  it("a tool run by hand gives its result", async () => {
    const id = await server.session();
    const call = { tool_call: { name: "Echo", args: { text: "hi" } } };
    const { status, body } = await server.call("POST", `/sessions/${id}/tools`, call);
    expect(status).toBe(200);
    expect(toolResult.parse(body).result).toMatchObject({ name: "Echo", output: "hi", success: true });
  });

  it("an approval is listed, answered once, and a second answer gets 409", async () => {
    const id = await server.session();
    await server.call("POST", `/sessions/${id}/messages`, { message: "call Guarded now" });
    const pending = z.object({ approvals: z.array(z.object({ call_id: z.string(), digest: z.string() })) });
    const waiting = await until("the approval", async () => {
      const { body } = await server.call("GET", `/sessions/${id}/approvals`);
      return pending.parse(body).approvals[0] ?? null;
    });
    const path = `/sessions/${id}/approvals/${waiting.call_id}`;
    const answer = { decision: "allow_once", digest: waiting.digest };
    expect((await server.call("POST", path, { decision: "maybe" })).status).toBe(400);
    expect(await server.call("POST", path, answer)).toMatchObject({ status: 200, body: { accepted: true } });
    expect((await server.call("POST", path, answer)).status).toBe(409);
    expect((await server.call("POST", `/sessions/${id}/approvals/none`, answer)).status).toBe(404);
  });

  it("a wait that takes too long is given up, and the turn can be cancelled", async () => {
    await server.close();
    server = await startTestServer(memoryKind, { waitMs: 300 });
    const id = await server.session();
    const late = await server.call("POST", `/sessions/${id}/messages?wait=true`, {
      message: "hang",
      id: "h",
    });
    expect([late.status, errorBody.parse(late.body).error.code]).toEqual([503, "unavailable"]);
    expect((await server.call("POST", `/sessions/${id}/cancel`)).status).toBe(202);
    const ended = await server.call("POST", `/sessions/${id}/messages?wait=true`, {
      message: "hang",
      id: "h",
    });
    expect(ended).toMatchObject({ status: 200, body: { outcome: "cancelled" } });
  });
});
