// A program to be killed: makes one Bash call as the kernel would, and says how far it got.
// Arguments: workspace, folder for the call's files, command, `prepared` or `running` (where to wait for the
// end), and `background` for a command in the background with a time limit in milliseconds after it.
import { noSecrets } from "../../src/permission/secret_places.ts";
import { bashTool } from "../../tools/bash.ts";
import { prepareTool, testSession } from "./workspace.ts";

const [workspace = "", effects = "", command = "", waitAt = "", place = "", limit = "7200000"] = Deno.args;
const background = place === "background" && { run_in_background: true, timeout_ms: Number(limit) };
const prepared = await prepareTool(bashTool, { command, ...background }, {
  session: testSession(),
  workspace,
  roots: [workspace],
  secrets: noSecrets,
  sandbox: null,
  effectDir: () => Promise.resolve(effects),
  signal: new AbortController().signal,
  onOutput: () => {},
});
console.log(JSON.stringify(prepared.evidence));
if (waitAt === "prepared") {
  console.log("prepared");
  await new Promise((resolve) => setTimeout(resolve, 60_000));
}
const running = prepared.run();
// The word to the gate is on its way once the event loop has turned a few times.
await new Promise((resolve) => setTimeout(resolve, 50));
console.log("running");
await running;
await new Promise((resolve) => setTimeout(resolve, 60_000));
