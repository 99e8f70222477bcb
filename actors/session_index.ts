// The session index: one summary per session, a cache of what their logs say. Deleting it changes only time.
import { z } from "zod";
import type { LogStore } from "../src/log/port.ts";
import { type SessionSummary, sessionSummary } from "../src/protocol/http.ts";
import { Problem } from "../src/protocol/problem.ts";

const cacheName = "index.json";

const cachedEntry = z.object({ stamp: z.string(), resting: z.boolean(), summary: sessionSummary });
const cachedIndex = z.object({
  version: z.literal(1),
  machine_version: z.string(),
  entries: z.array(cachedEntry),
});
type CachedEntry = z.infer<typeof cachedEntry>;

export interface SessionIndex {
  put(summary: SessionSummary): void;
  remove(sessionId: string): void;
  get(sessionId: string): SessionSummary | undefined;
  size(): number;
  page(options: { limit: number; cursor?: string }): { sessions: SessionSummary[]; next: string | null };
  /** The full id for an id, a name, a unique prefix or `last`. */
  resolve(name: string): string;
  /** Entries of the last save, by id: good for sessions whose log has not changed since. */
  readSaved(): Promise<Map<string, CachedEntry>>;
  save(resting: (sessionId: string) => boolean): Promise<void>;
}

export function createSessionIndex(store: LogStore, machineVersion: string): SessionIndex {
  const summaries = new Map<string, SessionSummary>();
  const newestFirst = () => [...summaries.values()].sort(byTime);
  return {
    put: (summary) => void summaries.set(summary.session_id, summary),
    remove: (sessionId) => void summaries.delete(sessionId),
    get: (sessionId) => summaries.get(sessionId),
    size: () => summaries.size,
    page: ({ limit, cursor }) => {
      const after = cursor === undefined ? null : parseCursor(cursor);
      const rest = newestFirst().filter((summary) => after === null || isAfter(summary, after));
      const sessions = rest.slice(0, limit);
      const last = sessions.at(-1);
      return { sessions, next: rest.length > limit && last !== undefined ? toCursor(last) : null };
    },
    resolve: (name) => resolveName(name, newestFirst()),
    readSaved: async () => {
      const text = await store.readCache(cacheName);
      const parsed = cachedIndex.safeParse(text === null ? null : parseJson(text));
      if (!parsed.success || parsed.data.machine_version !== machineVersion) return new Map();
      return new Map(parsed.data.entries.map((entry) => [entry.summary.session_id, entry]));
    },
    save: async (resting) => {
      const entries: CachedEntry[] = [];
      for (const summary of summaries.values()) {
        const stamp = await store.stamp(summary.session_id);
        if (stamp !== null) entries.push({ stamp, resting: resting(summary.session_id), summary });
      }
      const text = JSON.stringify({ version: 1, machine_version: machineVersion, entries });
      await store.writeCache(cacheName, text);
    },
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function byTime(a: SessionSummary, b: SessionSummary): number {
  return b.updated_at.localeCompare(a.updated_at) || b.session_id.localeCompare(a.session_id);
}

function isAfter(summary: SessionSummary, cursor: [string, string]): boolean {
  const [at, id] = cursor;
  return summary.updated_at < at || (summary.updated_at === at && summary.session_id < id);
}

function toCursor(summary: SessionSummary): string {
  return btoa(JSON.stringify([summary.updated_at, summary.session_id]));
}

const cursorShape = z.tuple([z.string(), z.string()]);

function parseCursor(cursor: string): [string, string] {
  try {
    return cursorShape.parse(JSON.parse(atob(cursor)));
  } catch {
    throw new Problem("bad_request", `Cannot list sessions: cursor "${cursor}" is none of ours`, {
      hint: 'Use the value of "next" from the page before',
    });
  }
}

function resolveName(name: string, sessions: SessionSummary[]): string {
  if (sessions.some((session) => session.session_id === name)) return name;
  if (name === "last" && sessions[0] !== undefined) return sessions[0].session_id;
  const named = sessions.filter((session) => session.name === name);
  const given = named.filter(({ forked_from }) => !named.some((other) => other.session_id === forked_from));
  // A fork shows the name of its source, which still means the source.
  const found = given.length > 0 ? given : sessions.filter((session) => session.session_id.startsWith(name));
  const [first, second] = found;
  if (first !== undefined && second === undefined) return first.session_id;
  const hint = "See the list with `jamey sessions`";
  if (first === undefined) {
    throw new Problem("not_found", `Cannot find session "${name}": there is none`, { hint });
  }
  const ids = found.slice(0, 5).map((session) => session.session_id).join(", ");
  throw new Problem("conflict", `Cannot tell which session "${name}" is: it could be ${ids}`, { hint });
}
