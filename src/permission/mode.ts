// The permission mode of the session: what needs no question in it.
import type { PermissionMode } from "../protocol/permission_mode.ts";
import type { PermissionLayer, PermissionQuestion } from "./layer.ts";
import { changesProtected } from "./match.ts";
import { isConfined } from "./sandbox.ts";

export const modeLayer: PermissionLayer = {
  name: "mode",
  vote: (question) => {
    const mode = modeOf(question);
    const because = whyAllowed(mode, question);
    return because === null ? null : { decision: "allow", because: `the mode "${mode}" ${because}` };
  },
};

/** The session's mode, unless whoever manages this machine wants none that asks nobody. */
export function modeOf({ meta, rules }: Pick<PermissionQuestion, "meta" | "rules">): PermissionMode {
  const { permissionMode } = meta;
  return permissionMode === "bypassPermissions" && rules.bypassDisabled === true ? "default" : permissionMode;
}

function whyAllowed(mode: PermissionMode, question: PermissionQuestion): string | null {
  switch (mode) {
    case "bypassPermissions":
      return "asks nobody";
    case "auto":
      if (isConfined(question)) return "lets commands run in the sandbox";
      return changesWorkspace(question) ? "lets files of the workspace be changed" : null;
    case "acceptEdits":
      return changesWorkspace(question) ? "lets files of the workspace be changed" : null;
    case "default":
    case "plan":
    case "dontAsk":
      return null;
  }
}

/** Nothing but files in the session's folders, none of them in a protected place. */
function changesWorkspace(question: PermissionQuestion): boolean {
  const { effect, subjects, places } = question;
  return effect === "idempotent" && subjects.length > 0 &&
    subjects.every((subject) =>
      subject.kind === "path" && subject.access === "write" && !changesProtected(subject, question) &&
      [subject.path.given, subject.path.real].every((path) => path !== null && isIn(path, places.roots))
    );
}

function isIn(path: string, roots: readonly string[]): boolean {
  return roots.some((root) => path.startsWith(root.endsWith("/") ? root : `${root}/`)) ||
    // Where paths are written with the other slash.
    roots.some((root) => path.startsWith(`${root}\\`));
}
