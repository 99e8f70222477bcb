// `npm start`: the daemon in the foreground, and one real session to look at.
import "../src/node_globals.ts";
import { type Daemon, serve } from "../src/app.ts";
import { firstRun } from "../src/cli/first_run.ts";
import { exitWithProblem } from "../src/cli/main.ts";
import { demoPrompt } from "../src/providers/scripted.ts";

async function show(daemon: Daemon, signal: AbortSignal): Promise<void> {
  // Not below the data folder: that is kept from tools.
  const scratch = await Deno.realPath(await Deno.makeTempDir({ prefix: "jamey-demo-" }));
  await firstRun({
    dataDir: daemon.dataDir,
    workspace: Deno.cwd(),
    scratch,
    message: demoPrompt(scratch),
    offline: daemon.provider.offline,
    signal,
  });
}

const code = await serve({ whenReady: show }).catch(exitWithProblem);
// Ctrl-C is how this is meant to end.
Deno.exit(code === 130 ? 0 : code);
