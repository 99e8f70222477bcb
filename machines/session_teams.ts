// What teams hear of the session around them: its tasks, and that those they lead do something.
import type { Fact } from "../src/protocol/facts.ts";
import { teamOf } from "./actor_tree.ts";
import type { Draft } from "./session_draft.ts";
import { hasEnded } from "./session_state.ts";
import { stepSupervisor } from "./session_supervisors.ts";
import type { TaskChange } from "./supervisor_events.ts";

/** Calls that only look at what the others do: whoever makes no other gets nothing forward. */
const looks: readonly string[] = ["TaskList", "TaskGet", "AgentList", "AgentWait"];

export function tellTeams(draft: Draft, fact: Fact): void {
  const { seq, at } = fact;
  switch (fact.type) {
    case "task.created":
    case "task.updated": {
      const { task_id, owner, blocked_by } = fact.data;
      const data: TaskChange = {
        task_id,
        ...(owner === undefined ? {} : { owner }),
        ...(blocked_by === undefined ? {} : { blocked_by }),
        ...("status" in fact.data && fact.data.status !== undefined ? { status: fact.data.status } : {}),
      };
      for (const [path, supervisor] of Object.entries(draft.state.supervisors)) {
        if (supervisor.kind !== "team" || hasEnded(supervisor)) continue;
        stepSupervisor(draft, path, { type: fact.type, seq, at, by: fact.actor, data });
      }
      return;
    }
    case "call.finished":
      if (looks.includes(fact.data.name)) return;
      return stir(draft, fact);
    case "team.message_sent":
      return stir(draft, fact);
  }
}

function stir(draft: Draft, { actor, seq, at }: Fact): void {
  const team = teamOf(draft.state, actor);
  if (team !== undefined) stepSupervisor(draft, team, { type: "team.stirred", seq, at });
}
