// Facts of what runs beside the main agent's loop: other agents, their mail, and background tasks.
import { type Fact, type FactOf, mainActor, type TurnOutcome } from "../src/protocol/facts.ts";
import { agentMachine } from "./agent.ts";
import { backgroundTaskMachine, wakesAgent } from "./background_task.ts";
import { type Draft, note, putAgent, stepAgent } from "./session_draft.ts";
import { isLeaving, isResting, stateName } from "./session_state.ts";
import { stepSupervisor } from "./session_supervisors.ts";
import { startMachine, stepMachine } from "./step.ts";
import { type SubAgentEvent, subAgentMachine } from "./sub_agent.ts";

const neverAgain = { max: 0, backoff_ms: 0 };
/** What a model call failed with when a later one may do better. */
const transientCodes: readonly unknown[] = ["unavailable", "rate_limited", "disconnected", "idle_timeout"];

export function startChild(draft: Draft, fact: FactOf<"agent.started">): string | null {
  if (Object.hasOwn(draft.state.children, fact.actor)) return `agent "${fact.data.agent}" is already known`;
  const { agent, parent, call_id: callId = null, kind = "task", max_turns: turnMax = null, worktree } =
    fact.data;
  const { restart = neverAgain } = fact.data;
  const life = startMachine(subAgentMachine, {
    agent,
    path: fact.actor,
    callId,
    kind,
    worktree: worktree !== undefined,
    restart,
  });
  draft.state.children = {
    ...draft.state.children,
    [fact.actor]: { parent, callId, kind, snapshot: life.snapshot },
  };
  note(draft, `child:${fact.actor}`, life, fact.actor);
  putAgent(draft, fact.actor, startMachine(agentMachine, { conducts: false, led: true, turnMax }));
  return stepAgent(draft, fact.actor, { type: "message.received", seq: fact.seq, delivery: "steer" });
}

const endings = {
  "agent.finished": "finished",
  "agent.failed": "failed",
  "agent.stopped": "stopped",
} as const;

export type ChildFact = FactOf<"agent.resumed" | "agent.worktree_left" | keyof typeof endings>;

export function stepChildFact(draft: Draft, fact: ChildFact): string | null {
  const refusal = stepChild(draft, fact.actor, { type: fact.type });
  if (refusal !== null || fact.type === "agent.resumed" || fact.type === "agent.worktree_left") {
    return refusal;
  }
  // The loop of an ended child takes nothing any more: only how it ended is kept.
  const { [fact.actor]: _ended, ...agents } = draft.state.agents;
  draft.state.agents = agents;
  tellParent(draft, fact, endings[fact.type]);
  return null;
}

/** A task's parent gets the result of its call; the parents of the others are told. */
function tellParent(draft: Draft, fact: Fact, how: "finished" | "failed" | "stopped"): void {
  const child = draft.state.children[fact.actor];
  if (child === undefined) return;
  const { seq, at, actor } = fact;
  if (Object.hasOwn(draft.state.supervisors, child.parent)) {
    stepSupervisor(draft, child.parent, { type: "child.ended", seq, at, child: actor, how });
  } else if (child.kind === "background" && how !== "stopped") {
    // Whoever stopped it knows; all others are to look at what it found.
    tell(draft, aliveOrMain(draft, child.parent), { seq, wakes: true });
  }
}

/**
 * The lives of children follow their loops: a turn that ended with nothing waiting ends a task, and lets a member rest;
 * mail or a person begins the turn of a member that rested.
 */
export function followLoops(draft: Draft, fact: Fact): void {
  for (const [actor, snapshot] of Object.entries(draft.steppedAgents)) {
    const child = draft.state.children[actor];
    if (child === undefined || draft.state.agents[actor] !== snapshot) continue;
    const life = stateName(child.snapshot);
    const { seq, at } = fact;
    if ((life === "resting" || life === "waiting") && !isResting(snapshot)) {
      stepChild(draft, actor, { type: "turn.began" });
      if (Object.hasOwn(draft.state.supervisors, child.parent)) {
        stepSupervisor(draft, child.parent, { type: "child.began", seq, at, child: actor });
      }
    } else if (life === "running" && isResting(snapshot)) {
      // The agent machine's own word.
      const outcome = snapshot.context.outcome as TurnOutcome;
      const transient = transientCodes.includes(snapshot.context.error?.code);
      stepChild(draft, actor, { type: "turn.ended", outcome, transient });
      if (child.kind === "member" && Object.hasOwn(draft.state.supervisors, child.parent)) {
        stepSupervisor(draft, child.parent, { type: "child.rested", seq, at, child: actor, outcome });
      }
    }
  }
}

/** It goes on after a wait: the log says so, and the wait begins. */
export function noteRestart(draft: Draft, { actor, at, data }: FactOf<"agent.restarted">): string | null {
  return stepChild(draft, actor, { type: "agent.restarted", at, after_ms: data.after_ms });
}

/** The wait is over, when it was that of an agent. */
export function endWait(draft: Draft, { data: { timer_id } }: FactOf<"timer.fired">): void {
  stepChild(draft, timer_id.slice(0, timer_id.lastIndexOf("#")), { type: "timer.fired" });
}

/** An agent that waits to go on has no turn to cancel: it ends. False when it is none of those. */
export function cancelWait(draft: Draft, actor: string, outcome: TurnOutcome): boolean {
  const child = draft.state.children[actor];
  if (child === undefined || stateName(child.snapshot) !== "waiting") return false;
  return stepChild(draft, actor, { type: "turn.cancelled", outcome }) === null;
}

function stepChild(draft: Draft, actor: string, event: SubAgentEvent): string | null {
  const child = draft.state.children[actor];
  if (child === undefined) return `there is no agent "${actor}"`;
  const step = stepMachine(subAgentMachine, child.snapshot, event);
  if (step.ignored) return `agent "${actor}" is ${stateName(child.snapshot)}`;
  draft.state.children = { ...draft.state.children, [actor]: { ...child, snapshot: step.snapshot } };
  note(draft, `child:${actor}`, step, actor);
  return null;
}

/** Mail is in the hands of all it is for, or of nobody: then its sender is told who is not there. */
export function deliverMail(draft: Draft, { data, seq }: FactOf<"team.message_sent">): string | null {
  for (const path of data.to) {
    if (Object.hasOwn(draft.state.agents, path) && !isLeaving(draft.state, path)) continue;
    return Object.hasOwn(draft.state.children, path) ? `"${path}" has ended` : `there is no agent "${path}"`;
  }
  for (const [nth, path] of data.to.entries()) {
    // One that takes no note now reads of it in its conversation later.
    stepAgent(draft, path, { type: "background.ended", seq, wakes: true, nth });
  }
  return null;
}

export function startBackground(draft: Draft, fact: FactOf<"background.started">): string | null {
  const { background_id: id, call_id } = fact.data;
  if (Object.hasOwn(draft.state.backgrounds, id)) return `background task "${id}" is already known`;
  const step = startMachine(backgroundTaskMachine, { backgroundId: id });
  draft.state.backgrounds = {
    ...draft.state.backgrounds,
    [id]: { actor: fact.actor, by: draft.state.calls[call_id]?.by ?? "model", snapshot: step.snapshot },
  };
  note(draft, `background:${id}`, step, fact.actor);
  return null;
}

export function endBackground(draft: Draft, fact: FactOf<"background.ended">): string | null {
  const { background_id: id, status } = fact.data;
  const task = draft.state.backgrounds[id];
  if (task === undefined) return `there is no background task "${id}" that runs`;
  const step = stepMachine(backgroundTaskMachine, task.snapshot, { type: fact.type });
  const { [id]: _ended, ...others } = draft.state.backgrounds;
  draft.state.backgrounds = others;
  note(draft, `background:${id}`, step, task.actor);
  // What a person began by hand is none of the conversation.
  if (task.by === "user") return null;
  // An agent that takes no note now reads of it in its conversation later.
  tell(draft, aliveOrMain(draft, fact.actor), { seq: fact.seq, wakes: wakesAgent(status) });
  return null;
}

/** An agent at its end is not woken any more. */
function tell(draft: Draft, actor: string, { seq, wakes }: { seq: number; wakes: boolean }): void {
  const event = {
    type: "background.ended",
    seq,
    wakes: wakes && !isLeaving(draft.state, actor),
    nth: 0,
  } as const;
  stepAgent(draft, actor, event);
}

/** The agent that is to hear of something, or the main one when that is gone. */
function aliveOrMain(draft: Draft, actor: string): string {
  return Object.hasOwn(draft.state.agents, actor) ? actor : mainActor;
}
