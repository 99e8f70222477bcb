// Which tools an agent has: those of its session, less what its profile leaves out, less what only others may use.
import type { Crew } from "../machines/crew.ts";
import { mainActor } from "../src/protocol/facts.ts";
import { teamPathOf, workDoneName } from "./work_done.ts";

/** Tools of the main agent alone: they change the whole session. */
const mainOnly: readonly string[] = ["EnterPlanMode", "ExitPlanMode", "EnterWorktree", "ExitWorktree"];

/** What only a member of a team can say. */
const membersOnly: readonly string[] = [workDoneName];

/** What members of a team work together with: they have it also when they were given a few tools only. */
const togetherTools: readonly string[] = ["SendMessage", "TaskCreate", "TaskGet", "TaskList", "TaskUpdate"];

/** Whether an agent is offered a tool, and may call it; an agent never has what one above it was not given. */
export function hasTool(crew: Crew, actor: string, tool: string): boolean {
  if (actor !== mainActor && mainOnly.includes(tool)) return false;
  if (membersOnly.includes(tool)) return teamPathOf(actor) !== null;
  const isTogether = teamPathOf(actor) !== null && togetherTools.includes(tool);
  for (const { profile: { tools, disallowed_tools } } of crew.upwards(actor)) {
    if (tools !== undefined && !tools.includes(tool) && !isTogether) return false;
    if (disallowed_tools?.includes(tool)) return false;
  }
  return true;
}
