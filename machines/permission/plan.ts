// Plan mode: nothing but reading and the plan itself, from any depth, until a person accepts the plan.
import type { PermissionLayer } from "./layer.ts";

export const planLayer: PermissionLayer = {
  name: "plan",
  // What a person runs by hand is their own act.
  vote: ({ meta, by, name, allowedInPlan, readsOnly }) => {
    if (meta.permissionMode !== "plan" || by === "user") return null;
    // What may change something and is allowed all the same touches nothing but the plan.
    if (allowedInPlan) return readsOnly ? null : { decision: "allow" };
    return {
      decision: "deny",
      reason:
        `"${name}" may change something, and the session is in plan mode: finish the plan and hand it in with ExitPlanMode`,
    };
  },
};
