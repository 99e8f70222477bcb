// The sandbox on macOS: the system's own `sandbox-exec`, with a profile for each command. It works by paths, so nothing has
// to be put in the place of what is not there. Tried out like the other one before it is relied on.
import { mkdir, realpath } from "node:fs/promises";
import { join } from "node:path";
import { messageOf, Problem } from "../../src/protocol/problem.ts";
import type { Confinement, ConfinePlan, Sandbox } from "./contract.ts";
import { unavailable } from "./bubblewrap.ts";
import type { SandboxOptions } from "./options.ts";
import { probeSandbox } from "./probe.ts";
import { seatbeltProfile } from "./seatbelt_profile.ts";
import { viewOf } from "./view.ts";

const program = "/usr/bin/sandbox-exec";

export function openMacSandbox(options: SandboxOptions): Sandbox {
  let tried: Promise<Problem | null> | null = null;

  async function confineWith(
    plan: ConfinePlan & { tmp: string; ours: readonly string[] },
  ): Promise<Confinement> {
    const { workspace, tmp, ours } = plan;
    const { secrets, home, allowWrite } = options;
    const view = await viewOf({ workspace, roots: plan.roots, allowWrite, ours, secrets, home });
    const profile = seatbeltProfile([...view.mounts, { as: "writable", path: tmp }]);
    return {
      argv: [program, "-p", profile],
      environment: { TMPDIR: tmp, TMP: tmp, TEMP: tmp },
      release: () => Promise.resolve(),
    };
  }

  async function tryOut(): Promise<Problem | null> {
    try {
      await Deno.stat(program);
      if (options.allowHosts.length > 0) options.report("sandbox.allow_hosts has no effect on macOS yet");
      await probeSandbox(
        join(options.dataDir, "sandbox"),
        (ground) =>
          confineWith({
            sessionId: "probe",
            workspace: ground.workspace,
            roots: [],
            tmp: ground.tmp,
            ours: [ground.hidden],
          }),
      );
      return null;
    } catch (thrown) {
      if (thrown instanceof Problem) return thrown;
      return unavailable(messageOf(thrown), "Set sandbox.enabled = false to be asked about every command");
    }
  }

  async function current(): Promise<Problem | null> {
    const problem = await (tried ??= tryOut());
    // What did not work is tried again.
    if (problem !== null) tried = null;
    return problem;
  }

  return {
    state: async () => {
      const problem = await current();
      if (problem === null) return { status: "works", kind: "sandbox-exec" };
      return {
        status: "unavailable",
        reason: [problem.message, problem.hint].filter((part) => part).join("; "),
      };
    },
    confine: async (plan) => {
      const problem = await current();
      if (problem !== null) throw problem;
      const tmp = await options.tmpDir(plan.sessionId);
      await mkdir(tmp, { recursive: true, mode: 0o700 });
      return await confineWith({ ...plan, tmp: await realpath(tmp), ours: options.ours });
    },
    close: () => Promise.resolve(),
  };
}
