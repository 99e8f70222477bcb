// The sandbox of this machine.
import type { Sandbox } from "./contract.ts";
import { openLinuxSandbox } from "./linux.ts";
import { openMacSandbox } from "./macos.ts";
import type { SandboxOptions } from "./options.ts";
import { withoutSandbox } from "./without.ts";

export function openSandbox(options: SandboxOptions): Sandbox {
  if (Deno.build.os === "linux") return openLinuxSandbox(options);
  if (Deno.build.os === "darwin") return openMacSandbox(options);
  return withoutSandbox({
    status: "unavailable",
    reason: "Cannot confine commands: there is no sandbox for this system; commands ask first",
  });
}
