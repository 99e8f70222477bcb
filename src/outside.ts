// What comes from outside of jamey: MCP servers, programs, endpoints and hooks, of the user and of folders, behind one
// store of approvals.
import { join } from "node:path";
import type { Outside } from "../actors/outside.ts";
import type { ToolSource } from "../tools/contract.ts";
import { cleanEnvironment } from "../tools/environment.ts";
import { runProgram } from "../tools/external/run_program.ts";
import { externalSource } from "../tools/external/source.ts";
import { mcpSource } from "../tools/mcp/source.ts";
import type { EffectiveConfig } from "./config/environment.ts";
import type { Keys } from "./config/keys.ts";
import { externalToolsOf, hooksOf, mcpServersOf } from "./config/outside.ts";
import { configPath } from "./config/file.ts";
import { type FolderReader, openFolderReader } from "./config/folder.ts";
import type { FolderHooks } from "./hooks/contract.ts";
import { createHooks } from "./hooks/hooks.ts";
import { openPermissionStore } from "./permission/store/open.ts";
import type { PermissionRules } from "./permission/contract.ts";
import { managedFile } from "./platform/managed_file.ts";
import { secretVariables } from "./secrets.ts";
import { openTrustStore } from "./trust/store.ts";

export interface OutsideOptions {
  config: EffectiveConfig;
  keys: Keys;
  /** `--config`; left out: the user's own file. */
  configPath: string | undefined;
  dataDir: string;
  configDir: string;
  report: (line: string) => void;
}

/** What is not built in, and the rules about it all. */
export interface OpenedOutside {
  sources: ToolSource[];
  hooks: FolderHooks;
  rules: PermissionRules;
  /** What folders say of the sessions in them. */
  folder: FolderReader;
  outside: Outside;
}

export async function openOutside(options: OutsideOptions): Promise<OpenedOutside> {
  const { config, keys, dataDir, configDir, report } = options;
  const folder = openFolderReader();
  const trust = await openTrustStore(join(dataDir, "trust.json"), { report });
  const rules = await openPermissionStore({
    managedPath: managedFile(Deno.build.os, (name) => Deno.env.get(name)),
    user: config.permissions,
    userPath: configPath({ path: options.configPath, env: Deno.env.toObject(), os: Deno.build.os }),
    ownTools: Object.keys(config.tools),
    dataDir,
    folder,
    trust,
    report,
  });
  const secretNames = secretVariables(config, keys);
  const environment = without(secretNames, Deno.env.toObject());
  const programs = externalToolsOf(config, keys);
  const servers = mcpServersOf(config, keys);
  for (const { name, problem } of [...programs.problems, ...servers.problems]) {
    report(`"${name}" is left out: ${problem.message}`);
  }
  const mcp = mcpSource({
    servers: servers.entries,
    trust,
    cacheDir: join(dataDir, "mcp"),
    report,
    environment,
    secretNames,
  });
  const hooks = createHooks({
    settings: hooksOf(config),
    files: [join(configDir, "settings.json")],
    trust,
    report,
    environment: cleanEnvironment(environment),
    runProgram,
  });
  const outside: Outside = {
    store: trust,
    items: async (workspace) => [
      ...hooks.items(workspace),
      ...await rules.items(workspace),
      ...await mcp.items(workspace),
    ],
    approved: async (workspace, items) => {
      const named = items.filter(({ kind }) => kind === "mcp_server");
      await Promise.all(named.map(({ name }) => mcp.refresh(workspace, name).catch(() => {})));
    },
    withdrawn: async (workspace) => void await Promise.all([mcp.settle(workspace), hooks.settle()]),
  };
  return {
    sources: [externalSource({ tools: programs.entries, environment }), mcp],
    hooks,
    rules,
    folder,
    outside,
  };
}

function without(
  names: ReadonlySet<string>,
  environment: Record<string, string>,
): Record<string, string> {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !names.has(name)));
}
