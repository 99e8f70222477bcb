// Standing answers: what a person allowed or refused for the rest of the session.
import type { PermissionLayer } from "./layer.ts";

export const standingAnswersLayer: PermissionLayer = {
  name: "standing answers",
  vote: ({ meta, grant }) => {
    if (meta.refused.includes(grant)) {
      return { decision: "deny", reason: `"${grant}" was refused for the whole session` };
    }
    return meta.granted.includes(grant) ? { decision: "allow" } : null;
  },
};
