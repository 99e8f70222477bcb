// Which facts are about an actor: its own, and mail to it.
import type { EventEnvelope } from "../protocol/facts.ts";

export function concerns({ actor, type, data }: EventEnvelope, path: string): boolean {
  if (actor === path) return true;
  return type === "team.message_sent" && Array.isArray(data["to"]) && data["to"].includes(path);
}
