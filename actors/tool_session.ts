// A tool's view of its session: what the log says at this moment, and the little that a call may ask of the kernel.
import type { CallRecord } from "../machines/transcript.ts";
import type { ToolSession } from "../tools/contract.ts";
import type { SessionActor } from "./session_actor.ts";

export async function toolSession(session: SessionActor, record: CallRecord): Promise<ToolSession> {
  await session.transcript();
  const meta = session.state().meta;
  return {
    sessionId: session.id,
    actor: record.actor,
    callId: record.callId,
    by: record.by,
    permissionMode: meta?.permissionMode ?? "default",
    worktree: null,
    planFile: "",
    todos: () => [],
    tasks: () => [],
    seen: () => undefined,
    changes: () => [],
    keep: (bytes) => session.log.putBlob(bytes),
    kept: (name) => session.log.getBlob(name),
    backgroundTasks: () => [],
    endBackgroundTask: () => Promise.resolve(false),
  };
}
