// Names of actors: how a person or another agent calls one that lives. A path always means itself.
import { hasEnded } from "../machines/session_state.ts";
import type { Transcript } from "../machines/transcript.ts";
import { mainActor } from "../src/protocol/facts.ts";
import { Problem } from "../src/protocol/problem.ts";
import type { SessionActor } from "./session_port.ts";

/** Every name by which an actor that lives can be called, with the paths it may mean. */
export function livingNames(session: SessionActor, { crew }: Transcript): Map<string, string[]> {
  const { agents, supervisors } = session.state();
  const names = new Map<string, string[]>([[mainActor, [mainActor]]]);
  const add = (name: string, path: string): void => void names.set(name, [...names.get(name) ?? [], path]);
  for (const path of Object.keys(agents)) {
    const agent = crew.agent(path);
    if (agent === undefined) continue;
    for (const name of new Set([path, agent.profile.name ?? lastName(path), lastName(path)])) add(name, path);
  }
  for (const [path, supervisor] of Object.entries(supervisors)) if (!hasEnded(supervisor)) add(path, path);
  return names;
}

/** The actor that a person means; throws a Problem that says who there is. */
export async function actorNamed(session: SessionActor, text: string): Promise<string> {
  const names = livingNames(session, await session.transcript());
  const found = names.get(text.replace(/^@/, "")) ?? [];
  if (found.length === 1 && found[0] !== undefined) return found[0];
  const what = found.length === 0 ? "nobody of that name lives in" : "that name means several in";
  throw new Problem("not_found", `Cannot find "${text}": ${what} session "${session.id}"`, {
    hint: found.length > 1 ? `Say which: ${found.join(", ")}` : `There are ${[...names.keys()].join(", ")}`,
  });
}

/** The last part of a path: what an agent without a name is called. */
export function lastName(path: string): string {
  return path.slice(path.lastIndexOf(":") + 1);
}
