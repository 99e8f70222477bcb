// Turns what a tool threw into an outcome: the one border where unknown errors become text for the model.
import { messageOf, Problem } from "../src/protocol/problem.ts";
import type { ToolOutcome } from "./contract.ts";

/** What the operating system's error codes mean, in words. */
const systemErrors: Readonly<Record<string, string>> = {
  ENOENT: "it does not exist",
  EACCES: "permission denied",
  EPERM: "the operation is not permitted",
  EISDIR: "it is a directory",
  ENOTDIR: "a part of its path is not a directory",
  ELOOP: "it is a symbolic link, or its links form a loop",
  ENAMETOOLONG: "the name is too long",
  ENOSPC: "the disk is full",
  EROFS: "the file system is read-only",
  EMFILE: "too many files are open",
  EBUSY: "it is in use",
  ENXIO: "it is not a regular file",
  EEXIST: "it exists already",
};

/** The outcome for a thrown value: clear text, no stack trace. */
export function failureOf(toolName: string, thrown: unknown): ToolOutcome {
  if (thrown instanceof Problem) {
    return { status: "failed", error: thrown.hint ? `${thrown.message}; ${thrown.hint}` : thrown.message };
  }
  const code = errorCode(thrown);
  if (code !== undefined) return { status: "failed", error: systemText(toolName, code, thrown) };
  return { status: "failed", error: `Cannot finish ${toolName}: unexpected error, ${messageOf(thrown)}` };
}

/** The code of a system error such as `ENOENT`; undefined for everything else. */
export function errorCode(thrown: unknown): string | undefined {
  if (!(thrown instanceof Error) || !("code" in thrown)) return undefined;
  return typeof thrown.code === "string" && /^E[A-Z0-9]+$/.test(thrown.code) ? thrown.code : undefined;
}

function systemText(toolName: string, code: string, thrown: unknown): string {
  const path = thrown instanceof Error && "path" in thrown && typeof thrown.path === "string"
    ? thrown.path
    : null;
  const what = systemErrors[code] ?? messageOf(thrown);
  return path === null
    ? `Cannot finish ${toolName}: ${what} (${code})`
    : `Cannot use "${path}": ${what} (${code})`;
}
