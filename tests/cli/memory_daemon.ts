// A daemon process over the memory host, found by the command line like the real one: `memory_daemon.ts DATA_DIR [PORT]`.
import { join } from "node:path";
import { version } from "../../src/platform/version.ts";
import { startServer } from "../../src/server/serve.ts";
import { openMemoryHost } from "../support/memory_host.ts";

const [dataDir = ".", port = "0"] = Deno.args;
const tokenFile = join(dataDir, "token");
const discovery = join(dataDir, "daemon.json");
const startedAt = new Date();

async function end(): Promise<void> {
  await Deno.remove(discovery).catch(() => {});
  await server.stop();
  Deno.exit(0);
}

const server = await startServer({
  host: openMemoryHost(),
  token: "memory-daemon-token",
  version,
  startedAt,
  onShutdown: () => void end(),
  hostname: "127.0.0.1",
  port: Number(port),
  portIsExplicit: true,
});
await Deno.mkdir(dataDir, { recursive: true });
await Deno.writeTextFile(tokenFile, "memory-daemon-token\n", { mode: 0o600 });
const found = {
  pid: Deno.pid,
  url: server.url,
  token_file: tokenFile,
  version,
  started_at: startedAt.toISOString(),
};
await Deno.writeTextFile(discovery, JSON.stringify(found), { mode: 0o600 });
console.log(server.url);
