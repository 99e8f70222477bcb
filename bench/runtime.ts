// A runtime in this process, on a real file log, with the offline provider.
import { createRuntime } from "../actors/runtime.ts";
import type { Runtime } from "../actors/runtime_options.ts";
import { openDenoDisk } from "../src/log/deno_disk.ts";
import { openFileLog } from "../src/log/file_log.ts";
import type { CreateSession } from "../src/protocol/http.ts";
import { scriptedProvider } from "../src/providers/scripted.ts";
import { allTools } from "../tools/list.ts";
import { registryOf } from "../src/providers/resolve_model.ts";

export async function openRuntime(data: string): Promise<Runtime> {
  const store = await openFileLog(openDenoDisk(), data);
  const report = (line: string) => console.error(line);
  return createRuntime({
    store,
    providers: registryOf([scriptedProvider()]),
    tools: allTools,
    secrets: [],
    // A long saved session has used more than a person would be asked about.
    limits: { tokens: Infinity, costUsd: Infinity },
    report,
  });
}

export function newSession(workspace: string): CreateSession {
  return { workspace, agent_mode: "single", permission_mode: "default", add_dirs: [] };
}
