// The assembly: names the concrete parts behind the daemon's port and puts them together. They are loaded one after the
// other, because loading takes most of a start and the port is open meanwhile.
import { homedir } from "node:os";
import { join } from "node:path";
import type { AgentLimits } from "../actors/agent_limits.ts";
import type { SessionLimits } from "../actors/budgets.ts";
import type { Runtime } from "../actors/runtime_options.ts";
import type { EffectiveConfig } from "./config/environment.ts";
import { configDir as configDirOf } from "./platform/config_dir.ts";
import type { Keys } from "./config/keys.ts";
import type { FolderReader } from "./config/folder.ts";
import type { RunGit } from "./context/workspace_facts.ts";
import type { HeldFolder } from "./log/data_folder.ts";
import type { Disk } from "./log/disk.ts";
import type { SecretPlaces } from "./permission/secret_places.ts";
import type { Provider } from "./providers/contract.ts";
import type { Tool } from "../tools/contract.ts";
import type { Sandbox } from "../tools/sandbox/contract.ts";
import { turn } from "./turn.ts";

export interface PartsOptions {
  /** `--config`; left out: the user's own file, made when it is not there. */
  configPath: string | undefined;
  disk: Disk;
  dataDir: string;
  /** The data folder, settled; closing the runtime releases it. */
  held: HeldFolder;
  token: string;
  report: (line: string) => void;
}

const minuteMs = 60_000;

/** Opens the log and the runtime on it. */
export async function openParts(options: PartsOptions): Promise<{ provider: Provider; runtime: Runtime }> {
  const { dataDir, report } = options;
  await turn();
  const { openFileLog } = await import("./log/file_log.ts");
  const store = await openFileLog(options.disk, dataDir, { held: options.held });
  const config = await readConfig(options.configPath);
  await turn();
  const { resolveKeys, secretsOf } = await import("./config/keys.ts");
  const keys = await resolveKeys(config, { os: Deno.build.os, env: Deno.env.toObject() });
  const { openProviders } = await import("./config/open_providers.ts");
  const providers = openProviders(config, keys);
  for (const { name, problem } of providers.problems()) {
    report(`The provider "${name}" cannot be asked: ${problem.message}`);
  }
  await turn();
  const builtIn = await builtInTools(config, keys);
  await turn();
  const home = homedir();
  const configDir = configFolder() ?? join(dataDir, "config");
  const { configPath } = options;
  const { openSecrets } = await import("./secrets.ts");
  const secrets = openSecrets({ config, keys, token: options.token, home, dataDir, configDir, report });
  await turn();
  const { openOutside } = await import("./outside.ts");
  const { sources, hooks, rules, folder, outside } = await openOutside(
    { config, configPath, keys, dataDir, configDir, report },
  );
  await turn();
  const { openOwnSandbox, sandboxText } = await import("./sandbox.ts");
  const sandbox = await openOwnSandbox({ config, store, secrets, home, dataDir, configDir, report });
  const { skillTool, prompt, commands, agents } = await openContext({
    sandbox: () => sandboxText(sandbox, config),
    config,
    folder,
    secrets,
    home,
    configDir,
    report,
  });
  await turn();
  const { createRuntime } = await import("../actors/runtime.ts");
  const { secretsFrom } = await import("../actors/packing.ts");
  const runtime = createRuntime({
    store,
    providers,
    tools: [...builtIn, skillTool],
    sources,
    hooks,
    rules,
    secretPlaces: secrets,
    sandbox,
    permissionMode: config.permissions.mode,
    outside,
    prompt,
    commands,
    agents,
    agentLimits: agentLimitsOf(config),
    modes: config.modes,
    folderModel: async (workspace) => {
      // What the environment says of the model comes before what a folder says.
      if (config.model_from_environment !== undefined) return undefined;
      const { settings, problem } = await folder.folderSettings(workspace);
      if (problem !== undefined) report(problem.message);
      return settings.model;
    },
    limits: limitsOf(config),
    context: { microAt: config.context.micro_at, compactAt: config.context.compact_at },
    secrets: secretsFrom({ ...secretsOf(keys), token: options.token }),
    report,
  });
  return { provider: providers.default, runtime: withOwnParts(runtime, sandbox) };
}

async function builtInTools({ web, browser }: EffectiveConfig, keys: Keys): Promise<readonly Tool[]> {
  const { allTools } = await import("../tools/list.ts");
  const { settingsTools } = await import("../tools/settings_tools.ts");
  const searchKey = web.search_key;
  const own = settingsTools({
    web: {
      searchUrl: web.search_url,
      searchKey: searchKey === undefined || keys.problem(searchKey) ? undefined : keys.secret(searchKey),
      allowPrivate: web.allow_private,
    },
    browser: { executable: browser.executable },
  });
  return [...allTools, ...own];
}

function agentLimitsOf({ agents }: EffectiveConfig): AgentLimits {
  const { depth, at_once: atOnce, total, restarts: max, restart_seconds } = agents;
  return { depth, atOnce, total, restart: { max, backoff_ms: Math.round(restart_seconds * 1_000) } };
}

function limitsOf({ limits }: EffectiveConfig): Partial<SessionLimits> {
  return {
    steps: limits.steps,
    wallMs: limits.wall_minutes * minuteMs,
    tokens: limits.tokens,
    costUsd: limits.cost_usd,
    repeat: limits.repeat,
  };
}

/** Piece by piece: all of it at once would keep whoever asks /health waiting. */
async function readConfig(path: string | undefined): Promise<EffectiveConfig> {
  await turn();
  await import("zod");
  await turn();
  await import("./protocol/facts.ts");
  await turn();
  await import("./providers/list.ts");
  await turn();
  const { ensureConfigFile, loadConfig } = await import("./config/file.ts");
  const place = { path, env: Deno.env.toObject(), os: Deno.build.os };
  const config = await loadConfig(place);
  if (path === undefined) await ensureConfigFile(place);
  return config;
}

async function openContext(options: {
  config: EffectiveConfig;
  folder: FolderReader;
  secrets: SecretPlaces;
  sandbox: () => Promise<string>;
  home: string;
  configDir: string;
  report: (line: string) => void;
}) {
  const { config, folder, secrets, sandbox, home, configDir, report } = options;
  const { createSkills } = await import("./context/skills.ts");
  const { createSkillLibrary } = await import("./context/skill_library.ts");
  const { skillTool } = await import("../tools/skill.ts");
  const { openGit } = await import("../tools/git.ts");
  const { createSlashCommands } = await import("./slash_commands.ts");
  const { createPrompt } = await import("./prompt.ts");
  const skills = createSkills({ home, secrets });
  const git: RunGit = async (path, args, given) => {
    const run = await openGit(path, { signal: given.signal, timeoutMs: given.timeoutMs });
    return await run(args, given);
  };
  const prompt = createPrompt({
    home,
    configDir,
    secrets,
    skills,
    git,
    extra: async (workspace) => {
      const { settings } = await folder.folderSettings(workspace);
      return [config.instructions.extra, settings.instructions].filter((text) => text).join("\n\n");
    },
    sandbox,
    report,
  });
  const commands = createSlashCommands({ configDir, secrets, skills });
  const { createAgentDefinitions } = await import("./context/agent_definitions.ts");
  const agents = createAgentDefinitions({ home, secrets });
  return { prompt, commands, agents, skillTool: skillTool(createSkillLibrary(skills, secrets)) };
}

function configFolder(): string | undefined {
  return configDirOf({ os: Deno.build.os, env: (name) => Deno.env.get(name), cwd: Deno.cwd() });
}

/** Browsers belong to sessions, and end with the daemon; what was made for commands ends after them. */
function withOwnParts(runtime: Runtime, sandbox: Sandbox): Runtime {
  return {
    ...runtime,
    close: async () => {
      const { closeBrowsers } = await import("../tools/browser/browser.ts");
      await Promise.all([runtime.close(), closeBrowsers()]);
      await sandbox.close();
    },
  };
}
