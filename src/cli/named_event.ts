// A fact for people's eyes: where it has the paths or ids of other actors, their names stand instead. The log keeps the paths.
import type { EventEnvelope } from "../protocol/facts.ts";
import type { ActorNames } from "./actor_labels.ts";

export function namedEvent(event: EventEnvelope, names: ActorNames): EventEnvelope {
  const { type, data, actor } = event;
  if (type === "team.message_sent" && Array.isArray(data["to"])) {
    const to = data["to"].map((path) => typeof path === "string" ? names.name(path) : path);
    return { ...event, data: { ...data, to } };
  }
  // An agent's own facts carry the last part of its path.
  if (type.startsWith("agent.") && typeof data["agent"] === "string" && data["name"] === undefined) {
    return { ...event, data: { ...data, agent: names.name(actor) } };
  }
  return event;
}
