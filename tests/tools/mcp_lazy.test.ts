import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import type { ListedTool } from "../../tools/mcp/listing.ts";
import { mcpDesk } from "../support/mcp_desk.ts";
import { openTestRuntime } from "../support/runtime.ts";

it("R8: with 20 known servers, half of them broken now, tools are there at once and nothing is started", async () => {
  const count = 20;
  const isBroken = (index: number) => index % 2 === 1;
  const listing = (index: number): ListedTool => ({
    name: "echo",
    description: `server ${index}`,
    parameters: { type: "object" },
    says_read_only: false,
  });
  const desk = await mcpDesk();
  const path = (index: number) => join(desk.workspace.outside, `told-${index}.json`);
  const servers = Object.fromEntries(
    Array.from({ length: count }, (_, index) => [`s${index}`, desk.bad("file", path(index))]),
  );
  for (let index = 0; index < count; index++) {
    const { name, description, parameters } = listing(index);
    writeFileSync(path(index), JSON.stringify([{ name, description, inputSchema: parameters }]));
  }
  const before = desk.again(servers);
  for (const name of Object.keys(servers)) await before.refresh(desk.workspace.dir, name);
  await before.close();
  for (let index = 0; index < count; index++) if (isBroken(index)) rmSync(path(index));
  const after = desk.again(servers);
  const tools = await after.tools(desk.workspace.dir);
  expect(tools).toHaveLength(count);
  expect(await desk.processes()).toEqual([]);
  console.log(`R8 ${count} servers known, half broken: ${tools.length} tools at once, 0 processes started`);
});

it("who only wants to know what is known starts nothing, and hears of it once somebody else has asked", async () => {
  const desk = await mcpDesk((bad) => ({ s: bad("good") }));
  const test = await openTestRuntime({ sources: [desk.source] });
  onTestFinished(() => test.close());
  const isOfServer = ({ name }: { name: string }) => name.startsWith("mcp__");
  expect((await test.runtime.tools(desk.workspace.dir)).filter(isOfServer)).toEqual([]);
  // Whatever was started without waiting would be there by the time another server has been connected to.
  const other = await mcpDesk((bad) => ({ s: bad("good") }));
  await other.learn("s");
  expect(await desk.processes()).toEqual([]);
  await desk.learn("s");
  expect((await test.runtime.tools(desk.workspace.dir)).filter(isOfServer)).toHaveLength(2);
});

it("R8: servers that are not known yet are asked in the background, and those that hang hold up nobody", async () => {
  const desk = await mcpDesk((bad) =>
    Object.fromEntries(
      Array.from(
        { length: 8 },
        (_, index) => [`s${index}`, bad(["good", "mute", "exits", "good"][index % 4] ?? "good")],
      ),
    ), { limits: { handshakeMs: 3_000 } });
  expect(await desk.tools()).toEqual(new Map());
  await expect.poll(async () => (await desk.tools()).size, { timeout: 20_000 }).toBe(8);
  await expect.poll(async () => (await desk.source.status(desk.workspace.dir)).map(({ state }) => state), {
    timeout: 20_000,
  }).toEqual(["ready", "failed", "failed", "ready", "ready", "failed", "failed", "ready"]);
  const failures = desk.reports.length;
  for (let count = 0; count < 5; count++) await desk.tools();
  expect(desk.reports).toHaveLength(failures);
});

it("the daemon stops at once while a server still thinks about its handshake", async () => {
  const desk = await mcpDesk((bad) => ({ mute: bad("mute") }), { limits: { handshakeMs: 600_000 } });
  await desk.tools();
  await expect.poll(() => desk.processes(), { timeout: 20_000 }).toHaveLength(1);
  await desk.source.close();
  expect(await desk.processes()).toEqual([]);
  expect(await desk.tools()).toEqual(new Map());
});
