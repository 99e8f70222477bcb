// Hooks that are told of what has happened: ends of turns, sub-agents, things that wait for a person. They run beside the
// session. Only the Stop hook has a say: it may send the agent back to work, a few times in a row.
import type { Hooks } from "../src/hooks/contract.ts";
import { type Fact, mainActor } from "../src/protocol/facts.ts";
import type { HookEvent } from "../src/protocol/work_facts.ts";
import { runHooks } from "./run_hooks.ts";
import type { SessionActor } from "./session_port.ts";

/** Turns in a row that a Stop hook may begin before a person has to say something. */
export const stopHookTurnsMax = 3;

export function createHookNotices(hooks: Hooks): (session: SessionActor, fact: Fact) => void {
  const returned = new Map<string, number>();
  const signal = new AbortController().signal;

  async function notify(session: SessionActor, fact: Fact, event: HookEvent): Promise<void> {
    const { actor, type, data } = fact;
    const subject = { actor, fields: { fact: type, data: JSON.parse(JSON.stringify(data)) } };
    const runs = await runHooks({ session, hooks, signal }, event, subject);
    const blocked = runs.find((run) => run.outcome === "blocked");
    if (event !== "Stop" || blocked === undefined) return;
    const before = returned.get(session.id) ?? 0;
    if (before >= stopHookTurnsMax) return;
    returned.set(session.id, before + 1);
    const text = `The hook "${blocked.name}" says that the work is not done: ${
      blocked.reason ?? "no reason given"
    }`;
    const message = { message_id: `hook-${fact.seq}`, text, delivery: "queue", source: "hook" } as const;
    await session.tell({ actor: mainActor, type: "message.received", data: message });
  }

  return (session, fact) => {
    if (fact.type === "message.received" && fact.data.source !== "hook") returned.delete(session.id);
    const event = eventOf(fact);
    // A log that fails has said so; whoever only looks on has no say in it.
    if (event !== null) session.hold(() => notify(session, fact, event)).catch(() => {});
  };
}

function eventOf(fact: Fact): HookEvent | null {
  switch (fact.type) {
    case "turn.ended":
      return fact.actor === mainActor && fact.data.outcome === "completed" ? "Stop" : null;
    case "agent.started":
      return "SubagentStart";
    case "agent.finished":
    case "agent.failed":
    case "agent.stopped":
      return "SubagentStop";
    case "call.approval_requested":
    case "question.asked":
    case "budget.exceeded":
      return "Notification";
    case "session.archived":
      return "SessionEnd";
    default:
      return null;
  }
}
