import { expect, it, onTestFinished } from "vitest";
import { messageBytesMax } from "../../tools/mcp/stdio_transport.ts";
import { mcpDesk } from "../support/mcp_desk.ts";
import { textOf } from "./workspace.ts";

interface Asked {
  id?: number;
  method: string;
}

const json = (id: number | undefined, result: unknown) => Response.json({ jsonrpc: "2.0", id, result });
const initialized = (id: number | undefined) =>
  json(id, {
    protocolVersion: "2025-06-18",
    capabilities: { tools: {} },
    serverInfo: { name: "bad", version: "1" },
  });
const listed = (id: number | undefined) =>
  json(id, { tools: [{ name: "echo", inputSchema: { type: "object" } }] });

/** A server on this machine that does the handshake well, unless told otherwise, and answers calls as the test says. */
function serve(answers: Partial<Record<string, (id: number | undefined, request: Request) => Response>>) {
  const stop = new AbortController();
  const options = { hostname: "127.0.0.1", port: 0, onListen: () => {}, signal: stop.signal };
  const seen: { method: string; headers: Headers }[] = [];
  const server = Deno.serve(options, async (request) => {
    if (request.method !== "POST") return new Response(null, { status: 405 });
    const { id, method } = await request.json() as Asked;
    seen.push({ method, headers: request.headers });
    const answer = answers[method];
    if (answer !== undefined) return answer(id, request);
    if (method === "initialize") return initialized(id);
    if (method === "tools/list") return listed(id);
    return new Response(null, { status: 202 });
  });
  onTestFinished(async () => {
    stop.abort();
    await server.finished;
  });
  return { url: `http://127.0.0.1:${server.addr.port}/mcp`, seen };
}

const stream = (pieces: readonly string[], end: "close" | "break" | "hang" | "repeat") =>
  new ReadableStream<Uint8Array>({
    async start(controller) {
      for (const piece of pieces) controller.enqueue(new TextEncoder().encode(piece));
      await new Promise((resolve) => setTimeout(resolve, 50));
      if (end === "close") controller.close();
      if (end === "break") controller.error(new Error("broken"));
    },
    pull(controller) {
      if (end === "repeat") controller.enqueue(new Uint8Array(1_000_000).fill(120));
    },
  });
const events = { headers: { "content-type": "text/event-stream" } };

const faults = [
  ["hangs", () => new Response(stream([": hello\n\n"], "hang"), events), "it did not answer within 1 s"],
  ["breaks off", () => new Response(stream([": hello\n\n"], "break"), events), ""],
  ["ends without an answer", () => new Response(stream([": hello\n\n"], "close"), events), ""],
  ["answers garbage", () => new Response("{", { headers: { "content-type": "application/json" } }), ""],
  [
    "answers pages",
    () => new Response("<html>", { headers: { "content-type": "text/html" } }),
    "content type",
  ],
  ["fails", () => new Response("broken", { status: 500 }), "broken"],
  [
    "never ends",
    () => new Response(stream(["data: "], "repeat"), events),
    `more than ${messageBytesMax} bytes`,
  ],
  ["redirects elsewhere", () => Response.redirect("http://127.0.0.1:9/", 307), ""],
] as const;

it("R6: whatever a server over HTTP does in a call, the call fails in words and others are unaffected", async () => {
  for (const [what, answer, why] of faults) {
    const [bad, good] = [
      serve({ "tools/call": answer }),
      serve({
        "tools/call": (id) => json(id, { content: [{ type: "text", text: "fine" }] }),
      }),
    ];
    const desk = await mcpDesk(() => ({ bad: { url: bad.url }, good: { url: good.url } }), {
      limits: { quietMs: what === "never ends" ? 10_000 : 1_000 },
    });
    await desk.learn("bad", "good");
    const [failed, fine] = await Promise.all([
      desk.call("mcp__bad__echo", {}),
      desk.call("mcp__good__echo", {}),
    ]);
    expect([what, failed.status]).toEqual([what, "failed"]);
    expect(textOf(failed)).toMatch(/^Cannot finish mcp__bad__echo: ./);
    expect(textOf(failed)).toContain(why);
    expect(fine).toMatchObject({ status: "finished", output: "fine" });
  }
  console.log(
    `R6 MCP over HTTP: ${faults.length} of ${faults.length} faults ended in words, others unaffected`,
  );
});

it("R6: a server over HTTP that cannot be reached, or does not shake hands, is said to have failed", async () => {
  const servers = {
    nobody: { url: "http://127.0.0.1:9/mcp" },
    mute: { url: serve({ initialize: () => new Response(stream([], "hang"), events) }).url },
    other: { url: serve({ initialize: () => new Response("not here", { status: 404 }) }).url },
    file: { url: "file:///etc/passwd" },
  };
  const desk = await mcpDesk(() => servers, { limits: { handshakeMs: 1_000 } });
  for (const name of Object.keys(servers)) {
    await expect(desk.source.refresh(desk.workspace.dir, name)).rejects.toThrow(
      `Cannot use MCP server "${name}": `,
    );
  }
  const states = (await desk.source.status(desk.workspace.dir)).map(({ state }) => state);
  expect(states).toEqual(["failed", "failed", "failed", "failed"]);
});

it("headers of the settings go to the server and to no other", async () => {
  const other = serve({});
  const server = serve({ "tools/call": () => Response.redirect(other.url, 307) });
  const desk = await mcpDesk(() => ({ web: { url: server.url, headers: { "X-Key": "k3y" } } }));
  await desk.learn("web");
  await desk.call("mcp__web__echo", {});
  expect(server.seen.length).toBeGreaterThanOrEqual(4);
  expect(server.seen.every(({ headers }) => headers.get("x-key") === "k3y")).toBe(true);
  expect(other.seen).toEqual([]);
});
