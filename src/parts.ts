// The assembly: names the concrete parts behind the daemon's port and puts them together. A module of its own, since
// loading it takes most of a start.
import { secretsFrom } from "../actors/packing.ts";
import { createRuntime, type Runtime } from "../actors/runtime.ts";
import { allTools } from "../tools/list.ts";
import type { HeldFolder } from "./log/data_folder.ts";
import type { Disk } from "./log/disk.ts";
import { openFileLog } from "./log/file_log.ts";
import type { ProviderChoice } from "./providers/choice.ts";
import type { Provider } from "./providers/contract.ts";
import { makeProvider } from "./providers/list.ts";
import { scriptedProvider } from "./providers/scripted.ts";

export interface PartsOptions {
  choice: ProviderChoice;
  disk: Disk;
  dataDir: string;
  /** The data folder, settled; closing the runtime releases it. */
  held: HeldFolder;
  token: string;
  report: (line: string) => void;
}

/** Opens the log and the runtime on it. */
export async function openParts(options: PartsOptions): Promise<{ provider: Provider; runtime: Runtime }> {
  const provider = makeProvider(options.choice);
  const store = await openFileLog(options.disk, options.dataDir, { held: options.held });
  const secrets = secretsFrom({ OPENAI_API_KEY: Deno.env.get("OPENAI_API_KEY"), token: options.token });
  const providers: [Provider, ...Provider[]] = provider.offline ? [provider] : [provider, scriptedProvider()];
  const { report } = options;
  return { provider, runtime: createRuntime({ store, providers, tools: allTools, secrets, report }) };
}
