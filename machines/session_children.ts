// Facts of what runs beside the main agent's loop: sub-agents and background tasks.
import { type Fact, type FactOf, mainActor } from "../src/protocol/facts.ts";
import { agentMachine } from "./agent.ts";
import { backgroundTaskMachine, wakesAgent } from "./background_task.ts";
import { type Draft, note, putAgent, stepAgent } from "./session_draft.ts";
import { stateName } from "./session_state.ts";
import { startMachine, stepMachine } from "./step.ts";
import { subAgentMachine } from "./sub_agent.ts";

export function startChild(draft: Draft, fact: FactOf<"agent.started">): string | null {
  if (Object.hasOwn(draft.state.children, fact.actor)) return `agent "${fact.data.agent}" is already known`;
  const { agent, parent, call_id } = fact.data;
  const life = startMachine(subAgentMachine, { agent, callId: call_id });
  draft.state.children = {
    ...draft.state.children,
    [fact.actor]: { parent, callId: call_id, snapshot: life.snapshot },
  };
  note(draft, `child:${fact.actor}`, life, fact.actor);
  putAgent(draft, fact.actor, startMachine(agentMachine));
  return stepAgent(draft, fact.actor, { type: "message.received", seq: fact.seq, delivery: "steer" });
}

export function stepChild(
  draft: Draft,
  actor: string,
  event: { type: string; outcome?: string },
): string | null {
  const child = draft.state.children[actor];
  if (child === undefined) return `there is no agent "${actor}"`;
  const step = stepMachine(subAgentMachine, child.snapshot, {
    type: event.type,
    ...(event.outcome === undefined ? {} : { outcome: event.outcome }),
  });
  if (step.ignored) return `agent "${actor}" is ${stateName(child.snapshot)}`;
  draft.state.children = { ...draft.state.children, [actor]: { ...child, snapshot: step.snapshot } };
  note(draft, `child:${actor}`, step, actor);
  // The loop of an ended child takes nothing any more: only how it ended is kept.
  if (["finished", "failed", "stopped"].includes(stateName(step.snapshot))) {
    const { [actor]: _ended, ...agents } = draft.state.agents;
    draft.state.agents = agents;
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
  const wakes = wakesAgent(status);
  stepAgent(draft, hearerOf(draft, fact), { type: fact.type, seq: fact.seq, wakes });
  return null;
}

/** The agent that began the task, or the main one when that is gone. */
function hearerOf(draft: Draft, fact: Fact): string {
  return Object.hasOwn(draft.state.agents, fact.actor) ? fact.actor : mainActor;
}
