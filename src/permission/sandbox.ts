// The sandbox: who leaves it asks, and where it does not work the mode that relies on it asks as well.
import type { CommandSubject, PermissionLayer, PermissionQuestion } from "./layer.ts";

/** How the commands of a call run. Decided with the call, and part of what a person approves. */
export type CommandConfinement = "sandboxed" | "bare";

export const sandboxLayer: PermissionLayer = {
  name: "sandbox",
  vote: (question) => {
    const confinement = confinementOf(question);
    if (confinement !== "bare") return null;
    const { status, reason } = question.sandbox;
    if (status === "works") return { decision: "ask", because: "it is to run outside the sandbox" };
    if (question.meta.permissionMode !== "auto") return null;
    const what = status === "off" ? "there is no sandbox" : "the sandbox does not work";
    const why = reason === undefined ? "" : ` (${reason})`;
    return { decision: "ask", because: `${what}${why}, so the mode "auto" asks about commands` };
  },
};

/** Null: the call is no command. */
export function confinementOf(
  { subjects, sandbox }: Pick<PermissionQuestion, "subjects" | "sandbox">,
): CommandConfinement | null {
  const commands = subjects.filter((subject): subject is CommandSubject => subject.kind === "command");
  if (commands.length === 0) return null;
  const leaves = commands.some(({ outsideSandbox }) => outsideSandbox);
  return sandbox.status === "works" && !leaves ? "sandboxed" : "bare";
}

/** A call that is nothing but commands in a sandbox that works. */
export function isConfined(question: PermissionQuestion): boolean {
  return confinementOf(question) === "sandboxed" &&
    question.subjects.every(({ kind }) => kind === "command");
}
