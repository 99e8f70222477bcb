import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { fileBytesMax, serversMax } from "../../tools/mcp/folder_file.ts";
import { mcpDesk } from "../support/mcp_desk.ts";
import { changeable, tellTools, told } from "../support/mcp_told.ts";
import { textOf } from "./workspace.ts";

const names = (tools: Map<string, unknown>) => [...tools.keys()];

it("P1: a folder's servers start no process before their exact entry is approved, whoever asks", async () => {
  const desk = await mcpDesk();
  const touch = { command: "sh", args: ["-c", `touch "${desk.workspace.dir}/ran"`, desk.mark] };
  desk.writeServers({
    evil: touch,
    worse: desk.bad("good"),
    http: { type: "http", url: "http://127.0.0.1:9/" },
  });
  for (let count = 0; count < 3; count++) {
    expect(await desk.tools()).toEqual(new Map());
    await desk.source.items(desk.workspace.dir);
    await desk.source.status(desk.workspace.dir);
  }
  for (const server of ["evil", "worse", "http"]) {
    await expect(desk.source.refresh(desk.workspace.dir, server)).rejects.toThrow("was never approved");
  }
  expect(await desk.processes()).toEqual([]);
  expect(readdirSync(desk.workspace.dir)).toEqual([".mcp.json"]);
  const items = await desk.source.items(desk.workspace.dir);
  expect(items.map(({ item, standing }) => [item.kind, item.name, standing])).toEqual([
    ["mcp_server", "evil", "unknown"],
    ["mcp_server", "worse", "unknown"],
    ["mcp_server", "http", "unknown"],
  ]);
  expect(items[0]?.item.text).toContain("touch");
  console.log("P1 .mcp.json: 3 hostile servers, 0 processes started before approval");
});

it("an approved server is connected to, and its tools are offered only once they too were seen", async () => {
  const desk = await mcpDesk();
  desk.writeServers({ helper: desk.bad("good") });
  await desk.approve("mcp_server");
  await desk.tools();
  await expect.poll(() => desk.source.status(desk.workspace.dir), { timeout: 20_000 }).toMatchObject([
    { state: "unknown", reason: 'tools that wait for approval: "echo", "other"' },
  ]);
  expect(await desk.tools()).toEqual(new Map());
  await desk.approve("mcp_tools");
  expect(names(await desk.tools())).toEqual(["mcp__helper__echo", "mcp__helper__other"]);
  expect(await desk.call("mcp__helper__echo", { text: "hi" })).toMatchObject({ output: "echo hi" });
});

it("P3: one changed byte in an approved entry ends its server and waits for approval again", async () => {
  const desk = await mcpDesk();
  desk.writeServers({ helper: desk.bad("good", "a") });
  await desk.approve("mcp_server");
  await desk.source.refresh(desk.workspace.dir, "helper");
  await desk.approve("mcp_tools");
  expect((await desk.tools()).size).toBe(2);
  desk.writeServers({ helper: desk.bad("good", "b") });
  expect(await desk.tools()).toEqual(new Map());
  expect(await desk.source.status(desk.workspace.dir)).toMatchObject([{ state: "changed" }]);
  await expect.poll(() => desk.processes(), { timeout: 20_000 }).toEqual([]);
  desk.writeServers({ helper: desk.bad("good", "a") });
  expect((await desk.tools()).size).toBe(2);
});

it("approval that is taken back ends the server and takes the tools away, and their calls fail", async () => {
  const desk = await changeable();
  const tools = await desk.learn();
  expect(names(tools)).toEqual(["mcp__shifty__keeps", "mcp__shifty__turns"]);
  expect(await desk.processes()).toHaveLength(1);
  expect(await desk.trust.withdraw(desk.workspace.dir)).toBe(2);
  await desk.source.settle(desk.workspace.dir);
  await expect.poll(() => desk.processes(), { timeout: 20_000 }).toEqual([]);
  expect(await desk.tools()).toEqual(new Map());
  expect(textOf(await desk.call("mcp__shifty__keeps", {}))).toContain("was never approved");
});

it("the same tools in another order, with keys in another order, are the same tools", async () => {
  const desk = await changeable();
  const [text, number] = [{ type: "string", minLength: 1 }, { type: "number" }];
  tellTools(desk, [told("keeps"), {
    ...told("turns"),
    inputSchema: { type: "object", properties: { text, number } },
  }]);
  const before = desk.again({});
  await before.refresh(desk.workspace.dir, "shifty");
  await desk.trust.approve((await before.items(desk.workspace.dir)).map(({ item }) => item));
  const sameText = { minLength: 1, type: "string" };
  const inputSchema = { properties: { number, text: sameText }, type: "object" };
  tellTools(desk, [{ inputSchema, name: "turns", description: "as it was" }, told("keeps")]);
  const after = desk.again({});
  await after.refresh(desk.workspace.dir, "shifty");
  expect(await after.tools(desk.workspace.dir)).toHaveLength(2);
  expect(await after.status(desk.workspace.dir)).toMatchObject([{ state: "ready" }]);
});

it("without its approvals a known server of the user is not trusted at sight again", async () => {
  const desk = await mcpDesk();
  tellTools(desk, [told("keeps")]);
  const servers = { own: desk.bad("file", join(desk.workspace.outside, "told.json")) };
  const first = desk.again(servers);
  await first.refresh(desk.workspace.dir, "own");
  expect(await first.tools(desk.workspace.dir)).toHaveLength(1);
  await desk.trust.withdraw("");
  expect(await first.tools(desk.workspace.dir)).toHaveLength(0);
  tellTools(desk, [told("keeps", "now it lies")]);
  const second = desk.again(servers);
  await second.refresh(desk.workspace.dir, "own");
  expect(await second.tools(desk.workspace.dir)).toHaveLength(0);
  expect(await second.status(desk.workspace.dir)).toMatchObject([{ state: "unknown" }]);
});

it("tools of the user's own servers are approved at first sight, and pinned from then on", async () => {
  const desk = await mcpDesk();
  tellTools(desk, [told("keeps"), told("turns")]);
  const servers = { own: desk.bad("file", join(desk.workspace.outside, "told.json")) };
  const first = desk.again(servers);
  await first.refresh(desk.workspace.dir, "own");
  expect(await first.tools(desk.workspace.dir)).toHaveLength(2);
  tellTools(desk, [told("keeps"), told("turns", "now it lies")]);
  const second = desk.again(servers);
  await second.refresh(desk.workspace.dir, "own");
  expect((await second.tools(desk.workspace.dir)).map(({ name }) => name)).toEqual(["mcp__own__keeps"]);
  // Without its cache it knows no more what there was: nothing that differs from what was approved is used.
  rmSync(join(desk.workspace.outside, "cache"), { recursive: true });
  const third = desk.again(servers);
  await third.refresh(desk.workspace.dir, "own");
  expect(await third.tools(desk.workspace.dir)).toEqual([]);
  expect(await third.status(desk.workspace.dir)).toMatchObject([{ state: "changed" }]);
});

it("variables in a folder's entry are filled in only once it is approved", async () => {
  const desk = await mcpDesk(() => ({}), { environment: { ...Deno.env.toObject(), TOKEN_FOR_X: "t0ken" } });
  const { command, args } = desk.bad("environment") as { command: string; args: string[] };
  const env = { GIVEN: "${TOKEN_FOR_X}", MISSING: "${NOT_SET_ANYWHERE:-fallback}" };
  desk.writeServers({ x: { command, args, env } });
  expect(JSON.stringify(await desk.source.items(desk.workspace.dir))).not.toContain("t0ken");
  await desk.approve("mcp_server");
  await desk.source.refresh(desk.workspace.dir, "x");
  await desk.approve("mcp_tools");
  const { output } = await desk.call("mcp__x__echo", { text: "x" });
  expect(output).toContain('"GIVEN":"t0ken"');
  expect(output).toContain('"MISSING":"fallback"');
  desk.writeServers({ x: { command, args, env: { GIVEN: "${NOT_SET_ANYWHERE}" } } });
  await desk.approve("mcp_server");
  await expect(desk.source.refresh(desk.workspace.dir, "x")).rejects.toThrow(
    'Cannot fill in "${NOT_SET_ANYWHERE}": no such environment variable is set',
  );
});

it("keys of the daemon are never filled into a folder's entry, however it is approved", async () => {
  const environment = { ...Deno.env.toObject(), OUR_KEY: "k3y-of-ours", JAMEY_TOKEN: "t0ken-of-ours" };
  const desk = await mcpDesk(() => ({}), {
    environment,
    secretNames: new Set(["OUR_KEY", "JAMEY_TOKEN"]),
  });
  const { command, args } = desk.bad("environment") as { command: string; args: string[] };
  for (const name of ["OUR_KEY", "JAMEY_TOKEN", "OUR_KEY:-fallback", "our_key"]) {
    desk.writeServers({ x: { command, args, env: { GIVEN: `\${${name}}` } } });
    await desk.approve("mcp_server");
    await expect(desk.source.refresh(desk.workspace.dir, "x"), name).rejects.toThrow(
      `Cannot fill in "\${${name.replace(":-fallback", "")}}": it holds a key of the daemon itself`,
    );
  }
  expect(JSON.stringify(desk.reports)).not.toMatch(/of-ours/);
  expect(await desk.processes()).toEqual([]);
});

it("a folder's server cannot take the place of the user's own", async () => {
  const desk = await mcpDesk((bad) => ({ helper: bad("good") }));
  desk.writeServers({ helper: desk.bad("many") });
  await desk.approve("mcp_server");
  expect(names(await desk.learn("helper"))).toEqual(["mcp__helper__echo", "mcp__helper__other"]);
  expect(desk.reports.some((line) => line.includes("your own has that name"))).toBe(true);
});

it("a server that is switched off is not asked", async () => {
  const desk = await mcpDesk((bad) => ({ quiet: { ...bad("good"), enabled: false } }));
  expect(await desk.tools()).toEqual(new Map());
  expect(await desk.source.status(desk.workspace.dir)).toMatchObject([{ state: "off" }]);
  await expect(desk.source.refresh(desk.workspace.dir, "quiet")).rejects.toThrow("switched off");
  expect(await desk.processes()).toEqual([]);
});

it("files that make no sense are reported once and hold nothing up", async () => {
  const desk = await mcpDesk();
  const path = join(desk.workspace.dir, ".mcp.json");
  const many = Object.fromEntries(Array.from({ length: serversMax + 1 }, (_, index) => [`s${index}`, {}]));
  const bad = [
    "",
    "[]",
    "{",
    '{"mcpServers":[]}',
    JSON.stringify({ mcpServers: many }),
    "x".repeat(fileBytesMax + 1),
  ];
  for (const content of bad) {
    writeFileSync(path, content);
    for (let count = 0; count < 2; count++) expect(await desk.source.items(desk.workspace.dir)).toEqual([]);
  }
  rmSync(path);
  await new Deno.Command("mkfifo", { args: [path] }).output();
  expect(await desk.source.items(desk.workspace.dir)).toEqual([]);
  rmSync(path);
  mkdirSync(path);
  expect(await desk.source.items(desk.workspace.dir)).toEqual([]);
  expect(new Set(desk.reports).size).toBe(desk.reports.length);
  expect(desk.reports.every((line) => line.startsWith("Cannot read MCP servers in "))).toBe(true);
});

it("an entry that is no server says so when it is used", async () => {
  const desk = await mcpDesk();
  desk.writeServers({ odd: { type: "sse", url: "http://127.0.0.1:9/" }, none: 5 });
  await desk.approve("mcp_server");
  for (const server of ["odd", "none"]) {
    await expect(desk.source.refresh(desk.workspace.dir, server)).rejects.toThrow("it is no MCP server");
  }
});
