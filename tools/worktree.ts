// Worktrees as git has them: found by their path, told apart by how far they have come, and removed for good.
import { pause } from "../src/platform/pause.ts";
import type { CallOrigin } from "../src/protocol/facts.ts";
import { lstat, realpath, rm } from "node:fs/promises";
import { dirname, join, sep } from "node:path";
import { z } from "zod";
import { Problem } from "../src/protocol/problem.ts";
import { type Worktree, worktree } from "../src/protocol/work_facts.ts";
import type { ToolFact } from "./contract.ts";
import type { Git, GitResult } from "./git.ts";
import { listProcesses, startedWith } from "./process_table.ts";
import { worktreesFolder } from "./worktree_place.ts";

export const worktreeTimeoutMs = 300_000;
/** How long recovery waits for a git that outlived the program. */
const gitPatienceMs = 30_000;
const pollMs = 100;

/** What is logged before git acts: with it, looking tells what has happened. */
export const worktreeEvidence = z.object({
  worktree,
  /** Where the session works once the call is done. */
  workspace: z.string(),
  /** An environment entry of the git that acts. */
  marker: z.string(),
  /** For a removal: the commit of the branch as it was judged. */
  tip: z.string().nullable(),
});
export type WorktreeEvidence = z.infer<typeof worktreeEvidence>;

export function newMarker(): string {
  return `JAMEY_CALL=${crypto.randomUUID()}`;
}

/** `partial`: git was ended while it made it. `gone`: git knows nothing of it. `stray`: a folder that git does not know. */
export type WorktreeState = "whole" | "partial" | "gone" | "stray";

export async function lookAtWorktree(git: Git, tree: Worktree): Promise<WorktreeState> {
  const listed = await mustSucceed(git(["worktree", "list", "--porcelain", "-z"]), "list the worktrees");
  const entry = listed.stdout.split("\0\0").map((text) => text.split("\0")).find((lines) =>
    // Git writes paths with slashes on every system.
    lines.includes(`worktree ${sep === "/" ? tree.path : tree.path.replaceAll(sep, "/")}`)
  );
  const isThere = await lstat(tree.path).then(() => true, () => false);
  if (entry === undefined) return isThere ? "stray" : "gone";
  // Git locks a worktree under this name for as long as it makes it.
  return isThere && !entry.includes("locked initializing") ? "whole" : "partial";
}

/** Waits until no git of this call runs any more; a Problem when one still does after all patience. */
export async function awaitGit(marker: string, signal: AbortSignal): Promise<void> {
  const deadline = Date.now() + gitPatienceMs;
  while (await runs(marker)) {
    signal.throwIfAborted();
    if (Date.now() > deadline) {
      throw new Problem(
        "unavailable",
        "Cannot tell what became of the worktree: git still works on it, look later",
      );
    }
    await pause(pollMs);
  }
}

async function runs(marker: string): Promise<boolean> {
  const rows = await listProcesses();
  const marked = await Promise.all(rows.map((row) => row.isZombie ? false : startedWith(row.pid, marker)));
  return marked.includes(true);
}

/** Removes the worktree and all in it, however far an earlier removal came. The branch stays. */
export async function removeWorktree(git: Git, tree: Worktree, marker: string): Promise<void> {
  const folder = dirname(tree.path);
  const made = worktreesFolder(await realpath(tree.repository));
  // A link on the way could have been put there since, and would have another folder emptied.
  const real = await realpath(folder).catch(() => made);
  if (folder !== worktreesFolder(tree.repository) || real !== made) {
    throw new Problem("forbidden", `Cannot remove "${tree.path}": it is no worktree that was made here`);
  }
  // Without this file git refuses: a removal that was cut short may have taken it first.
  const isTorn = await lstat(join(tree.path, ".git")).then(() => false, () => true);
  if (isTorn) await rm(tree.path, { recursive: true, force: true });
  if (await lookAtWorktree(git, tree) === "gone") return;
  // Twice: once for files that are not committed, once for the lock of one that was never finished.
  const args = ["worktree", "remove", "--force", "--force", tree.path];
  await mustSucceed(
    git(args, { cwd: tree.repository, timeoutMs: worktreeTimeoutMs, marker }),
    "remove the worktree",
  );
}

/** Deletes a branch that is still at `tip`; leaves one that has moved on. True when it is not there any more. */
export async function deleteBranch(git: Git, branch: string, tip: string): Promise<boolean> {
  await git(["update-ref", "-d", `refs/heads/${branch}`, tip]);
  return await branchTip(git, branch) === null;
}

/** The commit of a branch, or null when there is none of that name. */
export async function branchTip(git: Git, branch: string): Promise<string | null> {
  const found = await git(["rev-parse", "--verify", "--quiet", `refs/heads/${branch}`]);
  return found.code === 0 ? found.stdout.trim() : null;
}

export async function mustSucceed(running: Promise<GitResult>, doing: string): Promise<GitResult> {
  const result = await running;
  if (result.truncated) {
    throw new Problem("payload_too_large", `Cannot ${doing}: git says more than can be read`);
  }
  if (result.code === 0) return result;
  const why = result.stderr.replace(/^(fatal|error): /gm, "").slice(0, 1000) ||
    `git ended with ${result.code}`;
  throw new Problem("conflict", `Cannot ${doing}: ${why}`);
}

export function workspaceFact(workspace: string, tree: Worktree | null, by: CallOrigin): ToolFact {
  const data = { workspace, worktree: tree, by: by === "user" ? "user" : "agent" };
  return { type: "session.workspace_changed", data };
}
