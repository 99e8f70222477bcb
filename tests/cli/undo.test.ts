// `jamey undo`: what it asks of the daemon, and what it makes of the answer.
import { afterEach, beforeEach, expect, test } from "vitest";
import { jamey, writeDiscovery } from "./program.ts";

let dataDir: string;
let asked: { path: string; body: unknown }[];
let answer: { output: string; success: boolean };
let server: Deno.HttpServer<Deno.NetAddr>;

beforeEach(async () => {
  dataDir = await Deno.makeTempDir({ prefix: "jamey-undo-" });
  asked = [];
  answer = { output: 'Undid c1: restored "f"', success: true };
  server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (request) => {
    const { pathname } = new URL(request.url);
    if (pathname === "/health") {
      return Response.json({ status: "ok", version: "0.0.0-test", uptime_s: 1, sessions: 1 });
    }
    asked.push({ path: pathname, body: await request.json() });
    return Response.json({ result: { id: "c2", name: "Undo", ...answer } });
  });
  await writeDiscovery(dataDir, `http://127.0.0.1:${server.addr.port}`);
});
afterEach(async () => {
  await server.shutdown();
  await Deno.remove(dataDir, { recursive: true });
});

test("undo runs the tool by hand in the named session and prints what it did", async () => {
  expect(await jamey(dataDir, ["undo", "my session"])).toMatchObject({
    code: 0,
    stdout: 'Undid c1: restored "f"\n',
  });
  expect(asked).toEqual([{
    path: "/sessions/my%20session/tools",
    body: { tool_call: { name: "Undo", args: {} } },
  }]);
});

test("a call and the list are passed on, and --json gives the answer as it is", async () => {
  await jamey(dataDir, ["undo", "last", "--call", "c12-1"]);
  const { stdout } = await jamey(dataDir, ["undo", "last", "--list", "--json"]);
  expect(JSON.parse(stdout)).toEqual({ id: "c2", name: "Undo", ...answer });
  expect(asked.map(({ body }) => body)).toEqual([
    { tool_call: { name: "Undo", args: { call_id: "c12-1" } } },
    { tool_call: { name: "Undo", args: { list: true } } },
  ]);
});

test("an undo that is refused ends with 1 and the reason, and words that make no sense with 2", async () => {
  answer = { output: 'Error: Cannot undo "c1": "f" is not as that call left it', success: false };
  const refused = await jamey(dataDir, ["undo", "last"]);
  expect({ code: refused.code, stdout: refused.stdout }).toEqual({ code: 1, stdout: "" });
  expect(refused.stderr).toBe('error: Cannot undo "c1": "f" is not as that call left it\n');
  expect((await jamey(dataDir, ["undo"])).code).toBe(2);
  expect((await jamey(dataDir, ["undo", "last", "--list", "--call", "c1"])).code).toBe(2);
  expect(asked).toHaveLength(1);
});
