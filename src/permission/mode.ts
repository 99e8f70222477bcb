// The permission mode of the session.
import type { PermissionLayer } from "./layer.ts";

export const modeLayer: PermissionLayer = {
  name: "mode",
  vote: ({ meta }) => meta.permissionMode === "bypassPermissions" ? { decision: "allow" } : null,
};
