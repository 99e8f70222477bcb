// The tools that the user has named in the configuration: programs and HTTP endpoints, the same in every folder.
import { z } from "zod";
import { Problem } from "../../src/protocol/problem.ts";
import type { Tool, ToolSource } from "../contract.ts";
import { createBreaker } from "./breaker.ts";
import { httpTool } from "./http_tool.ts";
import { processTool } from "./process_tool.ts";
import { externalToolName, type ExternalToolSettings, externalToolSettings } from "./settings.ts";

export const externalToolsMax = 128;

export interface ExternalOptions {
  /** From the user's own configuration: trusted. By the name of the tool. */
  tools: Readonly<Record<string, ExternalToolSettings>>;
  /** The daemon's own; programs see the clean part of it. */
  environment: Readonly<Record<string, string>>;
  /** In milliseconds, for the breakers. */
  now?: () => number;
}

/** Throws a Problem for settings that cannot be meant. */
export function externalSource({ tools: named, environment, now }: ExternalOptions): ToolSource {
  const entries = Object.entries(named);
  if (entries.length > externalToolsMax) {
    throw new Problem(
      "bad_config",
      `Cannot use external tools: there are ${entries.length}, at most ${externalToolsMax} are allowed`,
    );
  }
  const tools = entries.map(([name, settings]) => makeTool(name, settings, { environment, now }));
  return {
    name: "external",
    tools: () => Promise.resolve(tools),
    // Each call ends with its own programs.
    close: () => Promise.resolve(),
  };
}

function makeTool(
  name: string,
  settings: ExternalToolSettings,
  { environment, now }: { environment: Readonly<Record<string, string>>; now: (() => number) | undefined },
): Tool {
  const checked = z.object({ name: externalToolName, settings: externalToolSettings }).safeParse({
    name,
    settings,
  });
  if (!checked.success) {
    const why = z.prettifyError(checked.error).replace(/\s+/g, " ");
    throw new Problem("bad_config", `Cannot use external tool "${name}": ${why}`);
  }
  const parts = { breaker: createBreaker(now), environment };
  const given = checked.data.settings;
  return given.type === "process" ? processTool(name, given, parts) : httpTool(name, given, parts);
}
