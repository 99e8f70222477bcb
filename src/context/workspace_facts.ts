// What an agent is told about the folder it works in: the system, git's branch and status, and what lies at the top.
import { opendir } from "node:fs/promises";
import { repositoryRoot } from "../platform/repository_root.ts";
import { isInRepository } from "./places.ts";

export const entriesShownMax = 60;
export const entriesReadMax = 2000;
export const changesShownMax = 20;
export const nameCharsMax = 200;
/** For how long an answer holds: between the calls of one step nothing is asked again. */
export const holdMs = 5000;
/** The same when git did not answer: nobody waits for it again and again. */
export const failedHoldMs = 60_000;
const gitTimeoutMs = 3000;
const gitOutputBytesMax = 256 * 1024;
const workspacesMax = 64;

/** Runs git in a folder so that nothing which the folder brings along is executed. Throws when it cannot or is ended. */
export type RunGit = (
  folder: string,
  args: readonly string[],
  options: { signal: AbortSignal; timeoutMs: number; outputBytesMax: number },
) => Promise<{ code: number; stdout: string; truncated: boolean }>;

export interface WorkspaceFacts {
  os: string;
  /** Null outside of git, or when git does not answer in time. `more`: there are changes that are not shown. */
  git: { branch: string; changes: string[]; more: boolean } | null;
  /** Sorted; folders end in a slash. */
  entries: string[];
  moreEntries: boolean;
}

export interface WorkspaceFactsOptions {
  /** Null: git is not asked, as in a folder that nobody trusts yet. */
  git: RunGit | null;
  os: string;
  /** A clock in milliseconds. */
  now: () => number;
}

/** Looks at a workspace; never rejects, and asks again only after `holdMs`. */
export function createWorkspaceFacts(
  options: WorkspaceFactsOptions,
): (workspace: string, signal: AbortSignal) => Promise<WorkspaceFacts> {
  const known = new Map<string, { until: number; facts: Promise<WorkspaceFacts> }>();
  return (workspace, signal) => {
    const last = known.get(workspace);
    if (last !== undefined && options.now() < last.until) return last.facts;
    const facts = look(workspace, { ...options, signal });
    known.delete(workspace);
    const entry = { until: options.now() + holdMs, facts };
    known.set(workspace, entry);
    facts.then(({ git }) => {
      const isMissing = git === null && options.git !== null && isInRepository(workspace);
      if (isMissing) entry.until = options.now() + failedHoldMs;
      // What was cut short is no answer for whoever asks next.
      if (signal.aborted) entry.until = 0;
    });
    const oldest = known.keys().next();
    if (known.size > workspacesMax && !oldest.done) known.delete(oldest.value);
    return facts;
  };
}

async function look(
  workspace: string,
  { git, os, signal }: WorkspaceFactsOptions & { signal: AbortSignal },
): Promise<WorkspaceFacts> {
  const [status, listed] = await Promise.all([
    git !== null && isInRepository(workspace) ? askGit(workspace, git, signal) : null,
    list(workspace),
  ]);
  return { os, git: status, ...listed };
}

async function askGit(workspace: string, git: RunGit, signal: AbortSignal): Promise<WorkspaceFacts["git"]> {
  const status = ["status", "--porcelain=v1", "--branch", "-z", "--no-renames", "--ignore-submodules=all"];
  // Said by us, as a repository may name any folder of this machine as its own (`core.worktree`).
  const args = ["--work-tree", repositoryRoot(workspace), ...status];
  const limits = { signal, timeoutMs: gitTimeoutMs, outputBytesMax: gitOutputBytesMax };
  const result = await git(workspace, args, limits).catch(() => null);
  if (result === null || (result.code !== 0 && !result.truncated)) return null;
  const [head = "", ...changes] = result.stdout.split("\0").filter((line) => line !== "");
  return {
    branch: plainName(head.replace(/^## (No commits yet on )?/, "")),
    changes: changes.slice(0, changesShownMax).map(plainName),
    more: changes.length > changesShownMax || result.truncated,
  };
}

async function list(workspace: string): Promise<Pick<WorkspaceFacts, "entries" | "moreEntries">> {
  const names: string[] = [];
  try {
    // Closed by the loop, also when it is left early.
    for await (const entry of await opendir(workspace)) {
      if (names.length >= entriesReadMax) break;
      if (entry.name !== ".git") names.push(plainName(entry.name) + (entry.isDirectory() ? "/" : ""));
    }
  } catch {
    // A folder that cannot be listed is still one to work in.
  }
  return { entries: names.sort().slice(0, entriesShownMax), moreEntries: names.length > entriesShownMax };
}

/** A name takes one line, whatever is in it: others choose the names of files. */
function plainName(name: string): string {
  const plain = name.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, "?");
  return plain.length > nameCharsMax ? `${plain.slice(0, nameCharsMax)}...` : plain;
}

/** The facts as text. `date` is given by the caller, as a day, so that a request can be built again. */
export function factsText(facts: WorkspaceFacts, date: string): string {
  const { git, entries, moreEntries } = facts;
  return [
    `System: ${facts.os}. Date: ${date}`,
    ...(entries.length === 0
      ? ["The folder is empty"]
      : [`It holds: ${entries.join(" ")}${moreEntries ? " and more" : ""}`]),
    ...(git === null ? [] : [`Git branch: ${git.branch}`, ...changesText(git)]),
  ].join("\n");
}

function changesText({ changes, more }: { changes: string[]; more: boolean }): string[] {
  if (changes.length === 0) return ["Git status: clean"];
  return ["Git status:", ...changes, ...(more ? ["and more"] : [])];
}
