// Names of actors: how a person or another agent calls one that lives. A path always means itself.
import type { Crew } from "../machines/crew.ts";
import { hasEnded, isLeaving } from "../machines/session_state.ts";
import type { Transcript } from "../machines/transcript.ts";
import { mainActor } from "../src/protocol/facts.ts";
import { Problem } from "../src/protocol/problem.ts";
import { meansSomebodyElse } from "../src/protocol/team_spec.ts";
import type { SessionActor } from "./session_port.ts";

/** How many are named in a message to a model. */
const namedMax = 40;

/** Every name by which an actor that lives can be called, with the paths it may mean. */
export function livingNames(session: SessionActor, { crew }: Transcript): Map<string, string[]> {
  const { agents, supervisors } = session.state();
  const names = new Map<string, string[]>([[mainActor, [mainActor]]]);
  const add = (name: string, path: string): void => void names.set(name, [...names.get(name) ?? [], path]);
  for (const path of Object.keys(agents)) {
    const agent = crew.agent(path);
    if (agent === undefined || isLeaving(session.state(), path)) continue;
    for (const name of new Set([path, nameOf(path, crew), lastName(path)])) add(name, path);
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
    hint: found.length > 1 ? `Say which: ${found.join(", ")}` : `There are ${eachOnce(names).join(", ")}`,
  });
}

/** Each once, by its first name that means nobody else, else by its path. */
function eachOnce(names: ReadonlyMap<string, readonly string[]>): string[] {
  const called = new Map<string, string>();
  for (const [name, [path, ...others]] of names) {
    if (path === undefined || others.length > 0) continue;
    const known = called.get(path);
    if (known === undefined || known === path) called.set(path, name);
  }
  return [...called.values()].slice(0, namedMax);
}

export type Meant = { paths: string[] } | { why: string };

/**
 * Whom an agent means: a name or path, with "@" or without, "parent", "lead", or "all" ("*") for those it works with. Of
 * several of one name those that it leads, or that have the same leader, come first.
 */
export function meantBy(speaker: string, text: string, session: SessionActor, transcript: Transcript): Meant {
  const { crew } = transcript;
  const name = text.trim().replace(/^@/, "");
  if (name === "all" || name === "*") {
    const paths = teamOf(speaker, session, crew);
    return paths.length > 0 ? { paths } : { why: "nobody works with you now" };
  }
  const path = related(speaker, name, crew);
  if (path !== undefined) {
    if (path === speaker && name !== mainActor) return { why: "you are the main agent, nobody leads you" };
    return lives(path, session) ? { paths: [path] } : { why: `"${name}" has ended` };
  }
  const names = livingNames(session, transcript);
  const found = names.get(name) ?? [];
  const close = found.filter((one) => crew.agent(one)?.parent === speaker || isBeside(one, speaker, crew));
  const meant = found.length > 1 && close.length === 1 ? close : found;
  if (meant.length > 1) return { why: `"${name}" means several, say which: ${meant.join(", ")}` };
  if (meant.length === 1) return { paths: meant };
  const ended = [...crew.agents()].findLast((one) => [one.path, nameOf(one.path, crew)].includes(name))?.end;
  const why = ended === undefined || ended === null
    ? `there is no agent "${name}"`
    : `"${name}" has ended (${ended.how})`;
  return { why: `${why}; ${whoIsThere(speaker, session, crew)}` };
}

/** Living agents in words for one of them. */
function whoIsThere(speaker: string, session: SessionActor, crew: Crew): string {
  const others = Object.keys(session.state().agents).filter((path) =>
    path !== speaker && lives(path, session)
  );
  if (others.length === 0) return "nobody else is there";
  const named = others.slice(0, namedMax).map((path) => nameOf(path, crew)).join(", ");
  return `there are ${named}${others.length > namedMax ? ` and ${others.length - namedMax} more` : ""}`;
}

/** Agents that live and can be written to: those it leads, itself or through a team, and those that have its leader. */
function teamOf(speaker: string, session: SessionActor, crew: Crew): string[] {
  return Object.keys(session.state().agents).filter((path) => {
    if (path === speaker || path === mainActor || !lives(path, session)) return false;
    const parent = crew.agent(path)?.parent ?? mainActor;
    return parent === speaker || crew.supervisor(parent)?.start.data.parent === speaker ||
      isBeside(path, speaker, crew);
  });
}

function isBeside(path: string, speaker: string, crew: Crew): boolean {
  const own = crew.agent(speaker)?.parent;
  return own !== undefined && crew.agent(path)?.parent === own;
}

/** The agent that a relation means; undefined for a word that is none. */
function related(speaker: string, name: string, crew: Crew): string | undefined {
  if (name === mainActor) return mainActor;
  if (name !== "parent" && name !== "lead") return undefined;
  // The agent above: through a team, a mode or a workflow the one that leads it.
  let path = crew.agent(speaker)?.parent ?? mainActor;
  for (let led = crew.supervisor(path); led !== undefined; led = crew.supervisor(path)) {
    path = led.start.data.parent;
  }
  return path;
}

function lives(path: string, session: SessionActor): boolean {
  return Object.hasOwn(session.state().agents, path) && !isLeaving(session.state(), path);
}

/** What an agent goes by: its path where it has no name, or one that would be taken for somebody else's. */
export function nameOf(path: string, crew: Crew): string {
  if (path === mainActor) return path;
  const agent = crew.agent(path);
  const name = agent === undefined ? path : agent.profile.name ?? lastName(path);
  return meansSomebodyElse(name) ? path : name;
}

/** The last part of a path: what an agent without a name is called. */
export function lastName(path: string): string {
  return path.slice(path.lastIndexOf(":") + 1);
}

/** The word itself, or with the first number that is free: what a new team or workflow is called in its path. */
export function freeId(crew: Crew, kind: "team" | "workflow", word: string): string {
  for (let number = 1;; number++) {
    const id = number === 1 ? word : `${word}-${number}`;
    if (crew.supervisor(`${kind}:${id}`) === undefined) return id;
  }
}
