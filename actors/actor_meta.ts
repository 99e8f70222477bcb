// The session as one of its agents has it: an agent may be held to a stricter mode, and work in a folder of its own.
import type { SessionMeta } from "../machines/session_meta.ts";
import { join, relative } from "node:path";
import { isBelow } from "../src/platform/repository_root.ts";
import type { AgentProfile } from "../src/protocol/agent_facts.ts";
import { mainActor } from "../src/protocol/facts.ts";
import type { PermissionMode } from "../src/protocol/permission_mode.ts";
import type { SessionActor } from "./session_port.ts";

/** From the strictest to the one that asks least. */
const modesByFreedom: readonly PermissionMode[] = [
  "plan",
  "dontAsk",
  "default",
  "acceptEdits",
  "auto",
  "bypassPermissions",
];

/** The stricter of two modes: nobody gets more than whoever began it. */
export function stricterMode(a: PermissionMode, b: PermissionMode): PermissionMode {
  return modesByFreedom.indexOf(a) <= modesByFreedom.indexOf(b) ? a : b;
}

const noProfile: AgentProfile = {};

/** What an agent was started with; of the main agent, nothing. */
export async function profileOf(session: SessionActor, actor: string): Promise<AgentProfile> {
  if (actor === mainActor) return noProfile;
  return (await session.transcript()).crew.agent(actor)?.profile ?? noProfile;
}

/** The session's folder as it is in a worktree: `came_from` is that folder in the repository. */
function folderIn({ path, repository, came_from }: NonNullable<AgentProfile["worktree"]>): string {
  return isBelow(came_from, repository) ? join(path, relative(repository, came_from)) : path;
}

/** Null before the session's beginning. */
export async function metaOf(session: SessionActor, actor: string): Promise<SessionMeta | null> {
  const { meta } = session.state();
  if (meta === null || actor === mainActor) return meta;
  const { crew } = await session.transcript();
  let own = meta;
  // From the agent up to the main one: each is held to what all above it are.
  for (const { profile: { permission_mode, worktree } } of crew.upwards(actor)) {
    if (permission_mode !== undefined) {
      own = { ...own, permissionMode: stricterMode(own.permissionMode, permission_mode) };
    }
    // The folder is that of the nearest one that has its own.
    if (worktree !== undefined && own.worktree === meta.worktree) {
      own = { ...own, workspace: folderIn(worktree), worktree };
    }
  }
  return own;
}
