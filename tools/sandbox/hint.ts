// A word for the model when a command failed and the sandbox may be why: otherwise it would look for the fault elsewhere.
import type { ToolOutcome } from "../contract.ts";

/** What programs say when a place may not be written or read, or nothing can be reached. */
const signs =
  /read-only file system|operation not permitted|permission denied|network is unreachable|could not resolve|temporary failure in name resolution|name or service not known|no route to host|connection refused|EROFS|EPERM|EACCES|ENETUNREACH|EAI_AGAIN|ENOTFOUND|device or resource busy|EBUSY/i;
/** What git says of a hidden file: it finds a device in its place. */
const hiddenSigns = /can only add regular files, symbolic links or git-directories/i;
const tailChars = 4000;

export const sandboxHint =
  "[This ran in the sandbox, which may be why it failed: the network is closed and files are changed in the workspace and /tmp only, but for hosts and folders that the user allowed; secret files such as .env cannot be read. If the command needs more, run it again with outside_sandbox: true; a person is asked]";
export const hiddenFileHint =
  "[This ran in the sandbox, where secret files such as .env are hidden, so git cannot add them: name them in .gitignore, or add the other files by name]";

export function withSandboxHint(outcome: ToolOutcome): ToolOutcome {
  if (outcome.status !== "failed") return outcome;
  const output = outcome.output ?? "";
  const hint = hintFor(output.slice(-tailChars));
  return hint === null ? outcome : { ...outcome, output: `${output}\n${hint}` };
}

function hintFor(tail: string): string | null {
  if (hiddenSigns.test(tail)) return hiddenFileHint;
  return signs.test(tail) ? sandboxHint : null;
}
