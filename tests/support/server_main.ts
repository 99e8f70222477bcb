// A server over the memory host as a process of its own, to measure what clients cost it.
// Prints its port; for each line on stdin prints the memory it has after a collection. Run with --v8-flags=--expose-gc.
import { startServer } from "../../src/server/serve.ts";
import { openMemoryHost } from "./memory_host.ts";

declare const gc: () => void;

const stdinBytesMax = 4096;
const [token = "", limits = "{}"] = Deno.args;
const server = await startServer({
  host: openMemoryHost(),
  token,
  version: "0.0.0-test",
  startedAt: new Date(),
  onShutdown: () => Deno.exit(0),
  hostname: "127.0.0.1",
  port: 0,
  portIsExplicit: true,
  limits: JSON.parse(limits),
});
console.log(server.port);
const line = new Uint8Array(stdinBytesMax);
while (await Deno.stdin.read(line) !== null) {
  gc();
  console.log(Deno.memoryUsage().rss);
}
Deno.exit(0);
