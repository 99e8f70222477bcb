// Plan mode: nothing but reading and the plan itself, from any depth, until a person accepts the plan.
import type { PermissionLayer } from "./layer.ts";

export const planLayer: PermissionLayer = {
  name: "plan",
  // What a person runs by hand is their own act.
  vote: ({ meta, by, name, allowedInPlan, effect }) => {
    if (meta.permissionMode !== "plan" || by === "user") return null;
    // A change of files that is allowed all the same is one of the plan itself; of it nobody is asked.
    if (allowedInPlan) {
      return effect === "idempotent" ? { decision: "allow", because: "it writes the plan" } : null;
    }
    return {
      decision: "deny",
      because:
        `"${name}" may change something, and the session is in plan mode: finish the plan and hand it in with ExitPlanMode`,
    };
  },
};
