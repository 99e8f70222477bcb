// Worktrees of the members of a team that work apart: planned before the team is begun, and all made or none.
import type { AgentProfile } from "../src/protocol/agent_facts.ts";
import type { MemberSpec } from "../src/protocol/team_spec.ts";
import { type WorktreeEvidence, worktreeEvidence } from "../tools/worktree.ts";
import { z } from "zod";
import { takeBack } from "./agent_start.ts";
import { makeAgentWorktree, planAgentWorktree } from "./agent_worktree.ts";
import type { SessionActor } from "./session_port.ts";

/** By the names of the members. */
export const plannedWorktrees = z.record(z.string(), worktreeEvidence);
export type PlannedWorktrees = Record<string, WorktreeEvidence>;
export type Worktrees = Map<string, NonNullable<AgentProfile["worktree"]>>;

/** `id` is the team's own among those of the session. Throws a Problem where no worktree can be made. */
export async function planWorktrees(
  session: SessionActor,
  members: readonly MemberSpec[],
  { parent, id, signal }: { parent: string; id: string; signal: AbortSignal },
): Promise<PlannedWorktrees> {
  const planned: PlannedWorktrees = {};
  for (const [place, { name, isolation }] of members.entries()) {
    if (isolation === undefined) continue;
    // With its place: "a-b", "a_b" and "A-b" are three members, and could be one folder.
    planned[name] = await planAgentWorktree(session, { parent, id: `${id}-${place + 1}-${name}`, signal });
  }
  return planned;
}

/** When one cannot be made, those that were are taken back. `isBegun`: a crash may have cut it short before. */
export async function makeWorktrees(
  planned: PlannedWorktrees,
  options: { signal: AbortSignal; isBegun: boolean },
): Promise<Worktrees> {
  const made: Worktrees = new Map();
  try {
    // One after the other: git locks its repository.
    for (const [name, evidence] of Object.entries(planned)) {
      made.set(name, await makeAgentWorktree(evidence, options));
    }
  } catch (thrown) {
    await takeBackAll(planned);
    throw thrown;
  }
  return made;
}

export async function takeBackAll(planned: PlannedWorktrees): Promise<void> {
  for (const evidence of Object.values(planned)) await takeBack(evidence);
}
