// What agents read of each other in their conversations: mail, and the ends of those that work beside them.
import type { Fact, FactData } from "../src/protocol/facts.ts";
import type { AgentUsage } from "../src/protocol/agent_facts.ts";
import { enclosed } from "../src/protocol/enclosed.ts";
import type { Crew, CrewAgent } from "./crew.ts";
import { noteText } from "./conversation.ts";

/** Mail as its recipient reads it. Its words are another agent's, not the user's. */
export function mailText({ from, text }: FactData<"team.message_sent">): string {
  return enclosed("message", text, from);
}

/** What an agent left besides its words: what it used, and a worktree with work in it. */
export function endRemarks({ end, kept }: Pick<CrewAgent, "end" | "kept">): string {
  const left = kept === null
    ? []
    : [`Its worktree is kept in "${kept.path}" on the branch "${kept.branch}": ${kept.reason}`];
  return [...left, ...end?.usage === undefined ? [] : [usageLine(end.usage)]].join("\n");
}

function usageLine({ input_tokens, output_tokens, cost_usd, model_calls, wall_ms }: AgentUsage): string {
  const cost = cost_usd === undefined ? "" : `, $${cost_usd.toFixed(4)}`;
  const calls = `${model_calls} model call${model_calls === 1 ? "" : "s"}`;
  return `[usage: ${input_tokens} tokens in, ${output_tokens} out${cost}, ${calls}, ${
    (wall_ms / 1000).toFixed(1)
  } s]`;
}

/** What the parent of an agent or of a supervisor hears of its end; null when a call or another supervisor tells it. */
export function endNote(
  fact: Fact,
  crew: Crew,
): { parent: string; text: string; wakes: boolean; told: boolean } | null {
  switch (fact.type) {
    case "agent.finished":
    case "agent.failed":
    case "agent.stopped": {
      const agent = crew.agent(fact.actor);
      if (agent?.kind !== "background" || crew.supervisor(agent.parent) !== undefined) return null;
      const called = agent.profile.name ?? agent.callId ?? fact.data.agent;
      const said = [agent.end?.text, endRemarks(agent)].filter((words) => words !== "").join("\n\n");
      const text = noteText(`Agent "${called}" has ${agent.end?.how}:\n${said}`);
      // Whoever stopped it knows.
      const told = fact.type !== "agent.stopped";
      return { parent: agent.parent, text, wakes: told, told };
    }
    case "team.finished": {
      const start = crew.supervisor(fact.actor)?.start;
      if (start?.type !== "team.started" || start.data.by === "user" || start.data.wait === "foreground") {
        return null;
      }
      const said = fact.data.members.map(({ name, state, summary }) => `- ${name} (${state}): ${summary}`);
      const head = `Team "${start.data.name}" has ended, ${fact.data.outcome}: ${fact.data.reason}`;
      return {
        parent: start.data.parent,
        text: noteText([head, ...said].join("\n")),
        wakes: true,
        told: true,
      };
    }
    case "workflow.finished": {
      const start = crew.supervisor(fact.actor)?.start;
      if (start?.type !== "workflow.started" || start.data.by === "user") return null;
      if (start.data.call_id !== undefined || crew.supervisor(start.data.parent) !== undefined) return null;
      const { outcome, reason, outputs } = fact.data;
      const head = `Workflow "${start.data.name}" has ended, ${outcome}: ${reason}`;
      return {
        parent: start.data.parent,
        text: noteText(`${head}\n${JSON.stringify(outputs)}`),
        wakes: true,
        told: true,
      };
    }
    default:
      return null;
  }
}
