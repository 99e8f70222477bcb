// EnterWorktree: gives the session a working tree and a branch of its own, and moves it there.
import { lstat } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { mainActor } from "../src/protocol/facts.ts";
import type { JsonValue } from "../src/protocol/json.ts";
import { Problem } from "../src/protocol/problem.ts";
import type { PreparedCall, ToolContext, ToolOutcome } from "./contract.ts";
import { defineTool } from "./define_tool.ts";
import { type Git, openGit } from "./git.ts";
import {
  newMarker,
  workspaceFact,
  type WorktreeEvidence,
  worktreeEvidence,
  worktreeTimeoutMs,
} from "./worktree.ts";
import {
  branchCharsMax,
  checkNewBranch,
  findRepository,
  isWorktreeName,
  nameCharsMax,
  resolveCommit,
  worktreesFolder,
} from "./worktree_place.ts";
import { makeWorktree, settleWorktree } from "./worktree_make.ts";

const baseCharsMax = 200;

const parameters = z.strictObject({
  name: z.string().min(1).refine(
    isWorktreeName,
    `it must be 1 to ${nameCharsMax} letters, digits, dots, dashes and underscores`,
  ).optional().describe("Name of the worktree's folder"),
  branch: z.string().min(1).max(branchCharsMax).optional().describe(
    'The new branch, by default "jamey/<name>"',
  ),
  base: z.string().min(1).max(baseCharsMax).optional().describe(
    "Where it begins: a branch or commit, by default HEAD",
  ),
});
type Args = z.infer<typeof parameters>;

export const enterWorktreeTool = defineTool({
  name: "EnterWorktree",
  description:
    "Makes a git worktree with a new branch and works there from now on, so that the user's own files stay as they are. Uncommitted changes are not taken along. Leave it with ExitWorktree.",
  parameters,
  effect: "unsafe",
  requires_confirmation: true,
  limits: { timeoutMs: worktreeTimeoutMs, outputCharsMax: 4000 },
  prepare: prepareEntry,
  recover: recoverEntry,
});

async function prepareEntry(args: Args, context: ToolContext): Promise<PreparedCall> {
  const { session, workspace, signal } = context;
  if (session.actor !== mainActor) {
    throw new Problem(
      "forbidden",
      "Cannot enter a worktree: a sub-agent may not, only the session's main agent",
    );
  }
  if (session.worktree !== null) {
    throw new Problem(
      "conflict",
      `Cannot enter a worktree: the session is in "${session.worktree.path}", leave it with ExitWorktree first`,
    );
  }
  const git = await openGit(workspace, { signal });
  const { top, prefix } = await findRepository(git, workspace);
  const base = await resolveCommit(git, args.base ?? "HEAD");
  const name = args.name ?? defaultName(session.sessionId, session.callId);
  const branch = args.branch ?? `jamey/${name}`;
  const path = join(worktreesFolder(top), name);
  if (await lstat(path).then(() => true, () => false)) {
    throw new Problem(
      "conflict",
      `Cannot make the worktree "${name}": "${path}" exists, choose another name`,
    );
  }
  await checkNewBranch(git, branch);
  const inside = prefix === "" || (await git(["cat-file", "-e", `${base}:${prefix}`])).code === 0
    ? prefix
    : "";
  const evidence: WorktreeEvidence = {
    worktree: { path, branch, repository: top, base, came_from: workspace },
    workspace: join(path, inside),
    marker: newMarker(),
    tip: null,
  };
  return { evidence, run: () => enter(git, evidence, context), abandon: () => Promise.resolve() };
}

/** Two sessions, and two calls of one, never choose the same. */
function defaultName(sessionId: string, callId: string): string {
  return `${sessionId}-${callId}`.replaceAll(/[^A-Za-z0-9-]/g, "").replace(/^-+/, "").slice(
    0,
    nameCharsMax,
  ) || "session";
}

async function enter(git: Git, evidence: WorktreeEvidence, context: ToolContext): Promise<ToolOutcome> {
  await makeWorktree(git, evidence);
  return await entered(git, evidence, context);
}

const remarksTimeoutMs = 10_000;

async function recoverEntry(
  _args: Args,
  logged: JsonValue,
  context: ToolContext,
): Promise<ToolOutcome | "again"> {
  const evidence = worktreeEvidence.parse(logged);
  const { worktree: tree } = evidence;
  const state = await settleWorktree(evidence, context.signal);
  if (state === "whole") {
    const git = await openGit(tree.repository, { signal: context.signal });
    return await entered(git, evidence, context);
  }
  if (state === "again") return "again";
  const reason =
    `the runtime stopped while the worktree was made, and "${tree.path}" is no worktree: look at it`;
  return { status: "interrupted", reason };
}

async function entered(git: Git, evidence: WorktreeEvidence, { session }: ToolContext): Promise<ToolOutcome> {
  const { worktree: tree, workspace } = evidence;
  const output = [
    `Working in "${workspace}" now, on the new branch "${tree.branch}" from ${tree.base.slice(0, 12)}`,
    // It is made and will be entered, whatever becomes of these.
    ...await remarks(git, tree.repository).catch(() => []),
    "Paths you knew before are those of the other folder: use relative ones. Dependencies that git ignores are not here.",
  ];
  return {
    status: "finished",
    output: output.join("\n"),
    truncated: false,
    facts: [workspaceFact(workspace, tree, session.by)],
  };
}

async function remarks(git: Git, repository: string): Promise<string[]> {
  const where = { cwd: repository, timeoutMs: remarksTimeoutMs };
  const status = await git(["status", "--porcelain", "-z", "--ignore-submodules=dirty"], where);
  const isDirty = status.stdout !== "";
  const modules = await git(["cat-file", "-e", "HEAD:.gitmodules"], where);
  return [
    ...(isDirty ? [`Uncommitted changes in "${repository}" stay there and are not here`] : []),
    ...(modules.code === 0 ? ["Its submodules are empty here"] : []),
  ];
}
