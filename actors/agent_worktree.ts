// The worktrees of agents that work apart: planned before anything is done, made once, and left when the agent's last turn
// is over. All of them lie in the folder for worktrees of the main repository, also those of agents in a worktree.
import { lstat } from "node:fs/promises";
import { join } from "node:path";
import type { AgentProfile } from "../src/protocol/agent_facts.ts";
import type { FactData } from "../src/protocol/facts.ts";
import { messageOf, Problem } from "../src/protocol/problem.ts";
import { openGit } from "../tools/git.ts";
import {
  branchTip,
  deleteBranch,
  lookAtWorktree,
  newMarker,
  removeWorktree,
  type WorktreeEvidence,
} from "../tools/worktree.ts";
import { findLosses } from "../tools/worktree_loss.ts";
import { makeWorktree, settleWorktree } from "../tools/worktree_make.ts";
import { checkNewBranch, findRepository, resolveCommit, worktreesFolder } from "../tools/worktree_place.ts";
import { metaOf } from "./actor_meta.ts";
import { lastName } from "./actor_names.ts";
import type { Executor, SessionActor } from "./session_port.ts";

const nameCharsMax = 100;

/** Where it will be; throws a Problem where none can be made. Begins at what the agent above has committed. */
export async function planAgentWorktree(
  session: SessionActor,
  { parent, id, signal }: { parent: string; id: string; signal: AbortSignal },
): Promise<WorktreeEvidence> {
  const meta = await metaOf(session, parent);
  if (meta === null) throw new Error("A session without a beginning starts no agent");
  if (meta.permissionMode === "plan") {
    throw new Problem("forbidden", "Cannot make a worktree while planning: leave isolation out");
  }
  const git = await openGit(meta.workspace, { signal });
  const { top, prefix } = await findRepository(git, meta.workspace);
  const base = await resolveCommit(git, "HEAD");
  const repository = meta.worktree?.repository ?? top;
  const name = worktreeName(session.id, id);
  const branch = `jamey/${name}`;
  const path = join(worktreesFolder(repository), name);
  if (await lstat(path).then(() => true, () => false)) {
    throw new Problem("conflict", `Cannot make the worktree "${path}": it is there already, remove it`);
  }
  await checkNewBranch(git, branch);
  const hasFolder = prefix !== "" && (await git(["cat-file", "-e", `${base}:${prefix}`])).code === 0;
  const inside = hasFolder ? prefix : "";
  return {
    worktree: { path, branch, repository, base, came_from: join(repository, inside) },
    workspace: join(path, inside),
    marker: newMarker(),
    tip: null,
  };
}

/** Two sessions, and two agents of one, never choose the same; a fork knows by it which are not its own. */
function worktreeName(sessionId: string, id: string): string {
  return `agent-${sessionId}-${id}`.replaceAll(/[^A-Za-z0-9-]/g, "-").slice(0, nameCharsMax);
}

/** Makes it, also when a crash has cut that short before. */
export async function makeAgentWorktree(
  evidence: WorktreeEvidence,
  { signal, isBegun }: { signal: AbortSignal; isBegun: boolean },
): Promise<NonNullable<AgentProfile["worktree"]>> {
  const { worktree: tree } = evidence;
  const state = isBegun ? await settleWorktree(evidence, signal) : "again";
  if (state === "stray") {
    throw new Problem(
      "conflict",
      `Cannot make the worktree "${tree.path}": something else is there, look at it`,
    );
  }
  if (state === "again") await makeWorktree(await openGit(tree.repository, { signal }), evidence);
  return tree;
}

/** For `worktree.leave`: nothing is lost by it, and doing it twice is doing it once. */
export const leaveExecutor: Executor = async (session, { actor }, { signal }) => {
  const agent = (await session.transcript()).crew.agent(actor);
  const tree = agent?.profile.worktree;
  if (agent === undefined || tree === undefined) throw new Error(`"${actor}" has no worktree to leave`);
  const left = await leave(session, { actor, tree, signal });
  // It is still owed when the daemon stops: the next one does it.
  if (signal.aborted && signal.reason !== "cancelled") return;
  const { path, branch } = tree;
  const name = lastName(actor);
  await session.tell({ actor, type: "agent.worktree_left", data: { agent: name, path, branch, ...left } });
};

async function leave(
  session: SessionActor,
  { actor, tree, signal }: {
    actor: string;
    tree: NonNullable<AgentProfile["worktree"]>;
    signal: AbortSignal;
  },
): Promise<Pick<FactData<"agent.worktree_left">, "removed" | "reason">> {
  const kept = (reason: string) => ({ removed: false, reason });
  if (!tree.branch.startsWith(`jamey/${worktreeName(session.id, "")}`)) {
    return kept("it belongs to the session that this one was forked from");
  }
  if (Object.values(session.state().backgrounds).some((task) => task.actor === actor)) {
    return kept("a command still runs in it");
  }
  try {
    const git = await openGit(tree.repository, { signal });
    const state = await lookAtWorktree(git, tree);
    if (state === "stray") return kept("git does not know it any more");
    if (state === "whole") {
      const losses = await findLosses(await openGit(tree.path, { signal }), tree);
      if (losses.length > 0) return kept(losses.join(" and "));
    }
    const tip = await branchTip(git, tree.branch);
    if (state !== "gone") await removeWorktree(git, tree, newMarker());
    if (tip !== null && !(await deleteBranch(git, tree.branch, tip))) {
      return kept("its branch has moved on or is in use");
    }
    return { removed: true };
  } catch (thrown) {
    return kept(messageOf(thrown));
  }
}
