// One step of one machine: a snapshot and an event in, the next snapshot and the effects it asks for out.
// XState is used as a pure function; nothing here executes an action.
import { type AnyMachineSnapshot, type AnyStateMachine, createActor, type EventObject } from "xstate";
import type { JsonObject, JsonValue } from "../src/protocol/json.ts";
import { withoutAmbientWorld } from "./determinism.ts";

/** Microsteps a single fact may cause; more is a loop in the machine. */
export const iterationsMax = 100;

/** What a machine asks the kernel to do: a name from the effect registry and JSON parameters. */
export interface EffectRequest {
  kind: string;
  params: JsonObject;
}

/**
 * The one action by which a machine asks for as many effects as its state calls for: its parameters are
 * `{ requests: EffectRequest[] }`, and each of them counts as an action of its own.
 */
export const requestsAction = "requests.make";

export interface MachineStep {
  snapshot: AnyMachineSnapshot;
  effects: EffectRequest[];
  /** The machine has no transition for the event in this state. */
  ignored: boolean;
}

/** The plain form of a snapshot: what is digested, stored and shown. */
export interface PlainSnapshot {
  status: string;
  value: JsonValue;
  context: JsonValue;
}

type Scope = Parameters<AnyStateMachine["transition"]>[2];
const scopes = new WeakMap<AnyStateMachine, { scope: Scope; collect: (into: EffectRequest[]) => void }>();

/** Steps `machine`; throws when the machine breaks a determinism rule (a bug: nothing may be logged then). */
export function stepMachine(
  machine: AnyStateMachine,
  snapshot: AnyMachineSnapshot,
  event: EventObject,
): MachineStep {
  // One that has ended takes nothing, not even what it takes in every state; XState itself leaves that to its actors.
  if (snapshot.status !== "active") return { snapshot, effects: [], ignored: true };
  const { scope, collect } = scopeOf(machine);
  const effects: EffectRequest[] = [];
  collect(effects);
  const [next, ignored] = withoutAmbientWorld(() => {
    const after = machine.transition(snapshot, event, scope);
    // The same snapshot comes back when nothing took the event, and also from a transition to where it is already.
    return [after, after === snapshot && !isTaken(machine, snapshot, event)] as const;
  });
  if (next.status === "error") throw new Error(`Machine "${machine.id}" failed on "${event.type}"`);
  return { snapshot: frozen(next), effects, ignored };
}

function isTaken(machine: AnyStateMachine, snapshot: AnyMachineSnapshot, event: EventObject): boolean {
  return (machine.getTransitionData(snapshot, event)?.length ?? 0) > 0;
}

/** The first snapshot of a machine, and what it asks for at once. */
export function startMachine(machine: AnyStateMachine, input?: JsonObject): MachineStep {
  const { scope, collect } = scopeOf(machine);
  const effects: EffectRequest[] = [];
  collect(effects);
  const snapshot = withoutAmbientWorld(() => machine.getInitialSnapshot(scope, input));
  if (snapshot.status === "error") throw new Error(`Machine "${machine.id}" failed to start`);
  return { snapshot: frozen(snapshot), effects, ignored: false };
}

export function toPlain(snapshot: AnyMachineSnapshot): PlainSnapshot {
  return { status: snapshot.status, value: snapshot.value, context: snapshot.context };
}

/** The snapshot a plain form stands for. XState changes what it is given, so it gets a copy. */
export function fromPlain(machine: AnyStateMachine, plain: PlainSnapshot): AnyMachineSnapshot {
  const { scope } = scopeOf(machine);
  // The border cast: plain snapshots come from our own logs, checked by digest.
  const persisted = {
    ...structuredClone(plain),
    children: {},
    historyValue: {},
  } as unknown as AnyMachineSnapshot;
  return frozen(machine.restoreSnapshot(persisted, scope));
}

/**
 * An inert scope, made once per machine: `transition()` of the package builds an actor and re-runs the whole initial
 * state at every call, which is 3 times slower. A test proves that both agree.
 */
function scopeOf(machine: AnyStateMachine) {
  const known = scopes.get(machine);
  if (known !== undefined) return known;
  let current: EffectRequest[] = [];
  const self = createActor(machine);
  const scope: Scope = {
    self,
    id: "",
    sessionId: "",
    // The public type of an actor's system is wider than the one the scope asks for.
    system: self.system as Scope["system"],
    logger: () => {},
    defer: () => {},
    emit: refuse("emit"),
    stopChild: refuse("stopChild"),
    actionExecutor: (action) => {
      if (action.type.startsWith("xstate.") || action.type === "(anonymous)") refuse(action.type)();
      // Parameters are JSON by contract; the start-up check and the digest hold machines to it.
      const params = (action.params ?? {}) as JsonObject;
      if (action.type !== requestsAction) current.push({ kind: action.type, params });
      else current.push(...(params.requests as unknown as EffectRequest[]));
    },
  };
  const made = { scope, collect: (into: EffectRequest[]) => void (current = into) };
  scopes.set(machine, made);
  return made;
}

function refuse(what: string): () => never {
  return () => {
    throw new Error(`A machine used "${what}": outside work is a named action with JSON parameters`);
  };
}

function frozen(snapshot: AnyMachineSnapshot): AnyMachineSnapshot {
  deepFreeze(snapshot.context);
  return snapshot;
}

export function deepFreeze(value: unknown): void {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return;
  Object.freeze(value);
  for (const inner of Object.values(value)) deepFreeze(inner);
}
