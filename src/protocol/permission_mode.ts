// Permission modes: what tools may do without asking.
import { z } from "zod";

export const permissionMode = z.enum([
  /** Reading is free, all else asks. */
  "default",
  /** Changes of files in the workspace are free as well. */
  "acceptEdits",
  /** Nothing but reading, and the plan. */
  "plan",
  /** Changes in the workspace and commands in the sandbox are free; what leaves either asks. */
  "auto",
  /** What would ask is refused. */
  "dontAsk",
  /** Nothing asks but what is dangerous beyond repair; refusals hold. */
  "bypassPermissions",
]);
export type PermissionMode = z.infer<typeof permissionMode>;
