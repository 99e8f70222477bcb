// What a session may do without asking, in words for every client: its permission mode, and whether its commands are
// confined. A session that asks nobody is marked in red, one whose sandbox is missed in yellow.
import type { Client } from "../client/client.ts";
import type { PermissionMode } from "../protocol/facts.ts";
import type { SandboxView } from "../protocol/permission_views.ts";
import { messageOf } from "../protocol/problem.ts";
import { neutralLine, shortLine } from "./neutral.ts";
import type { Colours, Terminal } from "./terminal.ts";

const reasonCharsMax = 400;

/** The modes that Shift+Tab goes through, in this order. */
export const cycledModes: readonly PermissionMode[] = ["default", "acceptEdits", "auto", "plan"];

/** From any other mode to the first one, which asks most. */
export function modeAfter(mode: PermissionMode): PermissionMode {
  return cycledModes[(cycledModes.indexOf(mode) + 1) % cycledModes.length] ?? "default";
}

/** Marked so that nobody overlooks it, for the one mode that asks nobody. */
export function modeBadge(mode: PermissionMode, { inverse, red }: Colours): string | undefined {
  if (mode !== "bypassPermissions") return undefined;
  return inverse(red(" bypassPermissions: tools in this session run without asking "));
}

/** What commands run in. `mode`: what that means in it. */
export function sandboxText({ status, kind, reason }: SandboxView, mode?: PermissionMode): string {
  const asks = mode === "auto" || mode === undefined ? '; so the mode "auto" asks about commands' : "";
  const why = reason === undefined ? "" : `: ${shortLine(reason, reasonCharsMax)}`;
  switch (status) {
    case "works":
      return `commands run in the sandbox${kind === undefined ? "" : ` (${shortLine(kind, 60)})`}`;
    case "unavailable":
      return `the sandbox does not work${why}${asks}`;
    case "off":
      return `commands run without a sandbox${why}${asks}`;
    default:
      return status satisfies never;
  }
}

/** Says mode and sandbox on stderr; what must not be overlooked also with --quiet. That they cannot be known stops nobody. */
export async function sayMode(
  { terminal, client }: { terminal: Terminal; client: Client },
  { session_id: session, permission_mode: mode }: { session_id: string; permission_mode: PermissionMode },
): Promise<void> {
  const { yellow, dim } = terminal.talkColours;
  const badge = modeBadge(mode, terminal.talkColours);
  if (badge !== undefined) terminal.warn(badge);
  try {
    const { sandbox } = await client.permissions({ session });
    const text = `Mode ${mode}; ${sandboxText(sandbox, mode)}`;
    // Without it the mode does not do what it is chosen for.
    const isMissed = sandbox.status === "unavailable" || (mode === "auto" && sandbox.status === "off");
    if (isMissed) terminal.warn(yellow(text));
    else terminal.talk(dim(text));
  } catch (thrown) {
    terminal.warn(yellow(`Mode ${mode}; ${neutralLine(messageOf(thrown))}`));
  }
}
