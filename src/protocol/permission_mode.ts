// Permission modes: what tools may do without asking.
import { z } from "zod";

export const permissionMode = z.enum(["default", "plan", "bypassPermissions"]);
export type PermissionMode = z.infer<typeof permissionMode>;
