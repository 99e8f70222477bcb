// The start-up walk: refuses a machine whose configuration could break a replay, before it ever steps.
import type { AnyStateMachine, AnyStateNode } from "xstate";
import { effectKinds } from "./effects.ts";
import { requestsAction } from "./step.ts";

type ActionLike = string | { type: string } | ((...args: never[]) => unknown);

/** Throws an Error that names machine, state and rule for every determinism rule the configuration breaks. */
export function checkMachine(machine: AnyStateMachine): void {
  const faults: string[] = [];
  if (!Number.isFinite(machine.options?.maxIterations)) faults.push("options.maxIterations is not set");
  for (const [name, implementation] of Object.entries(machine.implementations.actions)) {
    const builtin = builtinType(implementation);
    if (builtin === "xstate.assign") continue;
    if (builtin !== undefined) faults.push(`action "${name}" is a built-in "${builtin}"`);
    else if (name !== requestsAction && !Object.hasOwn(effectKinds, name)) {
      faults.push(`action "${name}" is not in the effect registry`);
    }
  }
  walk(machine.root, machine, faults);
  if (faults.length > 0) {
    throw new Error(`Machine "${machine.id}" is not deterministic: ${faults.join("; ")}`);
  }
}

function walk(node: AnyStateNode, machine: AnyStateMachine, faults: string[]): void {
  const where = `state "${node.id}"`;
  if (node.invoke.length > 0) faults.push(`${where} invokes an actor`);
  if (node.after.length > 0) faults.push(`${where} has a delayed transition`);
  if (node.type === "history") faults.push(`${where} is a history state`);
  for (const action of [...node.entry, ...node.exit]) checkAction(action, where, machine, faults);
  const transitions = [...node.transitions.values()].flat().concat(node.always ?? []);
  for (const transition of transitions) {
    for (const action of transition.actions) checkAction(action, where, machine, faults);
    if (typeof transition.guard === "function") faults.push(`${where} has an inline guard`);
  }
  for (const child of Object.values(node.states)) walk(child, machine, faults);
}

function checkAction(action: ActionLike, where: string, machine: AnyStateMachine, faults: string[]): void {
  if (typeof action === "function") {
    faults.push(`${where} has an inline action${builtinType(action) ? ` (${builtinType(action)})` : ""}`);
    return;
  }
  const name = typeof action === "string" ? action : action.type;
  if (!Object.hasOwn(machine.implementations.actions, name)) {
    faults.push(`${where} names no known action "${name}"`);
  }
}

function builtinType(implementation: unknown): string | undefined {
  if (typeof implementation !== "function" || !("type" in implementation)) return undefined;
  return typeof implementation.type === "string" ? implementation.type : undefined;
}
