// What has to end before its session may be archived: in the trash nobody would see it, and it would go on all the same.
import { hasEnded, isResting, type SessionState, stateName } from "../machines/session_state.ts";
import { Problem } from "../src/protocol/problem.ts";

const namedMax = 3;

/**
 * Throws a Problem `conflict` while a team, a workflow or a sub-agent works. What is paused is at rest: it is there again,
 * paused, when the session is restored. The turn of the main agent is looked at by its own machine.
 */
export function refuseWhileAtWork(session: string, { agents, supervisors, children }: SessionState): void {
  const leads = Object.entries(supervisors).filter(([, one]) =>
    !hasEnded(one) && stateName(one.snapshot) !== "paused"
  );
  const works = Object.entries(agents).filter(([path, agent]) =>
    Object.hasOwn(children, path) && !isResting(agent) && stateName(agent) !== "paused"
  );
  const paths = [...leads, ...works].map(([path]) => path);
  // Who leads says enough of all below it.
  const tops = paths.filter((path) => !paths.some((above) => path.startsWith(`${above}/`)));
  if (tops.length === 0) return;
  const shown = tops.slice(0, namedMax).map((path) => `"${path}"`).join(", ");
  const more = tops.length > namedMax ? ` and ${tops.length - namedMax} more` : "";
  throw new Problem(
    "conflict",
    `Cannot archive session "${session}": ${shown}${more} ${tops.length === 1 ? "works" : "work"} in it`,
    { hint: `Cancel that first: jamey cancel ${session}` },
  );
}
