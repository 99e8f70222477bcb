// A real MCP source over real servers, with a trust store and a folder of its own.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { TrustStore } from "../../src/trust/contract.ts";
import { openTrustStore } from "../../src/trust/store.ts";
import type { Tool, ToolContext, ToolOutcome, ToolSource } from "../../tools/contract.ts";
import type { McpOptions } from "../../tools/mcp/options.ts";
import type { McpServerSettings } from "../../tools/mcp/settings.ts";
import { type McpAdmin, mcpSource } from "../../tools/mcp/source.ts";
import type { JsonObject } from "../../src/protocol/json.ts";
import { makeWorkspace, processesWith, runTool, type TestWorkspace } from "../tools/workspace.ts";

export interface McpDesk {
  workspace: TestWorkspace;
  source: ToolSource & McpAdmin;
  trust: TrustStore;
  reports: string[];
  /** In every command line of this desk's servers. */
  mark: string;
  /** Another source with the same files, as after a restart. */
  again(servers?: Record<string, McpServerSettings>): ToolSource & McpAdmin;
  bad(mode: string, note?: string): McpServerSettings;
  /** Connects, and gives the tools that may be used then. */
  learn(...servers: string[]): Promise<Map<string, Tool>>;
  tools(): Promise<Map<string, Tool>>;
  call(name: string, args: JsonObject, context?: Partial<ToolContext>): Promise<ToolOutcome>;
  processes(): Promise<string[]>;
  writeServers(entries: Record<string, unknown>): void;
  approve(kind: "mcp_server" | "mcp_tools"): Promise<void>;
}

const limits = { handshakeMs: 10_000, quietMs: 10_000, totalMs: 20_000, idleMs: 600_000 };
const badServer = join(import.meta.dirname ?? "", "mcp_bad_server.ts");

export async function mcpDesk(
  servers: (bad: McpDesk["bad"]) => Record<string, McpServerSettings> = () => ({}),
  options: Partial<McpOptions> = {},
): Promise<McpDesk> {
  const workspace = await makeWorkspace();
  const trust = await openTrustStore(join(workspace.outside, "trust.json"));
  const reports: string[] = [];
  const mark = `mark-${crypto.randomUUID()}`;
  const bad: McpDesk["bad"] = (mode, note = "") => ({
    command: Deno.execPath(),
    args: ["run", "-A", "--quiet", badServer, mode, note, mark],
  });
  const open = (given: Record<string, McpServerSettings>) => {
    const source = mcpSource({
      servers: given,
      trust,
      cacheDir: join(workspace.outside, "cache"),
      report: (line) => void reports.push(line),
      environment: Deno.env.toObject(),
      secretNames: new Set(),
      ...options,
      limits: { ...limits, ...options.limits },
    });
    onTestFinished(() => source.close());
    return source;
  };
  const source = open(servers(bad));
  onTestFinished(() => workspace.remove());
  const tools = async () => new Map((await source.tools(workspace.dir)).map((tool) => [tool.name, tool]));
  const known = new Map<string, Tool>();
  return {
    workspace,
    source,
    trust,
    reports,
    mark,
    again: (given = servers(bad)) => open(given),
    bad,
    async learn(...names) {
      for (const name of names) await source.refresh(workspace.dir, name);
      for (const [name, tool] of await tools()) known.set(name, tool);
      return known;
    },
    tools,
    async call(name, args, context = {}) {
      const tool = (await tools()).get(name) ?? known.get(name);
      if (tool === undefined) throw new Error(`no tool "${name}": ${JSON.stringify(reports)}`);
      return await runTool(tool, args, workspace.context(context));
    },
    processes: () => processesWith(mark),
    writeServers(entries) {
      mkdirSync(workspace.dir, { recursive: true });
      writeFileSync(join(workspace.dir, ".mcp.json"), JSON.stringify({ mcpServers: entries }));
    },
    async approve(kind) {
      const items = (await source.items(workspace.dir)).map(({ item }) => item);
      await trust.approve(items.filter((item) => item.kind === kind));
    },
  };
}
