// Standing answers: what a person allowed or refused for the rest of the session.
import type { PermissionLayer } from "./layer.ts";
import { sandboxedMark } from "./rule.ts";
import { confinementOf } from "./sandbox.ts";

export const standingAnswersLayer: PermissionLayer = {
  name: "standing answers",
  vote: (question) => {
    const { meta, grant } = question;
    if (meta.refused.includes(grant)) {
      return { decision: "deny", because: `"${grant}" was refused for the whole session` };
    }
    const allowing = confinementOf(question) === "sandboxed" ? [grant, `${grant}${sandboxedMark}`] : [grant];
    const given = allowing.find((one) => meta.granted.includes(one));
    return given === undefined
      ? null
      : { decision: "allow", because: `"${given}" was allowed for the whole session` };
  },
};
