// Hooks: the user's programs may refuse a call or have it asked for, never allow one.
import type { PermissionLayer } from "./layer.ts";

export const hooksLayer: PermissionLayer = {
  name: "hooks",
  vote: ({ hook }) => {
    if (hook === null) return null;
    return hook.verdict === "asked"
      ? { decision: "must_ask", because: `a hook has it asked about: ${hook.reason}` }
      : { decision: "deny", because: `a hook refused it: ${hook.reason}` };
  },
};
