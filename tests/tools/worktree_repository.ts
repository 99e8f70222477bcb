// Real git repositories to make worktrees in, and a session that follows the facts of its calls.
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { JsonObject } from "../../src/protocol/json.ts";
import type { Worktree } from "../../src/protocol/work_facts.ts";
import type { Tool, ToolContext, ToolOutcome } from "../../tools/contract.ts";
import { prepareTool, recoverTool, runTool, testSession, type TestWorkspace, textOf } from "./workspace.ts";

/** Runs git as a person would, with an identity; throws with its words when it fails. */
export async function git(cwd: string, ...args: string[]): Promise<string> {
  const names = ["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "protocol.file.allow=always"];
  const { code, stdout, stderr } = await new Deno.Command("git", { args: [...names, ...args], cwd }).output();
  if (code !== 0) throw new Error(`git ${args.join(" ")}: ${new TextDecoder().decode(stderr)}`);
  return new TextDecoder().decode(stdout).trim();
}

export async function put(folder: string, files: Record<string, string>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), text);
  }
}

/** A repository with one commit. */
export async function makeRepository(folder: string, files: Record<string, string> = { "a.txt": "a\n" }) {
  await mkdir(folder, { recursive: true });
  await git(folder, "init", "-q", "-b", "main");
  await put(folder, files);
  await git(folder, "add", "-A");
  await git(folder, "commit", "-q", "-m", "first");
}

export interface Follower {
  workspace: string;
  worktree: Worktree | null;
  context(more?: Partial<ToolContext> & { actor?: string }): ToolContext;
  /** The outcome as text; the session has moved when it says so. */
  call(tool: Tool, args?: JsonObject): Promise<string>;
  prepare(tool: Tool, args?: JsonObject): ReturnType<typeof prepareTool>;
  /** What a restarted program makes of a call that had started. */
  recover(tool: Tool, args: JsonObject, evidence: Parameters<typeof recoverTool>[2]): Promise<string>;
}

/** A session that begins in `workspace` and goes where its facts say. */
export function follow(space: TestWorkspace, workspace: string): Follower {
  let calls = 0;
  const follower: Follower = {
    workspace,
    worktree: null,
    context: ({ actor = "main", ...more } = {}) => {
      const session = testSession(`c${calls += 1}-1`, {
        worktree: follower.worktree,
        actor,
        sessionId: "s-01",
      });
      return space.context({ session, workspace: follower.workspace, ...more });
    },
    call: async (tool, args = {}) => settle(await runTool(tool, args, follower.context())),
    prepare: (tool, args = {}) => prepareTool(tool, args, follower.context()),
    recover: async (tool, args, evidence) => {
      const found = await recoverTool(tool, args, evidence, follower.context());
      return found === "again" ? found : settle(found);
    },
  };
  const settle = (outcome: ToolOutcome): string => {
    const facts = outcome.status === "finished" ? outcome.facts ?? [] : [];
    for (const fact of facts) {
      if (fact.type !== "session.workspace_changed") throw new Error(fact.type);
      follower.workspace = fact.data.workspace;
      follower.worktree = fact.data.worktree;
    }
    return textOf(outcome);
  };
  return follower;
}
