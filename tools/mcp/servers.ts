// Which MCP servers a folder has at the moment; each is kept for as long as its entry stays as it is.
import { homedir } from "node:os";
import type { OutsideItem } from "../../src/trust/contract.ts";
import { createBreaker } from "../external/breaker.ts";
import { type FolderEntry, openFolderFiles } from "./folder_file.ts";
import { listingCache } from "./listing_cache.ts";
import type { McpLimits, McpOptions } from "./options.ts";
import { openPins } from "./pins.ts";
import { type McpServer, openServer, type ServerOptions } from "./server.ts";
import { expandSettings, type McpServerSettings, readFileEntry } from "./settings.ts";

/** Folders beyond this number that were asked about are forgotten, and their servers ended. */
export const foldersMax = 200;

export interface Servers {
  /** The user's first, then those of the folder. */
  of(workspace: string): Promise<readonly McpServer[]>;
  close(): Promise<void>;
}

export interface ServersOptions extends McpOptions {
  limits: McpLimits;
}

export function openServers(options: ServersOptions): Servers {
  const entriesOf = openFolderFiles(options.report);
  const folders = new Map<string, Map<string, McpServer>>();
  const leaving = new Set<Promise<void>>();
  let isClosed = false;
  const leave = (server: McpServer) => {
    const left = server.close().finally(() => leaving.delete(left));
    leaving.add(left);
  };
  const forget = () => {
    const [oldest] = folders.keys();
    if (folders.size < foldersMax || oldest === undefined) return;
    for (const server of folders.get(oldest)?.values() ?? []) leave(server);
    folders.delete(oldest);
  };
  return {
    async of(workspace) {
      if (isClosed) return [];
      const entries = await entriesOf(workspace);
      const before = folders.get(workspace);
      if (before === undefined) forget();
      const now = new Map<string, McpServer>();
      const keep = (key: string, make: () => McpServer) => now.set(key, before?.get(key) ?? make());
      for (const [name, settings] of Object.entries(options.servers)) {
        keep(`user ${name}`, () => openServer(userServer({ name, settings }, { options, workspace })));
      }
      for (const entry of entries) {
        if (Object.hasOwn(options.servers, entry.name)) {
          options.report(`MCP server "${entry.name}" of "${workspace}" is not used: your own has that name`);
          continue;
        }
        const key = JSON.stringify(["folder", entry.name, entry.text]);
        keep(key, () => openServer(folderServer(entry, { options, workspace })));
      }
      for (const [key, server] of before ?? []) if (!now.has(key)) leave(server);
      // The folder that was asked about last is the last to be forgotten.
      folders.delete(workspace);
      folders.set(workspace, now);
      return [...now.values()];
    },
    async close() {
      isClosed = true;
      const all = [...folders.values()].flatMap((servers) => [...servers.values()]);
      await Promise.all([...all.map((server) => server.close()), ...leaving]);
    },
  };
}

interface Place {
  options: ServersOptions;
  workspace: string;
}

function userServer(
  { name, settings }: { name: string; settings: McpServerSettings },
  { options, workspace }: Place,
): ServerOptions {
  const text = JSON.stringify(settings);
  return {
    ...sharedOptions({ name, text, settings }, { options, workspace, pinnedFor: "" }),
    origin: "user",
    settings: () => outOfFolder(settings, workspace),
    entry: null,
  };
}

/**
 * A server of the user's own is started without anybody's approval, so not in the folder: programs such as npx run what
 * they find where they are started, and that is the folder's. An argument "." still means the folder.
 */
function outOfFolder(settings: McpServerSettings, workspace: string): McpServerSettings {
  if ("url" in settings) return settings;
  const args = (settings.args ?? []).map((arg) => arg === "." ? workspace : arg);
  return { ...settings, args, cwd: settings.cwd ?? (homedir() || "/") };
}

function folderServer(entry: FolderEntry, { options, workspace }: Place): ServerOptions {
  const item: OutsideItem = { workspace, kind: "mcp_server", name: entry.name, text: entry.text };
  const settings = readQuietly(entry);
  return {
    ...sharedOptions({ ...entry, settings }, { options, workspace, pinnedFor: workspace }),
    origin: "workspace",
    settings: () => expandSettings(settings ?? readFileEntry(entry.entry), options),
    entry: { item, standing: () => options.trust.standing(item) },
  };
}

/** An entry that makes no sense is said to be so when it is to be used. */
function readQuietly({ entry }: FolderEntry): McpServerSettings | null {
  try {
    return readFileEntry(entry);
  } catch {
    return null;
  }
}

function sharedOptions(
  { name, text, settings }: { name: string; text: string; settings: McpServerSettings | null },
  { options, workspace, pinnedFor }: Place & { pinnedFor: string },
) {
  const { trust, cacheDir, report, environment, limits, now = Date.now } = options;
  const cache = listingCache(cacheDir, [pinnedFor, name, text]);
  return {
    name,
    workspace,
    enabled: settings?.enabled ?? true,
    timeoutS: settings?.timeoutS,
    pins: openPins({ workspace: pinnedFor, name, text, trust, cache, report }),
    breaker: createBreaker(now),
    now,
    environment,
    limits,
    report,
  };
}
