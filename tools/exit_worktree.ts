// ExitWorktree: takes the session back to the folder it came from, and keeps or removes the worktree it leaves.
import { lstat } from "node:fs/promises";
import { z } from "zod";
import { mainActor } from "../src/protocol/facts.ts";
import type { JsonValue } from "../src/protocol/json.ts";
import { Problem } from "../src/protocol/problem.ts";
import type { Worktree } from "../src/protocol/work_facts.ts";
import type { PreparedCall, ToolContext, ToolOutcome } from "./contract.ts";
import { defineTool } from "./define_tool.ts";
import { type Git, openGit } from "./git.ts";
import {
  awaitGit,
  branchTip,
  deleteBranch,
  lookAtWorktree,
  newMarker,
  removeWorktree,
  workspaceFact,
  type WorktreeEvidence,
  worktreeEvidence,
  worktreeTimeoutMs,
} from "./worktree.ts";
import { findLosses, isOnlyMissingFiles } from "./worktree_loss.ts";

const parameters = z.strictObject({
  action: z.enum(["keep", "remove"]).describe("Whether the worktree and its branch stay"),
  discard_changes: z.boolean().optional().describe(
    "Remove it although uncommitted files or commits that are nowhere else are lost; only when the user said so",
  ),
});
type Args = z.infer<typeof parameters>;

export const exitWorktreeTool = defineTool({
  name: "ExitWorktree",
  description:
    "Leaves the worktree that EnterWorktree made and goes back to the folder before it. Removing refuses when work would be lost, and says which.",
  parameters,
  effect: "unsafe",
  requires_confirmation: true,
  limits: { timeoutMs: worktreeTimeoutMs, outputCharsMax: 10_000 },
  prompt: (args) =>
    args.action === "keep"
      ? "Leave the worktree and keep it with its branch"
      : `Leave the worktree and remove it with its branch${
        args.discard_changes ? ", ALSO what is not committed or merged" : ", if no work is lost by that"
      }`,
  // What was allowed for a harmless removal is not allowed for one that loses work.
  grant: (args) => `ExitWorktree(${args.action}${args.discard_changes ? ", discard_changes" : ""})`,
  prepare: prepareExit,
  recover: recoverExit,
});

async function prepareExit(args: Args, context: ToolContext): Promise<PreparedCall> {
  const { session, signal } = context;
  const tree = session.worktree;
  if (session.actor !== mainActor) {
    throw new Problem(
      "forbidden",
      "Cannot leave the worktree: a sub-agent may not, only the session's main agent",
    );
  }
  if (tree === null) throw new Problem("conflict", "Cannot leave a worktree: the session is in none");
  if (!(await isFolder(tree.came_from))) {
    throw new Problem(
      "conflict",
      `Cannot leave the worktree: "${tree.came_from}" is not there any more, tell the user`,
    );
  }
  const evidence = { worktree: tree, workspace: tree.came_from, marker: newMarker(), tip: null };
  if (args.action === "keep") {
    return { evidence, run: () => Promise.resolve(kept(tree, context)), abandon: () => Promise.resolve() };
  }
  const git = await openGit(tree.repository, { signal });
  const losses = await isFolder(tree.path)
    ? await findLosses(await openGit(tree.path, { signal }), tree)
    : [];
  if (losses.length > 0 && !args.discard_changes) throw wouldLose(tree, losses);
  const withTip: WorktreeEvidence = { ...evidence, tip: await branchTip(git, tree.branch) };
  return {
    evidence: withTip,
    run: () => remove(git, withTip, { context, losses }),
    abandon: () => Promise.resolve(),
  };
}

function wouldLose(tree: Worktree, losses: readonly string[]): Problem {
  return new Problem(
    "conflict",
    `Cannot remove the worktree "${tree.path}": ${losses.join(" and ")} would be lost`,
    { hint: "commit and merge them, keep the worktree, or set discard_changes when the user agrees" },
  );
}

function kept(tree: Worktree, { session }: ToolContext): ToolOutcome {
  return {
    status: "finished",
    output:
      `Working in "${tree.came_from}" again. The worktree stays in "${tree.path}" on the branch "${tree.branch}"`,
    truncated: false,
    facts: [workspaceFact(tree.came_from, null, session.by)],
  };
}

async function remove(
  git: Git,
  { worktree: tree, marker, tip }: WorktreeEvidence,
  { context, losses }: { context: ToolContext; losses: readonly string[] },
): Promise<ToolOutcome> {
  await removeWorktree(git, tree, marker);
  const isGone = tip === null || await deleteBranch(git, tree.branch, tip);
  const branch = isGone
    ? `and the branch "${tree.branch}" are removed`
    : `is removed; the branch "${tree.branch}" has moved on or is in use, and stays`;
  const lost = losses.length === 0 ? "" : `\nDiscarded: ${losses.join(" and ")}`;
  return {
    status: "finished",
    output: `Working in "${tree.came_from}" again. The worktree "${tree.path}" ${branch}${lost}`,
    truncated: false,
    facts: [workspaceFact(tree.came_from, null, context.session.by)],
  };
}

async function recoverExit(
  args: Args,
  logged: JsonValue,
  context: ToolContext,
): Promise<ToolOutcome | "again"> {
  const evidence = worktreeEvidence.parse(logged);
  const { worktree: tree, marker } = evidence;
  if (args.action === "keep") return kept(tree, context);
  await awaitGit(marker, context.signal);
  const { signal } = context;
  const git = await openGit(tree.repository, { signal });
  const finish = () => remove(git, evidence, { context, losses: [] });
  const state = await lookAtWorktree(git, tree);
  if (state !== "whole") {
    return state === "stray" ? await strayFolder(tree) ?? await finish() : await finish();
  }
  // A removal that was cut short has only taken files away. Everything else is somebody's work: judge it anew.
  const isTorn = !(await lstat(`${tree.path}/.git`).then(() => true, () => false));
  if (isTorn || await isOnlyMissingFiles(await openGit(tree.path, { signal }))) return await finish();
  return "again";
}

/** Git knows the folder no more, but it is there: either the last bit of the removal, or something new. */
async function strayFolder(tree: Worktree): Promise<ToolOutcome | null> {
  if (await lstat(`${tree.path}/.git`).then(() => false, () => true)) return null;
  const reason =
    `the runtime stopped while the worktree was removed, and "${tree.path}" is something else now: look at it`;
  return { status: "interrupted", reason };
}

async function isFolder(path: string): Promise<boolean> {
  return await lstat(path).then((facts) => facts.isDirectory(), () => false);
}
