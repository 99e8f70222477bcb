// Making a worktree so that a crash at any moment leaves it whole, or leaves nothing.
import { messageOf } from "../src/protocol/problem.ts";
import { type Git, openGit } from "./git.ts";
import {
  awaitGit,
  deleteBranch,
  lookAtWorktree,
  mustSucceed,
  removeWorktree,
  type WorktreeEvidence,
  worktreeTimeoutMs,
} from "./worktree.ts";
import { makeWorktreesFolder } from "./worktree_place.ts";

const clearTimeoutMs = 8000;

/** Makes the worktree and its branch as the log has announced them; throws a Problem, and has then left nothing. */
export async function makeWorktree(git: Git, evidence: WorktreeEvidence): Promise<void> {
  const { worktree: tree, marker } = evidence;
  await makeWorktreesFolder(tree.repository);
  const args = ["worktree", "add", "--quiet", "-b", tree.branch, tree.path, tree.base];
  try {
    const adding = git(args, { cwd: tree.repository, timeoutMs: worktreeTimeoutMs, marker });
    await mustSucceed(adding, `make the worktree "${tree.path}"`);
  } catch (thrown) {
    // Somebody else was faster: then git has made nothing, and what is there is not ours.
    if (messageOf(thrown).includes("already exists")) throw thrown;
    // Not with the call's own signal: what was begun is cleared away also when the call was cancelled.
    const signal = AbortSignal.timeout(clearTimeoutMs);
    await clearWorktree(await openGit(tree.repository, { signal }), evidence);
    throw thrown;
  }
}

/**
 * What a crash while it was made has left: `whole`, or `stray` for a folder that git does not know; else nothing is left
 * after this, so making it anew (`again`) is making it once.
 */
export async function settleWorktree(
  evidence: WorktreeEvidence,
  signal: AbortSignal,
): Promise<"whole" | "stray" | "again"> {
  await awaitGit(evidence.marker, signal);
  const git = await openGit(evidence.worktree.repository, { signal });
  const state = await lookAtWorktree(git, evidence.worktree);
  if (state === "whole" || state === "stray") return state;
  await clearWorktree(git, evidence);
  return "again";
}

/** Takes back what was made: a folder that git knows, whole or not, and the branch if nothing was done on it. */
export async function clearWorktree(git: Git, { worktree: tree, marker }: WorktreeEvidence): Promise<void> {
  const state = await lookAtWorktree(git, tree);
  if (state === "partial" || state === "whole") await removeWorktree(git, tree, marker);
  if (await lookAtWorktree(git, tree) === "gone") await deleteBranch(git, tree.branch, tree.base);
}
