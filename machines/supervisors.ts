// The machines of supervisors, by kind: one line each.
import type { AnyStateMachine } from "xstate";
import type { SupervisorKind } from "./session_state.ts";

const machinesByKind: Partial<Record<SupervisorKind, AnyStateMachine>> = {};

export const supervisorMachines: readonly AnyStateMachine[] = Object.values(machinesByKind);

export function supervisorMachine(kind: SupervisorKind): AnyStateMachine {
  const machine = machinesByKind[kind];
  if (machine === undefined) throw new Error(`There is no machine for a supervisor of the kind "${kind}"`);
  return machine;
}
