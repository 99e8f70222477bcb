// The assembly: names the concrete parts behind the daemon's port and puts them together. They are loaded one after the
// other, because loading takes most of a start and the port is open meanwhile.
import type { Runtime } from "../actors/runtime_options.ts";
import type { HeldFolder } from "./log/data_folder.ts";
import type { Disk } from "./log/disk.ts";
import type { ProviderChoice } from "./providers/choice.ts";
import type { Provider } from "./providers/contract.ts";

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
  await turn();
  const { openFileLog } = await import("./log/file_log.ts");
  const store = await openFileLog(options.disk, options.dataDir, { held: options.held });
  await turn();
  const { makeProvider } = await import("./providers/list.ts");
  const { scriptedProvider } = await import("./providers/scripted.ts");
  const provider = makeProvider(options.choice);
  const { registryOf } = await import("./providers/resolve_model.ts");
  const providers = registryOf(provider.offline ? [provider] : [provider, scriptedProvider()]);
  await turn();
  const { allTools } = await import("../tools/list.ts");
  const { secretsFrom } = await import("../actors/packing.ts");
  await turn();
  const { createRuntime } = await import("../actors/runtime.ts");
  const secrets = secretsFrom({ OPENAI_API_KEY: Deno.env.get("OPENAI_API_KEY"), token: options.token });
  return {
    provider,
    runtime: createRuntime({ store, providers, tools: allTools, secrets, report: options.report }),
  };
}

/** Loading takes the thread: whoever has come to the port meanwhile is answered first. */
function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
