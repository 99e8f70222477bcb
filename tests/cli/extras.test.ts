// What is there to be used: tools and where they come from, models, and what a folder brings along.
import { afterEach, expect, test } from "vitest";
import { z } from "zod";
import { dataFolder } from "../support/data_folder.ts";
import { openaiProvider } from "../../src/providers/openai.ts";
import { registryOf } from "../../src/providers/resolve_model.ts";
import { scriptedProvider } from "../../src/providers/scripted.ts";
import { defineTool } from "../../tools/define_tool.ts";
import type { ToolSource } from "../../tools/contract.ts";
import { type AgentDesk, openAgentDesk } from "./agent_desk.ts";
import { openOutside, type OutsideFile } from "./outside_file.ts";

let desk: AgentDesk;
afterEach(() => desk.close());

function toolNamed(name: string) {
  return defineTool({
    name,
    description: "Says hello\x1b[2J\nand more",
    parameters: z.strictObject({}),
    effect: "pure",
    requires_confirmation: false,
    limits: { timeoutMs: 1_000, outputCharsMax: 1_000 },
    run: () => Promise.resolve({ status: "finished", output: "hello", truncated: false }),
  });
}

test("jamey tools shows those of the folder it is called in, each with who brings it", async () => {
  let here = "";
  const found = [toolNamed("mcp__my_files__read"), toolNamed("Deploy")];
  const source: ToolSource = {
    name: "test",
    tools: (workspace) => Promise.resolve(workspace === here ? found : []),
    close: () => Promise.resolve(),
  };
  desk = await openAgentDesk({ sources: [source] });
  here = desk.workspace;
  const { stdout } = await desk.jamey(["tools"]);
  expect(stdout).toMatch(/^Read +built in +\S/m);
  expect(stdout).toMatch(/^mcp__my_files__read +mcp my_files +Says hello\\x1b\[2J$/m);
  expect(stdout).toMatch(/^Deploy +configured +Says hello/m);
  const tools = z.object({ tools: z.array(z.object({ name: z.string(), origin: z.string() })) });
  const json = tools.parse(JSON.parse((await desk.jamey(["tools", "--json"])).stdout));
  expect(json.tools.find(({ name }) => name === "Deploy")?.origin).toBe("configured");
  const elsewhere = await desk.jamey(["tools", "--workspace", desk.folder]);
  expect(elsewhere.stdout).not.toContain("Deploy");
});

test("jamey models lists every provider with its model, its window and which is the default", async () => {
  const models = { m: { window: 1234, vision: true } };
  const wire = openaiProvider({
    apiKey: "k",
    baseUrl: "http://127.0.0.1:9/v1",
    model: "m",
    name: "home",
    models,
  });
  desk = await openAgentDesk({ providers: registryOf([scriptedProvider(), wire]) });
  const { stdout } = await desk.jamey(["models"]);
  expect(stdout).toMatch(/^scripted\/\S+ +scripted, \d+ tokens.*, the default$/m);
  expect(stdout).toMatch(/^home\/m +openai, 1234 tokens, sees images$/m);
  const [first] = JSON.parse((await desk.jamey(["models", "--json"])).stdout).models;
  expect(first).toMatchObject({ provider: "scripted", is_default: true });
});

async function withOutside(): Promise<OutsideFile> {
  const outside = await openOutside(dataFolder());
  await outside.write("make evil\x1b[2J");
  desk = await openAgentDesk({ outside });
  return outside;
}

test("jamey trust shows everything, approves nothing without a person, and with --yes exactly what is there", async () => {
  const outside = await withOutside();
  const shown = await desk.jamey(["trust"]);
  expect(shown.code).toBe(4);
  expect(shown.stdout).toContain("make evil\\x1b[2J");
  expect(shown.stderr).toContain("nobody to ask");
  expect(await outside.standings(desk.workspace)).toEqual(["unknown"]);
  outside.bringMore();
  const approved = await desk.jamey(["trust", "--yes"]);
  expect(approved.code).toBe(0);
  expect(approved.stderr).toContain("What was approved brings 1 more along");
  expect(await outside.standings(desk.workspace)).toEqual(["approved", "unknown"]);
  const { items } = JSON.parse((await desk.jamey(["trust", "--json"])).stdout);
  expect(items).toMatchObject([{ standing: "approved" }, {
    standing: "unknown",
    text: "read: reads a file",
  }]);
  await outside.write("make worse");
  expect((await desk.jamey(["trust"])).stdout).toContain("changed   PreToolUse hook");
});

test("a folder that brings nothing along says so", async () => {
  desk = await openAgentDesk();
  const { code, stdout } = await desk.jamey(["trust"]);
  expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining("brings nothing along") });
});
