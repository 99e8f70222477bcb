// The guard: what destroys beyond repair is asked about in every mode, whatever was allowed before.
import type { PermissionLayer } from "./layer.ts";
import { catastropheOf } from "./shell/catastrophe.ts";

export const guardLayer: PermissionLayer = {
  name: "guard",
  vote: ({ subjects, places }) => {
    for (const subject of subjects) {
      const why = subject.kind === "command" ? catastropheOf(subject.analysis, places) : null;
      if (why !== null) return { decision: "must_ask", because: `it may destroy beyond repair: ${why}` };
    }
    return null;
  },
};
