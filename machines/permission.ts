// Permission: the one place that decides whether a call may run, must be asked for, or is refused.
// Rules, layers and further modes will be further parts of this decision.
import type { SessionMeta } from "./session_meta.ts";

export type Permission = { decision: "allow" } | { decision: "ask" } | { decision: "deny"; reason: string };

/** `grant` is what `allow_always` would cover. A standing refusal beats a standing allowance and every mode. */
export function decidePermission(
  meta: SessionMeta,
  call: { requiresConfirmation: boolean; grant: string },
): Permission {
  if (meta.refused.includes(call.grant)) {
    return { decision: "deny", reason: `"${call.grant}" was refused for the whole session` };
  }
  if (!call.requiresConfirmation || meta.permissionMode === "bypassPermissions") return { decision: "allow" };
  return { decision: meta.granted.includes(call.grant) ? "allow" : "ask" };
}
