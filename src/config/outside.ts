// What the configuration says of tools, servers and hooks from outside, in the form that those who run them take: the
// references are followed, and an entry whose key is missing is left out and told, so that it breaks no other.
import { messageOf, Problem } from "../protocol/problem.ts";
import type { HookEvent } from "../protocol/work_facts.ts";
import type { Keys } from "./keys.ts";
import type { Config, ExternalToolSettings, McpSettings } from "./schema.ts";

export interface Named<T> {
  entries: Record<string, T>;
  /** Why an entry is left out. */
  problems: { name: string; problem: Problem }[];
}

/** `[tools.NAME]`, ready to be called. */
export function externalToolsOf({ tools }: Config, keys: Keys) {
  return each("tool", tools, (tool: ExternalToolSettings) => {
    const { description, parameters, timeout_s: timeoutS, confirm } = tool;
    const shared = { description, parameters, timeoutS, confirm };
    return tool.type === "process"
      ? { type: tool.type, command: tool.command, ...shared }
      : { type: tool.type, url: tool.url, headers: follow(tool.headers, keys), ...shared };
  });
}

/** `[mcp.NAME]`, ready to be started or connected to. */
export function mcpServersOf({ mcp }: Config, keys: Keys) {
  return each("MCP server", mcp, (server: McpSettings) => {
    const { enabled, timeout_s: timeoutS, command, args, url } = server;
    return url === undefined
      ? { enabled, timeoutS, command: command ?? "", args, env: follow(server.env, keys) }
      : { enabled, timeoutS, url, headers: follow(server.headers, keys) };
  });
}

export interface ConfiguredHook {
  event: HookEvent;
  matcher?: string;
  command: string;
  timeoutS: number;
}

/** `[[hooks.EVENT]]`, in the order of the file. */
export function hooksOf({ hooks }: Config): ConfiguredHook[] {
  return Object.entries(hooks).flatMap(([event, list]) =>
    list.map(({ matcher, command, timeout_s: timeoutS }) => ({
      // The border cast: a partial record of known events has no other keys.
      event: event as HookEvent,
      command,
      timeoutS,
      ...(matcher === undefined ? {} : { matcher }),
    }))
  );
}

function each<From, To>(
  kind: string,
  table: Readonly<Record<string, From>>,
  make: (from: From) => To,
): Named<To> {
  const named: Named<To> = { entries: {}, problems: [] };
  for (const [name, settings] of Object.entries(table)) {
    try {
      named.entries[name] = make(settings);
    } catch (thrown) {
      const options = thrown instanceof Problem && thrown.hint !== undefined ? { hint: thrown.hint } : {};
      const problem = new Problem(
        "bad_config",
        `Cannot use the ${kind} "${name}": ${messageOf(thrown)}`,
        options,
      );
      named.problems.push({ name, problem });
    }
  }
  return named;
}

function follow(values: Readonly<Record<string, string>>, keys: Keys): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, keys.text(value)]));
}
