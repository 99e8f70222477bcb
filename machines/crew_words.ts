// What agents read of each other in their conversations: mail, and the ends of those that work beside them.
import type { Fact, FactData } from "../src/protocol/facts.ts";
import type { Crew } from "./crew.ts";
import { noteText } from "./conversation.ts";

/** Mail as its recipient reads it. Its words are another agent's, not the user's. */
export function mailText({ from, text }: FactData<"team.message_sent">): string {
  return `<message from="${from.replace(/["\n]/g, "'")}">\n${text}\n</message>`;
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
      const text = noteText(`Agent "${called}" has ${agent.end?.how}:\n${agent.end?.text}`);
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
