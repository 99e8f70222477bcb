import { writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { mcpDesk } from "../support/mcp_desk.ts";
import { textOf } from "./workspace.ts";

const packages = resolve("node_modules/@modelcontextprotocol");
const everything = join(packages, "server-everything/dist/index.js");
const limits = { handshakeMs: 20_000 };

it("the reference server works over stdio: text, images, structure, progress, and its questions are refused", async () => {
  const desk = await mcpDesk(() => ({ all: { command: "node", args: [everything, "stdio"] } }), { limits });
  const tools = await desk.learn("all");
  console.log(`server-everything over stdio: ${tools.size} tools`);
  expect(tools.size).toBeGreaterThanOrEqual(8);
  for (const tool of tools.values()) {
    expect(tool).toMatchObject({ effect: "unsafe", requiresConfirmation: true });
    const parsed = tool.parse({
      message: "x",
      a: 1,
      b: 2,
      messageType: "error",
      location: "Chicago",
      topic: "x",
    });
    if (parsed.ok) expect(parsed.call.allowedInPlan({ planFile: "", workspace: "" })).toBe(false);
  }
  const call = (name: string, args = {}) => desk.call(`mcp__all__${name}`, args);
  expect(await call("echo", { message: "hello" })).toMatchObject({
    status: "finished",
    output: "Echo: hello",
  });
  expect(textOf(await call("get-sum", { a: 2, b: 40 }))).toContain("42");
  expect(textOf(await call("get-sum", { a: "no", b: 1 }))).toMatch(/invalid/i);
  const image = await call("get-tiny-image");
  expect(image.status === "finished" && image.images?.[0]?.media_type).toBe("image/png");
  expect(textOf(await call("get-structured-content", { location: "Chicago" }))).toContain("temperature");
  expect(textOf(await call("get-resource-links", { count: 2 }))).toContain("[resource ");
  const slow = await call("trigger-long-running-operation", { duration: 1, steps: 4 });
  expect(textOf(slow)).toContain("completed");
  expect(desk.workspace.live.join("")).toContain("3 of 4");
});

it("the reference server works over streamable HTTP, and its end is told in words", async () => {
  const { port, child } = await serveEverything();
  const desk = await mcpDesk(() => ({ web: { url: `http://127.0.0.1:${port}/mcp` } }), { limits });
  const tools = await desk.learn("web");
  console.log(`server-everything over HTTP: ${tools.size} tools`);
  expect(await desk.call("mcp__web__echo", { message: "hello" })).toMatchObject({ output: "Echo: hello" });
  const slow = desk.call("mcp__web__trigger-long-running-operation", { duration: 20, steps: 40 });
  await expect.poll(() => desk.workspace.live.join(""), { timeout: 20_000 }).toContain("2 of 40");
  child.kill("SIGKILL");
  expect(textOf(await slow)).toMatch(/^Cannot finish mcp__web__trigger-long-running-operation: /);
  expect(textOf(await desk.call("mcp__web__echo", { message: "hello" }))).toMatch(
    /^Cannot finish mcp__web__echo: /,
  );
});

it("the reference server over HTTP hears of a cancel", async () => {
  const { port } = await serveEverything();
  const desk = await mcpDesk(() => ({ web: { url: `http://127.0.0.1:${port}/mcp` } }), { limits });
  await desk.learn("web");
  const cancel = new AbortController();
  const slow = desk.call("mcp__web__trigger-long-running-operation", { duration: 20, steps: 40 }, {
    signal: cancel.signal,
  });
  await expect.poll(() => desk.workspace.live.join(""), { timeout: 20_000 }).toContain("2 of 40");
  cancel.abort();
  expect(await slow).toEqual({ status: "interrupted", reason: "cancelled" });
  expect(await desk.call("mcp__web__echo", { message: "hello" })).toMatchObject({ output: "Echo: hello" });
});

it("the file server reads and writes in the folder it was given, and refuses others", async () => {
  const desk = await mcpDesk(() => ({
    files: { command: "node", args: [join(packages, "server-filesystem/dist/index.js"), "."] },
  }), { limits });
  const tools = await desk.learn("files");
  console.log(`server-filesystem: ${tools.size} tools`);
  const path = join(desk.workspace.dir, "a.txt");
  writeFileSync(path, "from outside");
  expect(textOf(await desk.call("mcp__files__read_text_file", { path }))).toBe("from outside");
  const written = { path: join(desk.workspace.dir, "b.txt"), content: "by the server" };
  expect((await desk.call("mcp__files__write_file", written)).status).toBe("finished");
  expect(Deno.readTextFileSync(written.path)).toBe("by the server");
  const outside = await desk.call("mcp__files__read_text_file", {
    path: join(desk.workspace.outside, "trust.json"),
  });
  expect(outside).toMatchObject({ status: "failed", error: "the tool reports an error" });
  expect(textOf(outside)).toContain("denied");
});

it("the memory server remembers between calls, and after its process was ended", async () => {
  const memory = join(Deno.makeTempDirSync(), "memory.jsonl");
  onTestFinished(() => Deno.removeSync(dirname(memory), { recursive: true }));
  const desk = await mcpDesk(() => ({
    memory: {
      command: "node",
      args: [join(packages, "server-memory/dist/index.js")],
      env: { MEMORY_FILE_PATH: memory },
    },
  }), { limits });
  const tools = await desk.learn("memory");
  console.log(`server-memory: ${tools.size} tools`);
  const entities = [{ name: "jamey", entityType: "program", observations: ["writes logs"] }];
  expect((await desk.call("mcp__memory__create_entities", { entities })).status).toBe("finished");
  await desk.source.close();
  const again = desk.again();
  const [read] = (await again.tools(desk.workspace.dir)).filter(({ name }) =>
    name === "mcp__memory__read_graph"
  );
  const parsed = read?.parse({});
  if (!parsed?.ok) throw new Error("read_graph is not offered");
  const prepared = await parsed.call.prepare(desk.workspace.context());
  const outcome = "status" in prepared ? prepared : await prepared.run();
  expect(textOf(outcome)).toContain("writes logs");
});

/** The reference server on a free port of this machine. */
async function serveEverything(): Promise<{ port: number; child: Deno.ChildProcess }> {
  const probe = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = probe.addr;
  probe.close();
  const child = new Deno.Command("node", {
    args: [everything, "streamableHttp"],
    env: { PORT: String(port) },
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  onTestFinished(async () => {
    try {
      child.kill("SIGKILL");
    } catch {
      // A test may have ended it.
    }
    await child.status;
  });
  const isUp = () =>
    fetch(`http://127.0.0.1:${port}/mcp`).then((answer) => answer.body?.cancel()).then(() => true);
  await expect.poll(() => isUp().catch(() => false), { timeout: 20_000 }).toBe(true);
  return { port, child };
}
