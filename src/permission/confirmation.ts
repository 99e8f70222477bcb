// What the tool itself wants: to be confirmed by a person, or to be confirmed every time.
import type { PermissionLayer } from "./layer.ts";
import { changesProtected } from "./match.ts";

export const confirmationLayer: PermissionLayer = {
  name: "confirmation",
  vote: (question) => {
    const { alwaysAsks, requiresConfirmation, name } = question;
    if (alwaysAsks) return { decision: "must_ask", because: `"${name}" asks every time` };
    if (!requiresConfirmation) return null;
    const isProtected = question.subjects.some((subject) => changesProtected(subject, question));
    const because = isProtected
      ? "it changes a file by which something may run later"
      : `"${name}" asks unless something allows it`;
    return { decision: "ask", because };
  },
};
