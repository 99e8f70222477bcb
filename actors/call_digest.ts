// What a person approves: the digest binds the answer to exactly this name, these arguments, and how a command runs.
import { createHash } from "node:crypto";
import type { CallRecord } from "../machines/call_record.ts";
import type { CommandConfinement } from "../src/permission/sandbox.ts";
import type { ToolCall } from "../tools/contract.ts";

/** `bare` says no more than the name and the arguments: so every approval counts that was given before there was a sandbox. */
export function callDigest(
  name: string,
  args: CallRecord["args"],
  confinement: CommandConfinement | null,
): string {
  const what = confinement === "sandboxed" ? [name, args, confinement] : [name, args];
  return createHash("sha256").update(JSON.stringify(what)).digest("hex");
}

/** How a call runs that a person was shown under this digest; null when it is not the digest of this call. */
export function confinementShown(
  { name, args }: Pick<CallRecord, "name" | "args">,
  digest: string | null,
): CommandConfinement | null {
  for (const confinement of ["sandboxed", "bare"] as const) {
    if (digest === callDigest(name, args, confinement)) return confinement;
  }
  return null;
}

/** Grants are kept in the session's own state, which is small: a longer one is named by its hash. */
const grantCharsMax = 1_000;
const grantHeadChars = 200;

/** What a standing answer to this call covers, as it is logged. */
export function grantOf({ grant }: Pick<ToolCall, "grant">): string {
  if (grant.length <= grantCharsMax) return grant;
  const hash = createHash("sha256").update(grant).digest("hex");
  return `${grant.slice(0, grantHeadChars).toWellFormed()}... [sha256 ${hash}]`;
}
