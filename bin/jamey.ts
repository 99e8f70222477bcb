// The program: joins the command line and the daemon.
import "../src/node_globals.ts";
import type { ServeOptions } from "../src/cli/command.ts";
import { main } from "../src/cli/main.ts";

/** The daemon's parts are loaded only when the daemon is meant: all other commands start faster without them. */
async function serve(options: ServeOptions): Promise<number> {
  const app = await import("../src/app.ts");
  return await app.serve(options);
}

Deno.exit(await main(Deno.args, { serve }));
