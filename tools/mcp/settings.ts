// What an MCP server is in the configuration, and in a folder's `.mcp.json` in the format that such files have elsewhere.
import { z } from "zod";
import { Problem } from "../../src/protocol/problem.ts";

const texts = z.record(z.string(), z.string());
const shared = {
  enabled: z.boolean().optional(),
  /** Of one call, in seconds; progress extends it. */
  timeoutS: z.number().positive().max(600).optional(),
};
export const stdioSettings = z.object({
  ...shared,
  command: z.string().min(1),
  args: z.array(z.string()).optional(),
  env: texts.optional(),
  cwd: z.string().optional(),
});
export const httpSettings = z.object({ ...shared, url: z.string().min(1), headers: texts.optional() });
export const mcpServerSettings = z.union([stdioSettings, httpSettings]);
export type McpServerSettings = z.infer<typeof mcpServerSettings>;

const fileEntry = z.union([
  z.object({ type: z.literal("stdio").optional(), ...stdioSettings.omit({ timeoutS: true }).shape }),
  z.object({ type: z.enum(["http", "streamable-http"]), ...httpSettings.omit({ timeoutS: true }).shape }),
]);

/** The settings in one entry of a file, its variables not yet filled in. Throws a Problem when it is not such an entry. */
export function readFileEntry(entry: unknown): McpServerSettings {
  const parsed = fileEntry.safeParse(entry);
  if (parsed.success) return mcpServerSettings.parse(parsed.data);
  throw new Problem(
    "bad_config",
    'Cannot read the entry: it is no MCP server, it needs a "command", or "type": "http" and a "url"',
  );
}

const reference = /\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}/g;

/**
 * Fills in `${NAME}` and `${NAME:-default}`. Throws a Problem that names a variable which is not set, or which holds a key
 * of the daemon: whoever approves an entry does not mean to give that away.
 */
export function expandSettings(
  settings: McpServerSettings,
  { environment, secretNames }: {
    environment: Readonly<Record<string, string>>;
    secretNames: ReadonlySet<string>;
  },
): McpServerSettings {
  // Names of variables have no case on Windows.
  const secrets = new Set([...secretNames].map((name) => name.toUpperCase()));
  const expand = (text: string) =>
    text.replace(reference, (_, name: string, fallback: string | undefined) => {
      if (secrets.has(name.toUpperCase())) throw isSecret(name);
      const value = environment[name] || fallback;
      if (value !== undefined) return value;
      throw new Problem("bad_config", `Cannot fill in "\${${name}}": no such environment variable is set`);
    });
  const expandAll = (values: Record<string, string> = {}) =>
    Object.fromEntries(Object.entries(values).map(([name, value]) => [name, expand(value)]));
  if ("url" in settings) {
    return { ...settings, url: expand(settings.url), headers: expandAll(settings.headers) };
  }
  return {
    ...settings,
    command: expand(settings.command),
    args: (settings.args ?? []).map(expand),
    env: expandAll(settings.env),
  };
}

function isSecret(name: string): Problem {
  return new Problem(
    "bad_config",
    `Cannot fill in "\${${name}}": it holds a key of the daemon itself, name a variable that is meant for this server`,
  );
}
