// The machines of supervisors, by kind: one line each.
import type { AnyStateMachine } from "xstate";
import { debateMachine } from "./modes/debate.ts";
import { parallelMachine } from "./modes/parallel.ts";
import { reviewMachine } from "./modes/review.ts";
import { sequentialMachine } from "./modes/sequential.ts";
import type { SupervisorKind } from "./session_state.ts";
import { teamMachine } from "./team.ts";
import { workflowMachine } from "./workflow.ts";

const machinesByKind: Partial<Record<SupervisorKind, AnyStateMachine>> = {
  team: teamMachine,
  workflow: workflowMachine,
  sequential: sequentialMachine,
  parallel: parallelMachine,
  debate: debateMachine,
  review: reviewMachine,
};

export const supervisorMachines: readonly AnyStateMachine[] = Object.values(machinesByKind);

export function supervisorMachine(kind: SupervisorKind): AnyStateMachine {
  const machine = machinesByKind[kind];
  if (machine === undefined) throw new Error(`There is no machine for a supervisor of the kind "${kind}"`);
  return machine;
}
