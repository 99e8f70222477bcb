// The machine version: what a session was folded with. Any change of a machine, or of XState, gives another one.
import { xstateVersion } from "../src/platform/version.ts";
import { agentMachine } from "./agent.ts";
import { backgroundTaskMachine } from "./background_task.ts";
import { checkMachine } from "./check.ts";
import { digest } from "./digest.ts";
import { subAgentMachine } from "./sub_agent.ts";
import { supervisorMachines } from "./supervisors.ts";
import { toolCallMachine } from "./tool_call.ts";

export const machines = [
  agentMachine,
  toolCallMachine,
  subAgentMachine,
  backgroundTaskMachine,
  ...supervisorMachines,
] as const;

/** Raised by hand when the meaning of a step changes without a change of any machine's configuration. */
const stepVersion = 4;

/** Checks every machine against the determinism rules, and names their version. Throws on a breach. */
export function checkedMachineVersion(): string {
  for (const machine of machines) checkMachine(machine);
  const shape = digest(JSON.stringify(machines.map((machine) => machine.config)));
  return `session@${stepVersion}+xstate-${xstateVersion}+${shape}`;
}
