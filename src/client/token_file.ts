// Reads the daemon's token from its file, and refuses a file that others on this machine could have read or replaced.
import { messageOf, Problem } from "../protocol/problem.ts";

const tokenBytesMax = 4096;
const othersMask = 0o077;

/** The token in the file; throws a Problem `unauthorized` when the file is missing, empty, a link, or open to others. */
export async function readTokenFile(path: string): Promise<string> {
  const info = await Deno.lstat(path).catch((thrown) => {
    throw refused(path, messageOf(thrown), "Is the daemon running as this user?");
  });
  if (!info.isFile) throw refused(path, "it is not a plain file", "Restart the daemon to make a new one");
  if (info.size > tokenBytesMax) throw refused(path, `it is larger than ${tokenBytesMax} bytes`);
  if (info.mode !== null && Deno.build.os !== "windows" && (info.mode & othersMask) !== 0) {
    const mode = (info.mode & 0o777).toString(8).padStart(4, "0");
    throw refused(path, `other users can reach it (mode ${mode})`, `Run: chmod 600 "${path}"`);
  }
  const uid = Deno.build.os === "windows" ? null : Deno.uid();
  if (uid !== null && info.uid !== null && info.uid !== uid) {
    throw refused(path, `it belongs to user ${info.uid}, not to you (${uid})`);
  }
  const token = (await Deno.readTextFile(path)).trim();
  if (token === "") throw refused(path, "it is empty", "Restart the daemon to make a new one");
  return token;
}

function refused(path: string, why: string, hint?: string): Problem {
  return new Problem(
    "unauthorized",
    `Cannot use token file "${path}": ${why}`,
    hint === undefined ? {} : { hint },
  );
}
