// The tools of all MCP servers that a folder may use: the user's own, and those of the folder that were approved.
import type { OutsideItem, Standing } from "../../src/trust/contract.ts";
import { messageOf, Problem } from "../../src/protocol/problem.ts";
import type { Tool, ToolSource } from "../contract.ts";
import type { ListedTool } from "./listing.ts";
import { type McpLimits, mcpLimits, type McpOptions } from "./options.ts";
import type { McpServer, ServerStatus } from "./server.ts";
import { openServers } from "./servers.ts";
import { mcpTool, type ToolLimits } from "./tool.ts";

/** Servers that are started in the background at one time. */
export const backgroundMax = 4;

export interface McpAdmin {
  /** What waits for a person, or had one: entries of the folder, and tools as they are described. */
  items(workspace: string): Promise<{ item: OutsideItem; standing: Standing }[]>;
  status(workspace: string): Promise<ServerStatus[]>;
  /** Connects now, breaker or not, and takes note of the server's tools. Throws a Problem. */
  refresh(workspace: string, server: string): Promise<ServerStatus>;
  /** Ends the servers of this folder whose approval was taken back. Never rejects. */
  settle(workspace: string): Promise<void>;
}

export function mcpSource(options: McpOptions): ToolSource & McpAdmin {
  const limits = { ...mcpLimits, ...options.limits };
  const once = reportOnce(options.report);
  const servers = openServers({ ...options, report: once, limits });
  const toolsOf = toolMaker(limits);
  const background = backgroundQueue(backgroundMax);
  return {
    name: "mcp",
    async tools(workspace, { knownOnly } = { knownOnly: false }) {
      const found = await servers.of(workspace);
      const offered = await Promise.all(found.map(async (server) => {
        if (server.barred() !== null) return [];
        if (await server.options.pins.isKnown()) return toolsOf(server, await server.options.pins.usable());
        // The report was made where it failed; here only the first try is made, and none is waited for.
        if (!knownOnly && !server.isFailing()) background(server, () => server.connected());
        return [];
      }));
      return singleNames(offered.flat(), once);
    },
    async items(workspace) {
      const found = await servers.of(workspace);
      const items = await Promise.all(found.map(async ({ options: { entry, pins } }) => {
        const tools = await pins.item();
        const own = entry === null ? [] : [{ item: entry.item, standing: entry.standing() }];
        return tools === null ? own : [...own, tools];
      }));
      return items.flat();
    },
    status: async (workspace) => {
      const found = await servers.of(workspace);
      return await Promise.all(found.map((server) => server.status()));
    },
    async refresh(workspace, name) {
      const server = (await servers.of(workspace)).find(({ options }) => options.name === name);
      if (server === undefined) {
        throw new Problem("not_found", `Cannot refresh MCP server "${name}": there is none of that name`);
      }
      server.options.breaker.reset();
      const connection = await server.connected();
      await server.options.pins.see(await connection.listing());
      return await server.status();
    },
    async settle(workspace) {
      await Promise.all((await servers.of(workspace)).map((server) => server.settle()));
    },
    close: () => servers.close(),
  };
}

/** The same tool objects for as long as the same tools are offered. */
function toolMaker(limits: McpLimits): (server: McpServer, listed: readonly ListedTool[]) => readonly Tool[] {
  const made = new WeakMap<readonly ListedTool[], readonly Tool[]>();
  return (server, listed) => {
    const known = made.get(listed);
    if (known !== undefined) return known;
    const quietMs = (server.options.timeoutS ?? limits.quietMs / 1000) * 1000;
    const toolLimits: ToolLimits = { quietMs, totalMs: Math.max(quietMs, limits.totalMs) };
    const tools = listed.map((tool) => mcpTool(server, tool, toolLimits));
    made.set(listed, tools);
    return tools;
  };
}

/** Names are made so that they do not collide; where somebody managed to, the first keeps its name. */
function singleNames(tools: readonly Tool[], report: (line: string) => void): Tool[] {
  const taken = new Set<string>();
  return tools.filter(({ name }) => {
    if (taken.has(name)) report(`Cannot offer MCP tool "${name}": another one has that name`);
    return !taken.has(name) && taken.add(name);
  });
}

/** Starts work nobody waits for, a few pieces at a time, each key once while it is under way. */
function backgroundQueue(max: number): (key: object, work: () => Promise<unknown>) => void {
  const waiting = new Map<object, () => Promise<unknown>>();
  const running = new Set<object>();
  const next = () => {
    for (const [key, work] of waiting) {
      if (running.size >= max) return;
      waiting.delete(key);
      running.add(key);
      // Its failure is kept and reported by the server.
      work().catch(messageOf).finally(() => {
        running.delete(key);
        next();
      });
    }
  };
  return (key, work) => {
    if (running.has(key)) return;
    waiting.set(key, work);
    next();
  };
}

const reportsMax = 1_000;

function reportOnce(report: (line: string) => void): (line: string) => void {
  const said = new Set<string>();
  return (line) => {
    if (said.has(line)) return;
    if (said.size >= reportsMax) said.clear();
    said.add(line);
    report(line);
  };
}
