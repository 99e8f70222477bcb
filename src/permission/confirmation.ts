// What the tool itself wants: to be confirmed by a person, or to be confirmed every time.
import type { PermissionLayer } from "./layer.ts";

export const confirmationLayer: PermissionLayer = {
  name: "confirmation",
  vote: ({ alwaysAsks, requiresConfirmation }) => {
    if (alwaysAsks) return { decision: "must_ask" };
    return requiresConfirmation ? { decision: "ask" } : null;
  },
};
