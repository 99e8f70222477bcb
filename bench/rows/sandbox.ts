// A command of the Bash tool in the sandbox, beside the same command bare: from the call to its outcome, without a daemon.
import { join } from "node:path";
import { noSecrets } from "../../src/permission/secret_places.ts";
import { testSession } from "../../tests/tools/workspace.ts";
import { bashTool } from "../../tools/bash.ts";
import type { Sandbox } from "../../tools/sandbox/contract.ts";
import { openSandbox } from "../../tools/sandbox/open_sandbox.ts";
import type { Bench, BenchContext, Row, Skipped } from "../bench.ts";
import { alternate, figureOf, ratioOf, timeEach } from "../samples.ts";

const command = "true";

export const sandbox: Bench = { name: "sandbox", run: measure };

async function measure(context: BenchContext): Promise<(Row | Skipped)[]> {
  const workspace = context.scratch.folder("sandboxed");
  const dataDir = context.scratch.folder("sandbox-data");
  const temporary = context.scratch.folder("sandbox-tmp");
  const own = openSandbox({
    dataDir,
    ours: [dataDir],
    secrets: noSecrets,
    home: null,
    allowHosts: [],
    allowWrite: [],
    helpers: { searchPath: Deno.env.get("PATH") ?? "" },
    tmpDir: () => Promise.resolve(temporary),
    report: () => {},
  });
  const { status, reason } = await own.state();
  if (status !== "works") return [{ name: "sandbox.command", skipped: reason ?? "there is no sandbox here" }];
  const times = context.quick ? 10 : 25;
  const series = await alternate(context.quick ? 2 : 6, {
    bare: () => timeEach(times, (index) => run(join(dataDir, `bare-${index}`), workspace, null)),
    confined: () => timeEach(times, (index) => run(join(dataDir, `own-${index}`), workspace, own)),
  });
  await own.close();
  return [{
    name: "sandbox.command",
    unit: "ms",
    measured: figureOf(series.confined),
    calibration: { of: "the same command bare", ...figureOf(series.bare) },
    ratio: ratioOf(series.confined, series.bare),
    aim: null,
  }];
}

async function run(effects: string, workspace: string, own: Sandbox | null): Promise<void> {
  await Deno.mkdir(effects, { recursive: true });
  const parsed = bashTool.parse({ command });
  if (!parsed.ok) throw new Error(parsed.error);
  const prepared = await parsed.call.prepare({
    session: testSession(),
    workspace,
    roots: [workspace],
    secrets: noSecrets,
    sandbox: own,
    effectDir: () => Promise.resolve(effects),
    signal: new AbortController().signal,
    onOutput: () => {},
  });
  const outcome = "status" in prepared ? prepared : await prepared.run();
  if (outcome.status !== "finished") throw new Error(`The command ${outcome.status}`);
}
