// The daemon's own files: the token that clients need, and `daemon.json`, by which they find the daemon.
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import type { DaemonFile } from "./protocol/http.ts";
import { messageOf, Problem } from "./protocol/problem.ts";

const tokenBytes = 32;
const privateMode = 0o600;
const othersMask = 0o077;

/** The token of a data folder, made at the first start. Refuses a file that other users can reach. */
export async function ownToken(dataDir: string): Promise<{ token: string; path: string }> {
  const path = join(dataDir, "token");
  const info = await Deno.lstat(path).catch(() => null);
  if (info === null) {
    const token = randomBytes(tokenBytes).toString("base64url");
    await writePrivate(path, `${token}\n`);
    return { token, path };
  }
  const fault = faultOf(info);
  if (fault !== null) throw refused(path, fault);
  const token = (await Deno.readTextFile(path)).trim();
  if (token.length >= tokenBytes) return { token, path };
  throw refused(path, "it is too short to be safe");
}

/** Why others could know what is in this file, or have put it there; null when they could not. */
function faultOf({ isFile, isSymlink, mode, uid }: Deno.FileInfo): string | null {
  if (!isFile) return isSymlink ? "it is a link" : "it is not a plain file";
  if (Deno.build.os === "windows") return null;
  if (mode !== null && (mode & othersMask) !== 0) {
    return `other users can reach it (mode ${(mode & 0o777).toString(8).padStart(4, "0")})`;
  }
  const own = Deno.uid();
  return uid === null || uid === own ? null : `it belongs to user ${uid}, not to you (${own})`;
}

function refused(path: string, why: string): Problem {
  return new Problem("bad_config", `Cannot use token file "${path}": ${why}`, {
    hint: "Remove it; the next start makes a new one",
  });
}

const discoveryPath = (dataDir: string) => join(dataDir, "daemon.json");

/** Says where the daemon is: replaced as a whole, there while it runs. */
export async function announce(dataDir: string, file: DaemonFile): Promise<void> {
  await writePrivate(discoveryPath(dataDir), `${JSON.stringify(file)}\n`);
}

export async function retract(dataDir: string): Promise<void> {
  await Deno.remove(discoveryPath(dataDir)).catch(() => {});
}

async function writePrivate(path: string, text: string): Promise<void> {
  const temporary = `${path}.${Deno.pid}.tmp`;
  await Deno.remove(temporary).catch(() => {});
  try {
    await Deno.writeTextFile(temporary, text, { mode: privateMode, createNew: true });
    await Deno.rename(temporary, path);
  } catch (thrown) {
    await Deno.remove(temporary).catch(() => {});
    throw new Problem("storage_failed", `Cannot write "${path}": ${messageOf(thrown)}`, {
      hint: "See that this user can write there and that the disk has room",
      cause: thrown,
    });
  }
}
