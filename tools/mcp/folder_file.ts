// Reads a folder's `.mcp.json`, again only when it has changed. Nothing in it is used before it is approved.
import { constants, existsSync } from "node:fs";
import { open, stat } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { messageOf } from "../../src/protocol/problem.ts";

export const fileName = ".mcp.json";
export const fileBytesMax = 1024 * 1024;
export const serversMax = 64;
const foldersMax = 1_000;

export interface FolderEntry {
  name: string;
  /** As it stands in the file. */
  entry: unknown;
  /** The same for people to read: what is approved. */
  text: string;
}

const fileShape = z.object({ mcpServers: z.looseObject({}).optional() });

/** `report` hears once of each change that cannot be used. */
export function openFolderFiles(
  report: (line: string) => void,
): (workspace: string) => Promise<readonly FolderEntry[]> {
  const known = new Map<string, { stamp: string; entries: readonly FolderEntry[] }>();
  return async (workspace) => {
    const path = join(workspace, fileName);
    // Asked first, because most folders have none and the error inside would cost more than the look.
    const info = existsSync(path) ? await stat(path).catch(() => null) : null;
    // A folder of that name holds the place while a command runs.
    if (info === null || info.isDirectory()) {
      known.delete(path);
      return [];
    }
    const stamp = [info.ino, info.size, info.mtimeMs, info.ctimeMs].join(" ");
    const last = known.get(path);
    if (last?.stamp === stamp) return last.entries;
    const entries = await load(path).catch((thrown) => {
      const why = thrown instanceof z.ZodError ? '"mcpServers" is not an object' : messageOf(thrown);
      report(`Cannot read MCP servers in "${path}": ${why}`);
      return [];
    });
    if (known.size >= foldersMax) known.clear();
    known.set(path, { stamp, entries });
    return entries;
  };
}

async function load(path: string): Promise<FolderEntry[]> {
  const { mcpServers = {} } = fileShape.parse(JSON.parse(await readText(path)));
  const entries = Object.entries(mcpServers);
  if (entries.length > serversMax) {
    throw new Error(`it names ${entries.length} servers, at most ${serversMax} are allowed`);
  }
  return entries.map(([name, entry]) => ({ name, entry, text: JSON.stringify(entry, null, 2) }));
}

/** Only a regular file: a pipe would never answer. */
async function readText(path: string): Promise<string> {
  const handle = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    const info = await handle.stat();
    if (!info.isFile()) throw new Error("it is not a regular file");
    const buffer = new Uint8Array(Math.min(info.size, fileBytesMax) + 1);
    let filled = 0;
    while (filled < buffer.length) {
      const { bytesRead } = await handle.read(buffer, filled, buffer.length - filled, filled);
      if (bytesRead === 0) return new TextDecoder().decode(buffer.subarray(0, filled));
      filled += bytesRead;
    }
    throw new Error(`it has more than ${Math.min(info.size, fileBytesMax)} bytes`);
  } finally {
    await handle.close();
  }
}
