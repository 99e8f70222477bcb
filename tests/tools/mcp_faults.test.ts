import { existsSync } from "node:fs";
import { realpath } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { failuresMax, offMs } from "../../tools/external/breaker.ts";
import { descriptionCharsMax } from "../../tools/mcp/listing.ts";
import { imagesMax } from "../../tools/mcp/result.ts";
import { mcpDesk } from "../support/mcp_desk.ts";
import { textOf } from "./workspace.ts";

const failing = [
  ["never answers a call", "mute_calls", "it did not answer within 1 s"],
  ["dies in the middle of a call", "dies", "it ended with exit code 7; its last words: I cannot go on"],
  ["answers what is no result", "garbage_result", "its answer is not the result of a tool"],
  ["writes garbage", "garbage_calls", "what it writes is not the protocol"],
  ["writes bytes of no meaning", "binary", "what it writes is not the protocol"],
  ["writes a line without end", "endless_line", "a line has more than"],
] as const;

it.each(failing)(
  "R6: of a server that %s a call fails in words, and others are unaffected",
  async (_, mode, why) => {
    const desk = await mcpDesk((bad) => ({ broken: bad(mode), good: bad("good") }), {
      limits: { quietMs: 1_000 },
    });
    await desk.learn("broken", "good");
    const [broken, good] = await Promise.all([
      desk.call("mcp__broken__echo", { text: "hi" }),
      desk.call("mcp__good__echo", { text: "hi" }),
    ]);
    expect(textOf(broken)).toMatch(/^Cannot finish mcp__broken__echo: /);
    expect(textOf(broken)).toContain(why);
    expect(good).toMatchObject({ status: "finished", output: "echo hi" });
  },
);

const unreachable = [
  ["never answers at all", "mute", "it did not answer within 1 s"],
  ["ends at once", "exits", "it ended with exit code 3; its last words: cannot find my configuration"],
  ["speaks no protocol", "garbage", "what it writes is not the protocol"],
] as const;

it.each(unreachable)(
  "R6: a server that %s is said to have failed, and leaves nothing behind",
  async (_, mode, why) => {
    const desk = await mcpDesk((bad) => ({ broken: bad(mode) }), {
      limits: { handshakeMs: mode === "mute" ? 1_000 : 10_000 },
    });
    await expect(desk.source.refresh(desk.workspace.dir, "broken")).rejects.toThrow(
      'Cannot use MCP server "broken": ',
    );
    const [status] = await desk.source.status(desk.workspace.dir);
    expect(status).toMatchObject({ state: "failed", tools: 0 });
    expect(status?.reason).toContain(why);
    expect(await desk.tools()).toEqual(new Map());
    await desk.source.close();
    expect(await desk.processes()).toEqual([]);
  },
);

it("R6: a server that greets in plain words before the protocol is understood", async () => {
  const desk = await mcpDesk((bad) => ({ chatty: bad("greets") }));
  await desk.learn("chatty");
  expect(await desk.call("mcp__chatty__echo", { text: "hi" })).toMatchObject({ output: "echo hi" });
});

it("R6: a gigabyte on stderr costs no memory and holds nothing up", async () => {
  const desk = await mcpDesk((bad) => ({ loud: bad("flood", "1000000000") }));
  const before = Deno.memoryUsage().rss;
  await desk.learn("loud");
  let calls = 0;
  let flooded = 0;
  while (flooded < 1_000_000_000) {
    const outcome = await desk.call("mcp__loud__echo", { text: "hi" });
    expect(outcome.status).toBe("finished");
    flooded = Number(outcome.output);
    calls++;
  }
  const grownMb = Math.round((Deno.memoryUsage().rss - before) / 1e6);
  console.log(
    `R6 ${flooded} bytes of stderr: ${calls} of ${calls} calls answered meanwhile, ${grownMb} MB more memory`,
  );
  expect(grownMb).toBeLessThan(150);
});

it("R6: a server that ignores SIGTERM is ended all the same", async () => {
  const desk = await mcpDesk((bad) => ({ stubborn: bad("stubborn") }));
  await desk.learn("stubborn");
  expect(await desk.processes()).toHaveLength(1);
  await desk.source.close();
  expect(await desk.processes()).toEqual([]);
});

it("R6: after three failures a server is left alone for five minutes, then tried again", async () => {
  let now = 1_000_000;
  const desk = await mcpDesk((bad) => ({ broken: bad("dies"), good: bad("good") }), { now: () => now });
  await desk.learn("broken", "good");
  for (let count = 0; count < failuresMax; count++) {
    expect(textOf(await desk.call("mcp__broken__echo", { text: "hi" }))).toContain("exit code 7");
  }
  expect(await desk.processes()).toHaveLength(1);
  const off = textOf(await desk.call("mcp__broken__echo", { text: "hi" }));
  expect(off).toMatch(
    /^Cannot finish mcp__broken__echo: it failed 3 times within 5 minutes and is off for another 300 s/,
  );
  expect(await desk.processes()).toHaveLength(1);
  expect([...(await desk.tools()).keys()]).toEqual(["mcp__good__echo", "mcp__good__other"]);
  expect(await desk.source.status(desk.workspace.dir)).toMatchObject([{ state: "off" }, { state: "ready" }]);
  expect(await desk.call("mcp__good__echo", { text: "hi" })).toMatchObject({ output: "echo hi" });
  now += offMs;
  expect(textOf(await desk.call("mcp__broken__echo", { text: "hi" }))).toContain("exit code 7");
  console.log(
    `R6 breaker: open after ${failuresMax} crashes, 0 processes started while open, tried again after`,
  );
});

it("what the server itself calls an error fails the call and counts nothing against the server", async () => {
  const desk = await mcpDesk((bad) => ({ strict: bad("error"), picky: bad("rpc_error") }));
  await desk.learn("strict", "picky");
  for (let count = 0; count <= failuresMax; count++) {
    expect(await desk.call("mcp__strict__echo", { text: "x" })).toEqual({
      status: "failed",
      error: "the tool reports an error",
      output: "that was wrong",
    });
    expect(textOf(await desk.call("mcp__picky__echo", { text: "x" }))).toContain("no such thing");
  }
  expect(await desk.source.status(desk.workspace.dir)).toMatchObject([{ state: "ready" }, {
    state: "ready",
  }]);
});

it("descriptions are cut and tools with vast schemas are left out", async () => {
  const desk = await mcpDesk((bad) => ({ wordy: bad("long") }));
  const tools = await desk.learn("wordy");
  expect([...tools.keys()]).toEqual(["mcp__wordy__echo"]);
  const words = tools.get("mcp__wordy__echo")?.description ?? "";
  expect(words).toHaveLength(descriptionCharsMax + " [cut]".length);
});

it("images are given as images, those that cannot be shown are named", async () => {
  const desk = await mcpDesk((bad) => ({ painter: bad("images") }));
  await desk.learn("painter");
  const outcome = await desk.call("mcp__painter__echo", { text: "x" });
  expect(outcome.status === "finished" && outcome.images?.length).toBe(imagesMax);
  expect(outcome.output?.split("\n")).toEqual([
    "[one more image: at most 4 can be shown]",
    "[one more image: at most 4 can be shown]",
    "[image of 6000000 bytes: at most 5242880 can be shown]",
    '[image of type "image/tiff": it cannot be shown]',
    '{"count":8}',
  ]);
});

it("progress keeps a call alive beyond its limit and is shown to who watches", async () => {
  const desk = await mcpDesk((bad) => ({ slow: bad("progress") }), { limits: { quietMs: 1_000 } });
  await desk.learn("slow");
  expect(await desk.call("mcp__slow__echo", { text: "x" })).toMatchObject({ output: "slow but sure" });
  expect(desk.workspace.live.join("")).toContain("3 of 6\n");
});

it("a cancel returns at once and tells the server, which goes on serving others", async () => {
  const desk = await mcpDesk(() => ({}), { limits: { quietMs: 600_000, totalMs: 600_000 } });
  const told = join(desk.workspace.outside, "told");
  desk.writeServers({ quiet: desk.bad("mute_calls", told) });
  await desk.approve("mcp_server");
  await desk.learn("quiet");
  await desk.approve("mcp_tools");
  const cancel = new AbortController();
  setTimeout(() => cancel.abort(), 1_000);
  const outcome = await desk.call("mcp__quiet__echo", { text: "x" }, { signal: cancel.signal });
  expect(outcome).toEqual({ status: "interrupted", reason: "cancelled" });
  expect(await desk.processes()).toHaveLength(1);
  await expect.poll(() => existsSync(told), { timeout: 20_000 }).toBe(true);
});

it("a server is not told to cancel what it has answered", async () => {
  const desk = await mcpDesk(() => ({}), { limits: { handshakeMs: 3_000 } });
  const told = join(desk.workspace.outside, "told");
  desk.writeServers({ quiet: desk.bad("mute_calls", told) });
  await desk.approve("mcp_server");
  await desk.learn("quiet");
  await desk.approve("mcp_tools");
  const cancel = new AbortController();
  const { signal } = cancel;
  expect((await desk.call("mcp__quiet__echo", { text: "answer me" }, { signal })).status).toBe("finished");
  cancel.abort();
  // Long after the handshake's own limit, the only cancel that comes is that of a call which is not answered.
  await new Promise((resolve) => setTimeout(resolve, 3_500));
  const last = new AbortController();
  setTimeout(() => last.abort(), 1_000);
  await desk.call("mcp__quiet__echo", { text: "x" }, { signal: last.signal });
  await expect.poll(() => existsSync(told), { timeout: 20_000 }).toBe(true);
  expect(Deno.readTextFileSync(told)).toBe("x");
});

it("servers that ask for samples, answers or folders are refused", async () => {
  const desk = await mcpDesk((bad) => ({ greedy: bad("wishes") }));
  await desk.learn("greedy");
  expect(await desk.call("mcp__greedy__echo", { text: "x" })).toMatchObject({
    output: "-32601 -32601 -32601",
  });
});

it("servers see the clean environment and their own variables, and only those of a folder are started in it", async () => {
  Deno.env.set("JAMEY_TEST_SECRET", "s3cret");
  const desk = await mcpDesk((bad) => ({ nosy: { ...bad("environment"), env: { MINE: "yes" } } }));
  await desk.learn("nosy");
  const outcome = await desk.call("mcp__nosy__echo", { text: "x" });
  expect(outcome.output).toContain('"MINE":"yes"');
  expect(outcome.output).not.toContain("s3cret");
  // What a folder holds could run there: npx looks for programs in the folder that it is started in.
  expect(outcome.output).toContain(`"cwd":"${await realpath(homedir())}"`);
  desk.writeServers({ theirs: desk.bad("environment") });
  await desk.approve("mcp_server");
  await desk.learn("theirs");
  await desk.approve("mcp_tools");
  const inFolder = await desk.call("mcp__theirs__echo", { text: "x" });
  expect(inFolder.output).toContain(`"cwd":"${desk.workspace.dir}"`);
});

it("a missing argument is told before the server is asked", async () => {
  const desk = await mcpDesk((bad) => ({ good: bad("good") }));
  const tools = await desk.learn("good");
  expect(tools.get("mcp__good__echo")?.parse({})).toEqual({
    ok: false,
    error: 'Cannot run mcp__good__echo: "text" is missing',
  });
});

it("a connection that nobody uses is ended, and made again when it is needed", async () => {
  const desk = await mcpDesk((bad) => ({ good: bad("good") }), { limits: { idleMs: 300 } });
  await desk.learn("good");
  await expect.poll(() => desk.processes(), { timeout: 20_000 }).toEqual([]);
  expect(await desk.call("mcp__good__echo", { text: "back" })).toMatchObject({ output: "echo back" });
});

it("calls of many sessions share one process", async () => {
  const desk = await mcpDesk((bad) => ({ good: bad("good") }));
  await desk.learn("good");
  const calls = Array.from(
    { length: 20 },
    (_, index) => desk.call("mcp__good__echo", { text: String(index) }),
  );
  const outcomes = await Promise.all(calls);
  expect(outcomes.map(({ output }) => output)).toEqual(outcomes.map((_, index) => `echo ${index}`));
  expect(await desk.processes()).toHaveLength(1);
});
