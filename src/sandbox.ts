// The sandbox of this daemon, put together: what the user wants, our own folders, and where its temporary files are.
import { join } from "node:path";
import type { EffectiveConfig } from "./config/environment.ts";
import type { LogStore } from "./log/port.ts";
import type { SecretPlaces } from "./permission/secret_places.ts";
import type { Sandbox } from "../tools/sandbox/contract.ts";

export interface OwnSandboxOptions {
  config: EffectiveConfig;
  store: Pick<LogStore, "effectDir">;
  secrets: SecretPlaces;
  home: string;
  dataDir: string;
  configDir: string;
  report: (line: string) => void;
}

export async function openOwnSandbox(options: OwnSandboxOptions): Promise<Sandbox> {
  const { config: { sandbox: wanted }, store, secrets, home, dataDir, configDir, report } = options;
  if (!wanted.enabled) {
    const { withoutSandbox } = await import("../tools/sandbox/without.ts");
    return withoutSandbox({ status: "off", reason: "sandbox.enabled is false in the configuration" });
  }
  const { openSandbox } = await import("../tools/sandbox/open_sandbox.ts");
  const sandbox = openSandbox({
    dataDir,
    ours: [dataDir, configDir],
    secrets,
    home: home === "" ? null : home,
    allowHosts: wanted.allow_hosts,
    allowWrite: wanted.allow_write.map((path) => path.startsWith("~/") ? join(home, path.slice(2)) : path),
    helpers: { searchPath: Deno.env.get("PATH") ?? "" },
    // With the session's own files: it goes where they go.
    tmpDir: (sessionId) => store.effectDir(sessionId, "sandbox-tmp"),
    report,
  });
  // Tried out beside the rest of the start, so that the first command need not wait for it.
  void sandbox.state().catch(() => {});
  return sandbox;
}

/** What agents are told of it, in a line; "" while it does not confine. */
export async function sandboxText(sandbox: Sandbox, { sandbox: wanted }: EffectiveConfig): Promise<string> {
  if ((await sandbox.state()).status !== "works") return "";
  const network = wanted.allow_hosts.length === 0
    ? "no network"
    : `no network but ${wanted.allow_hosts.join(", ")}`;
  return `Bash runs commands in a sandbox: they write in the workspace and /tmp only, with ${network}; settings of editors and agents, .git/hooks and .git/config are read-only there, and empty folders of such names are placeholders. Use outside_sandbox only when a command needs more, since a person is asked.`;
}
