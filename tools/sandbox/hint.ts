// A word for the model when a command failed and the sandbox may be why: otherwise it would look for the fault elsewhere.
import type { ToolOutcome } from "../contract.ts";

/** What programs say when a place may not be written, or nothing can be reached. */
const signs =
  /read-only file system|operation not permitted|permission denied|network is unreachable|could not resolve|temporary failure in name resolution|name or service not known|no route to host|connection refused|EROFS|EPERM|EACCES|ENETUNREACH|EAI_AGAIN|ENOTFOUND|device or resource busy|EBUSY/i;
const tailChars = 4000;

export const sandboxHint =
  "[This ran in the sandbox, which may be why it failed: no network, and files are changed in the workspace and /tmp only. If the command needs more, run it again with outside_sandbox: true; a person is asked]";

export function withSandboxHint(outcome: ToolOutcome): ToolOutcome {
  if (outcome.status !== "failed" || !signs.test((outcome.output ?? "").slice(-tailChars))) return outcome;
  return { ...outcome, output: `${outcome.output ?? ""}\n${sandboxHint}` };
}
