// Hooks: the user's programs may refuse a call or have it asked for, never allow one.
import type { PermissionLayer } from "./layer.ts";

export const hooksLayer: PermissionLayer = {
  name: "hooks",
  vote: ({ hook }) => {
    if (hook === null) return null;
    return hook.verdict === "asked"
      ? { decision: "must_ask" }
      : { decision: "deny", reason: `a hook refused it: ${hook.reason}` };
  },
};
