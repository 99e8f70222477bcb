// The schema of `runtime.toml`: every section, every key, every default. Whoever reads the configuration reads this type.
import { z } from "zod";
import { type JsonObject, jsonObject } from "../protocol/json.ts";
import { hostMark, readHost } from "../permission/match_host.ts";
import { pathPatternFault, secretPatternCharsMax } from "../permission/path_pattern_fault.ts";
import { type AgentMode, agentMode } from "../protocol/mode_facts.ts";
import { modeSettingsBody, settingsFaults } from "../protocol/mode_settings.ts";
import { price } from "../protocol/model_parts.ts";
import { permissionMode } from "../protocol/permission_mode.ts";
import { hookEvent } from "../protocol/work_facts.ts";
import type { ProviderKind } from "../providers/kind.ts";
import { providerKinds } from "../providers/list.ts";
import { looksSecret, secretReference } from "../providers/reference.ts";
import { addressFault, modelName } from "../providers/settings.ts";
import { providerName, providerSettings } from "./provider_kinds.ts";
import { referenceOrText } from "./reference.ts";
import { readableRules } from "./rule_text.ts";

/** How many providers, models or servers there may be. */
export const entriesMax = 256;
const fallbackMax = 16;
/** Seconds: what tools, servers and hooks take themselves. */
const timeoutMax = 600;
const toolsMax = 128;
const hooksMax = 64;
const patternsMax = 256;
const descriptionCharsMax = 10_000;
const commandCharsMax = 10_000;
const text = z.string().min(1).max(65_536);
const word = z.string().max(32_768);

function table<Value extends z.ZodType>(key: z.ZodString, value: Value, most = entriesMax) {
  return z.record(key, value).refine((entries) => Object.keys(entries).length <= most, {
    message: `has more than ${most} entries`,
  }).default({});
}

/** What is known of a model; only what differs from what jamey knows need be said. */
const modelSettings = z.strictObject({
  window: z.int().min(1).max(100_000_000).optional(),
  output_max: z.int().min(1).max(100_000_000).optional(),
  vision: z.boolean().optional(),
  price: z.strictObject(price.shape).optional(),
});
export type ModelSettings = z.output<typeof modelSettings>;

/** What a session may use before it pauses and asks. */
const limits = z.strictObject({
  steps: z.int().min(1).max(1_000_000).default(100),
  wall_minutes: z.number().positive().max(1_000_000).default(120),
  tokens: z.int().min(1).default(10_000_000),
  cost_usd: z.number().positive().max(1_000_000_000).default(20),
  /** The same call with the same result this often. */
  repeat: z.int().min(2).max(1_000).default(5),
});

/** Shares of the model's window. */
const context = z.strictObject({
  compact_at: z.number().min(0.1).max(0.95).default(0.8),
  micro_at: z.number().min(0.1).max(0.95).default(0.6),
}).refine(({ compact_at, micro_at }) => micro_at <= compact_at, {
  message: "is larger than context.compact_at",
  path: ["micro_at"],
});

/** Sub-agents of one session: levels below the main agent, how many live at once, and how many there may ever be. */
const agents = z.strictObject({
  depth: z.int().min(0).max(16).default(3),
  at_once: z.int().min(1).max(256).default(16),
  total: z.int().min(1).max(100_000).default(1_000),
  /** Times that one is begun again whose endpoint failed, and the wait before the first; it doubles each time. */
  restarts: z.int().min(0).max(20).default(1),
  restart_seconds: z.number().min(0).max(3_600).default(5),
});

/** Who takes part in the modes in which several agents answer; a session may bring its own. */
const modes = z.partialRecord(agentMode.exclude(["single"]), modeSettingsBody).superRefine(
  (given, context) => {
    for (const [mode, settings] of Object.entries(given)) {
      // Its keys are those of the schema.
      for (const { path, message } of settingsFaults(mode as AgentMode, settings)) {
        context.addIssue({ code: "custom", path: [mode, ...path], message });
      }
    }
  },
);

/** What tools may do: the mode of new sessions, and rules. */
const permissions = z.strictObject({
  mode: permissionMode.refine((mode) => mode !== "bypassPermissions", {
    message: 'is "bypassPermissions", which is chosen for single sessions only: use --permission-mode',
  }).default("default"),
  allow: readableRules.default([]),
  ask: readableRules.default([]),
  deny: readableRules.default([]),
});

/** Patterns of paths: `~/x`, `/x`, or one that fits at any depth. */
const pathPatterns = z.array(
  z.string().min(1).max(secretPatternCharsMax).superRefine((pattern, context) => {
    const message = pathPatternFault(pattern);
    if (message !== null) context.addIssue({ code: "custom", message });
  }),
).max(patternsMax).default([]);

/** What is kept from tools and from commands in the sandbox, besides what is always kept. */
const secrets = z.strictObject({
  /** May be read all the same. */
  readable: pathPatterns,
  /** Is secret as well. */
  hidden: pathPatterns,
});

/** A value in a message, unless it may hold a secret: an address has a place for one before its "@" and after its "?". */
function quoted(value: unknown): string {
  const isPlain = typeof value === "string" && !/[@?]/.test(value) && !looksSecret(value);
  return isPlain ? JSON.stringify(value.slice(0, 100)) : "a text";
}

/** What confines shell commands. */
const sandbox = z.strictObject({
  enabled: z.boolean().default(true),
  /** Hosts that commands in it may reach: `example.com`, `*.example.com`. */
  allow_hosts: z.array(
    z.string().max(253).refine((host) => readHost(`${hostMark}${host}`) !== null, {
      error: ({ input }) => `is ${quoted(input)}, which is no host; write "example.com" or "*.example.com"`,
    }),
  )
    .max(patternsMax).default([]),
  /** Folders that commands in it may write, besides the workspace. */
  allow_write: z.array(z.string().max(4_096).regex(/^(?:\/|~\/)./, 'is no path that starts with "/" or "~/"'))
    .max(patternsMax).default([]),
});

/** Variables that commands, servers and hooks get besides the harmless ones; never one that holds a key. */
const environment = z.strictObject({
  pass: z.array(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/, "is no variable")).max(patternsMax)
    .default([]),
});

/** An address with a place for the query, for example `https://search.example/search?q={query}`, is allowed here. */
const searchUrl = z.string().max(2_048).refine(
  (address) => URL.canParse(address) && /^https?:/.test(address),
  {
    message: "is not an http address",
  },
).refine((address) => !URL.canParse(address) || new URL(address).password === "", {
  message: "holds a password; use web.search_key",
});

const web = z.strictObject({
  search_url: searchUrl.optional(),
  search_key: secretReference.optional(),
  /** Lets WebFetch reach this machine and private networks. */
  allow_private: z.boolean().default(false),
});

/** An address that is used as it is: for tools and servers. */
const webAddress = z.string().max(2_048).superRefine((address, context) => {
  const why = addressFault(address, { query: true }) ??
    (looksSecret(address) ? "holds a secret; send it as a header" : undefined);
  if (why !== undefined) context.addIssue({ code: "custom", message: why });
});

const headers = z.record(
  z.string().regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}$/, "is no header"),
  referenceOrText,
)
  .default({});

const parameters = z.union([jsonObject, z.string().max(262_144).transform(readJson)], {
  error: "is neither a table nor a string with a JSON object",
});

function readJson(source: string, context: z.RefinementCtx): JsonObject {
  try {
    const parsed = jsonObject.safeParse(JSON.parse(source));
    if (parsed.success) return parsed.data;
  } catch {
    // Said below, without quoting it.
  }
  context.addIssue({ code: "custom", message: "is no JSON object" });
  return z.NEVER;
}

const toolFields = {
  description: z.string().min(1).max(descriptionCharsMax),
  /** JSON Schema of the arguments. */
  parameters: parameters.default({ type: "object", properties: {} }),
  timeout_s: z.number().positive().max(timeoutMax).default(60),
  /** Whether a person is asked first. */
  confirm: z.boolean().default(true),
};
const toolSettings = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("process"), command: z.array(word).min(1).max(256), ...toolFields }),
  z.strictObject({ type: z.literal("http"), url: webAddress, headers, ...toolFields }),
]);
export type ExternalToolSettings = z.output<typeof toolSettings>;

const mcpSettings = z.strictObject({
  command: text.optional(),
  args: z.array(word).max(256).default([]),
  env: z.record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "is no variable"), referenceOrText).default({}),
  url: webAddress.optional(),
  headers,
  timeout_s: z.number().positive().max(timeoutMax).default(60),
  enabled: z.boolean().default(true),
}).refine(({ command, url }) => (command === undefined) !== (url === undefined), {
  message: 'needs either "command" or "url"',
});
export type McpSettings = z.output<typeof mcpSettings>;

const hookSettings = z.strictObject({
  /** Names of tools, `|` between them; left out: all. */
  matcher: z.string().max(1_024).optional(),
  command: z.string().min(1).max(commandCharsMax),
  timeout_s: z.number().positive().max(timeoutMax).default(10),
});
export type HookSettings = z.output<typeof hookSettings>;

const toolName = z.string().regex(/^[A-Za-z][A-Za-z0-9_-]{0,63}$/, "is no name for a tool");
const serverName = z.string().regex(/^[A-Za-z][A-Za-z0-9_-]{0,63}$/, "is no name for a server");

/** The schema of a configuration whose providers are of these kinds. */
export function configSchema(kinds: readonly ProviderKind[]) {
  return z.strictObject({
    default_provider: providerName.optional(),
    /** Tried in this order when a provider cannot be reached. */
    fallback: z.array(providerName).max(fallbackMax).default([]),
    providers: table(providerName, providerSettings(kinds)),
    models: table(modelName, modelSettings),
    limits: limits.prefault({}),
    agents: agents.prefault({}),
    modes: modes.default({}),
    context: context.prefault({}),
    permissions: permissions.prefault({}),
    secrets: secrets.prefault({}),
    environment: environment.prefault({}),
    sandbox: sandbox.prefault({}),
    web: web.prefault({}),
    browser: z.strictObject({ executable: text.optional() }).prefault({}),
    tools: table(toolName, toolSettings, toolsMax),
    mcp: table(serverName, mcpSettings),
    hooks: z.partialRecord(hookEvent, z.array(hookSettings).max(hooksMax)).default({}),
    instructions: z.strictObject({
      /** Added to the system prompt of every session. */
      extra: z.string().max(65_536).optional(),
    }).prefault({}),
  });
}

export const config = configSchema(providerKinds);
export type Config = z.output<typeof config>;
