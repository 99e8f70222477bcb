// Who is above whom: the tree of a session's actors, as the facts that began them made it.
import { mainActor } from "../src/protocol/facts.ts";
import { hasEnded, type SessionState } from "./session_state.ts";

type Tree = Pick<SessionState, "children" | "supervisors">;

/** Whom an actor was begun by; undefined for the main agent, and for one that there never was. */
export function parentOf({ children, supervisors }: Tree, path: string): string | undefined {
  return children[path]?.parent ?? supervisors[path]?.parent;
}

/** An actor and all above it, the nearest first. */
export function* lineOf(tree: Tree, path: string): Iterable<string> {
  for (let next: string | undefined = path; next !== undefined; next = parentOf(tree, next)) yield next;
}

/** The team nearest to an agent, above it. */
export function teamOf(tree: Tree, actor: string): string | undefined {
  for (const path of lineOf(tree, actor)) if (tree.supervisors[path]?.kind === "team") return path;
  return undefined;
}

/** Whom an actor with this parent answers to: one that led it may have ended before it. */
export function livingLeader(state: SessionState, parent: string): string {
  for (const path of lineOf(state, parent)) if (isAlive(state, path)) return path;
  return mainActor;
}

/** True for an agent or a supervisor that has not ended. */
export function isAlive({ agents, supervisors }: SessionState, path: string): boolean {
  const supervisor = supervisors[path];
  return Object.hasOwn(agents, path) || (supervisor !== undefined && !hasEnded(supervisor));
}
