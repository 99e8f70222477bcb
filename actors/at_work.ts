// What works in a session beside the turn of its main agent: teams, workflows, agents in the background.
import {
  hasEnded,
  isResting,
  type SessionState,
  stateName,
  type Supervisor,
  type SupervisorKind,
} from "../machines/session_state.ts";
import { Problem } from "../src/protocol/problem.ts";

const namedMax = 3;

const kinds: ReadonlySet<SupervisorKind> = new Set(["team", "workflow"]);

/** Their paths, without what is led by another of them. What is paused is at rest, and a run of a mode is the turn itself. */
export function workBeside({ agents, supervisors, children }: SessionState): string[] {
  const works = (one: Supervisor | undefined) =>
    one !== undefined && kinds.has(one.kind) && !hasEnded(one) && stateName(one.snapshot) !== "paused";
  const leads = Object.entries(supervisors).filter(([, one]) =>
    works(one) && !works(supervisors[one.parent])
  );
  // Of those that live: it is asked at every write, and there may have been thousands of others.
  const beside = Object.entries(agents).filter(([path, agent]) =>
    children[path]?.kind === "background" && !isResting(agent) && stateName(agent) !== "paused"
  );
  return [...leads, ...beside].map(([path]) => path);
}

/**
 * Throws a Problem `conflict` while something works there: in the trash nobody would see it, and it would go on all the
 * same. Of the main agent's turn its own machine decides.
 */
export function refuseWhileAtWork(session: string, state: SessionState): void {
  const paths = workBeside(state);
  if (paths.length === 0) return;
  const shown = paths.slice(0, namedMax).map((path) => `"${path}"`).join(", ");
  const more = paths.length > namedMax ? ` and ${paths.length - namedMax} more` : "";
  throw new Problem(
    "conflict",
    `Cannot archive session "${session}": ${shown}${more} ${paths.length === 1 ? "works" : "work"} in it`,
    { hint: `Cancel that first: jamey cancel ${session}` },
  );
}
