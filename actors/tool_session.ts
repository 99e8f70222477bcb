// A tool's view of its session: what the log says at this moment, and the little that a call may ask of the kernel.
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { CallRecord } from "../machines/call_record.ts";
import type { ToolSession } from "../tools/contract.ts";
import { metaOf } from "./actor_meta.ts";
import type { SessionActor } from "./session_port.ts";

export interface ToolSessionParts {
  effectDir: (sessionId: string, effect: string) => Promise<string>;
}

export async function toolSession(
  session: SessionActor,
  record: CallRecord,
  parts: ToolSessionParts,
): Promise<ToolSession> {
  const { work } = await session.transcript();
  const meta = await metaOf(session, record.actor);
  return {
    sessionId: session.id,
    actor: record.actor,
    callId: record.callId,
    by: record.by,
    permissionMode: meta?.permissionMode ?? "default",
    modeBeforePlan: meta?.modeBeforePlan ?? "default",
    worktree: meta?.worktree ?? null,
    planFile: await planFile(session, parts),
    todos: work.todos,
    tasks: work.tasks,
    seen: (path) => work.seen(record.actor, path),
    changes: work.changes,
    keep: (bytes) => session.log.putBlob(bytes),
    kept: (name) => session.log.getBlob(name),
    backgroundTasks: work.backgrounds,
    hooksCount: () => session.state().meta?.hooks.length ?? 0,
    endBackgroundTask: (id) => session.stopEffect(`background.run:${id}`, "cancelled"),
  };
}

/** Asked before every call and every request, so it is looked up once. */
const folders = new WeakMap<SessionActor, Promise<string>>();

/** Beside the log, where no workspace reaches; its folder is made on first use. */
export async function planFile(session: SessionActor, parts: ToolSessionParts): Promise<string> {
  let known = folders.get(session);
  if (known === undefined) folders.set(session, known = parts.effectDir(session.id, "plan"));
  const folder = await known;
  if (session.state().meta?.permissionMode === "plan") await mkdir(folder, { recursive: true, mode: 0o700 });
  return join(folder, "plan.md");
}
