// A tool of an MCP server as a tool of the house. It is held to nothing that the server says about itself.
import type { JsonObject } from "../../src/protocol/json.ts";
import type { Tool, ToolContext, ToolOutcome } from "../contract.ts";
import { looseTool } from "../external/loose_tool.ts";
import { toolName } from "./names.ts";
import type { ListedTool } from "./listing.ts";
import { outcomeOf, resultCharsMax } from "./result.ts";
import type { McpServer } from "./server.ts";

/** Over the limit of the call itself, which says more when it is reached. */
const limitMarginMs = 30_000;

export interface ToolLimits {
  /** Of one call without news, and in all. */
  quietMs: number;
  totalMs: number;
}

export function mcpTool(server: McpServer, listed: ListedTool, limits: ToolLimits): Tool {
  const name = toolName(server.options.name, listed.name);
  return looseTool({
    name,
    description: listed.description,
    parameters: listed.parameters,
    requiresConfirmation: true,
    // Of its name alone it could not be told where that of the server ends.
    subjects: [{ kind: "name", name: server.options.name }],
    limits: { timeoutMs: limits.totalMs + limitMarginMs, outputCharsMax: resultCharsMax },
    run: (args, context) => runCall({ server, listed, limits, name }, args, context),
  });
}

async function runCall(
  { server, listed, limits, name }: {
    server: McpServer;
    listed: ListedTool;
    limits: ToolLimits;
    name: string;
  },
  args: JsonObject,
  { signal, onOutput }: ToolContext,
): Promise<ToolOutcome> {
  const end = await stopWaiting(
    server.call(listed, args, { ...limits, signal, onProgress: onOutput }),
    signal,
  );
  if (end === "cancelled" || signal.aborted) return { status: "interrupted", reason: "cancelled" };
  if (end.ok) return outcomeOf(end.result);
  return { status: "failed", error: `Cannot finish ${name}: ${end.why}` };
}

/** A connection in the making is shared: it is not given up because one call is. */
function stopWaiting<Value>(work: Promise<Value>, signal: AbortSignal): Promise<Value | "cancelled"> {
  return new Promise((resolve, reject) => {
    const cancel = () => resolve("cancelled");
    signal.addEventListener("abort", cancel, { once: true });
    if (signal.aborted) cancel();
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", cancel));
  });
}
