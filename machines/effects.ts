// The effect registry: every outside act a machine may ask for, and which fact is its outcome.
import type { Fact } from "../src/protocol/facts.ts";
import type { JsonObject } from "../src/protocol/json.ts";
import { deepFreeze, type EffectRequest } from "./step.ts";

/**
 * `outside` touches the world, after its record is synced; `follow_up` only writes further facts, in the same batch;
 * `signal` tells running executors to stop and leaves nothing owed; `timer.drop` also takes the timer from what is owed.
 */
export type EffectClass = "outside" | "follow_up" | "signal";

export const effectKinds = {
  "model.call": { class: "outside", key: "request_id" },
  "call.review": { class: "outside", key: "call_id" },
  "call.run": { class: "outside", key: "call_id" },
  "calls.propose": { class: "follow_up", key: "request_id" },
  "turn.end": { class: "follow_up", key: "actor" },
  "budget.end": { class: "follow_up", key: "actor" },
  "background.run": { class: "outside", key: "background_id" },
  "question.report": { class: "follow_up", key: "call_id" },
  "agent.report": { class: "follow_up", key: "actor" },
  "agent.restart": { class: "follow_up", key: "actor" },
  "agent.again": { class: "follow_up", key: "actor" },
  "worktree.leave": { class: "outside", key: "actor" },
  "call.report": { class: "follow_up", key: "call_id" },
  // What supervisors ask for: `agent` is the path of the agent it is about.
  "agent.start": { class: "follow_up", key: "agent" },
  "agent.tell": { class: "follow_up", key: "message_id" },
  "agent.end": { class: "follow_up", key: "agent" },
  "call.propose": { class: "follow_up", key: "call_id" },
  "supervisor.start": { class: "follow_up", key: "supervisor" },
  "supervisor.say": { class: "follow_up", key: "key" },
  "timer.wait": { class: "outside", key: "timer_id" },
  "timer.drop": { class: "signal", key: "timer_id" },
  "work.cancel": { class: "signal", key: "actor" },
  /** The same for one of those below it: the path of an agent or a supervisor, or the id of a call. */
  "work.stop": { class: "signal", key: "target" },
} as const satisfies Record<string, { class: EffectClass; key: string }>;

export type EffectKind = keyof typeof effectKinds;

/** An effect that is owed: asked for by a logged fact and not ended by a later one. */
export interface PendingEffect {
  kind: EffectKind;
  actor: string;
  params: JsonObject;
  /** Times its work was begun, by `model.called` and `call.started` facts. */
  attempts: number;
}

function isEffectKind(kind: string): kind is EffectKind {
  return Object.hasOwn(effectKinds, kind);
}

/** The natural key of an effect, unique within a session: `<kind>:<what it is about>`. */
export function effectKey(effect: { kind: EffectKind; actor: string; params: JsonObject }): string {
  const field = effectKinds[effect.kind].key;
  return `${effect.kind}:${field === "actor" ? effect.actor : String(effect.params[field])}`;
}

/** An effect request of a machine as a pending effect; throws when the registry does not know it (a bug). */
export function pendingEffect(request: EffectRequest, actor: string): PendingEffect {
  if (!isEffectKind(request.kind)) throw new Error(`Effect "${request.kind}" is not in the registry`);
  return settled({ kind: request.kind, actor, params: request.params, attempts: 0 });
}

/** Never changed, only replaced: its digest is found out once. */
function settled(effect: PendingEffect): PendingEffect {
  deepFreeze(effect);
  return effect;
}

/** Keys of the effects that a fact is the outcome of. */
export function endedBy(fact: Fact, pending: Readonly<Record<string, PendingEffect>>): string[] {
  switch (fact.type) {
    case "model.replied":
    case "model.failed":
      return [`model.call:${fact.data.request_id}`];
    case "call.approval_requested":
      return [`call.review:${fact.data.call_id}`];
    case "call.finished":
    case "call.failed":
    case "call.interrupted":
    case "call.denied": {
      const id = fact.data.call_id;
      return [`call.review:${id}`, `call.run:${id}`, `call.report:${id}`, `question.report:${id}`];
    }
    case "budget.exceeded":
      return Object.keys(pending).filter((key) => isModelCallOf(pending[key], fact.actor));
    case "background.ended":
      return [`background.run:${fact.data.background_id}`];
    case "call.proposed":
      return [
        `call.propose:${fact.data.call_id}`,
        ...Object.keys(pending).filter((key) => isLastProposal(pending[key], fact.data.call_id)),
      ];
    case "turn.cancelled":
      return [`budget.end:${fact.actor}`];
    case "turn.ended":
      return [`turn.end:${fact.actor}`, `budget.end:${fact.actor}`];
    case "agent.started":
      return [`agent.start:${fact.actor}`];
    case "message.received":
      return [`agent.tell:${fact.data.message_id}`, `agent.again:${fact.actor}`];
    case "agent.restarted":
      return [`agent.restart:${fact.actor}`];
    case "agent.finished":
    case "agent.failed":
    case "agent.stopped":
      return [`agent.report:${fact.actor}`, `agent.end:${fact.actor}`, `worktree.leave:${fact.actor}`];
    case "agent.worktree_left":
      return [`worktree.leave:${fact.actor}`];
    case "timer.fired":
      return [`timer.wait:${fact.data.timer_id}`];
    case "team.started":
    case "mode.started":
    case "workflow.started":
      return [`supervisor.start:${fact.actor}`];
    case "team.finished":
    case "mode.finished":
    case "workflow.finished":
      return [
        `supervisor.say:${fact.data.key}`,
        ...Object.keys(pending).filter((key) => isMoveOf(pending[key], fact.actor)),
      ];
    default:
      return "key" in fact.data ? [`supervisor.say:${fact.data.key}`] : [];
  }
}

/** The key of the effect whose work a fact says has begun, or undefined. */
function begunBy(fact: Fact, pending: Readonly<Record<string, PendingEffect>>): string | undefined {
  if (fact.type === "model.called") return `model.call:${fact.data.request_id}`;
  if (fact.type !== "call.started") return undefined;
  const review = `call.review:${fact.data.call_id}`;
  return Object.hasOwn(pending, review) ? review : `call.run:${fact.data.call_id}`;
}

export type EffectTable = Readonly<Record<string, PendingEffect>>;

/** The table of owed effects: attempts counted, ended ones out, new ones in. The same table when nothing changes. */
export function owedAfter(owed: EffectTable, fact: Fact, asked: readonly PendingEffect[]): EffectTable {
  const begun = begunBy(fact, owed);
  const ended = endedBy(fact, owed);
  const changes = asked.length > 0 || (begun !== undefined && Object.hasOwn(owed, begun)) ||
    ended.some((key) => Object.hasOwn(owed, key));
  if (!changes) return owed;
  const table: Record<string, PendingEffect> = {};
  for (const [key, effect] of Object.entries(owed)) {
    if (!ended.includes(key)) {
      table[key] = key === begun ? settled({ ...effect, attempts: effect.attempts + 1 }) : effect;
    }
  }
  for (const effect of asked) table[effectKey(effect)] = effect;
  return table;
}

function isModelCallOf(effect: PendingEffect | undefined, actor: string): boolean {
  return effect?.kind === "model.call" && effect.actor === actor;
}

/** What a supervisor was still to say or to begin when it ended, as in a fork: nobody does it for it. */
function isMoveOf(effect: PendingEffect | undefined, actor: string): boolean {
  return effect !== undefined && effect.actor === actor && moves.has(effect.kind);
}

const moves: ReadonlySet<EffectKind> = new Set<EffectKind>([
  "agent.start",
  "agent.tell",
  "call.propose",
  "supervisor.start",
  "supervisor.say",
]);

function isLastProposal(effect: PendingEffect | undefined, callId: string): boolean {
  if (effect?.kind !== "calls.propose") return false;
  const ids = effect.params.call_ids;
  return Array.isArray(ids) && ids.at(-1) === callId;
}
