// The hosts that the suites of the doors run against: each is opened empty and closed at the end of a test.
import { join } from "node:path";
import type { Host } from "../../actors/host.ts";
import { createRuntime } from "../../actors/runtime.ts";
import { openDenoDisk } from "../../src/log/deno_disk.ts";
import { openFileLog } from "../../src/log/file_log.ts";
import { scriptedProvider } from "../../src/providers/scripted.ts";
import { allTools } from "../../tools/list.ts";
import { openMemoryHost } from "./memory_host.ts";
import { proveSessions } from "./prove.ts";
import { registryOf } from "../../src/providers/resolve_model.ts";

export interface OpenHost {
  host: Host;
  close(): Promise<void>;
}

export interface HostKind {
  name: string;
  open(): Promise<OpenHost>;
}

export const memoryKind: HostKind = {
  name: "memory host",
  open: () => {
    const host = openMemoryHost();
    return Promise.resolve({ host, close: () => Promise.resolve(host.close()) });
  },
};

/** The daemon's own runtime, with its log on disk and the model that asks nobody. */
export const runtimeKind: HostKind = {
  name: "runtime",
  async open() {
    const folder = await Deno.makeTempDir({ prefix: "jamey-test-" });
    const store = await openFileLog(openDenoDisk(), join(folder, "data"));
    const runtime = createRuntime({
      store,
      providers: registryOf([scriptedProvider()]),
      tools: allTools,
      secrets: [],
      report: (line) => console.error(line),
    });
    await runtime.ready;
    return {
      host: runtime,
      async close() {
        await proveSessions(runtime);
        await runtime.close();
        await Deno.remove(folder, { recursive: true });
      },
    };
  },
};

/** One line for each kind. */
export const hostKinds: readonly HostKind[] = [memoryKind, runtimeKind];
