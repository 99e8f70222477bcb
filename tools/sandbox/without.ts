// No sandbox: the user wants none, or there is none for this system. It confines nothing, and says so when it is asked to.
import { Problem } from "../../src/protocol/problem.ts";
import type { Sandbox, SandboxState } from "./contract.ts";

export function withoutSandbox(state: SandboxState): Sandbox {
  return {
    state: () => Promise.resolve(state),
    confine: () =>
      Promise.reject(
        new Problem("unavailable", state.reason ?? "Cannot confine commands: there is no sandbox"),
      ),
    close: () => Promise.resolve(),
  };
}
