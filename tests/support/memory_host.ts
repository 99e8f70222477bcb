// A small real host: sessions that live in memory, with a model that echoes. Same port as the daemon's, no disk.
import type { Host } from "../../actors/host.ts";
import type { SessionSummary } from "../../src/protocol/http.ts";
import { findActor } from "../../src/protocol/find_actor.ts";
import { Problem } from "../../src/protocol/problem.ts";
import { memoryTools } from "./memory_agent.ts";
import { createMemorySession, type MemorySession } from "./memory_session.ts";

export interface MemoryHost extends Host {
  /** Ends everything: listeners are told, turns stop. */
  close(): void;
}

/** Opens an empty host. */
export function openMemoryHost(): MemoryHost {
  const sessions = new Map<string, MemorySession>();
  const trash = new Map<string, MemorySession>();
  let count = 0;
  const newId = () => `mem${(++count).toString().padStart(5, "0")}`;
  const get = (id: string): MemorySession => {
    const session = sessions.get(id);
    if (session !== undefined) return session;
    throw new Problem("not_found", `Cannot use session "${id}": there is none of that name`);
  };
  const byUse = () => [...sessions.values()].sort((a, b) => b.usedAt() - a.usedAt());

  return {
    create(input) {
      const id = newId();
      sessions.set(id, createMemorySession(id, { input }));
      return Promise.resolve({ session_id: id });
    },
    async resolve(name) {
      await Promise.resolve();
      if (sessions.has(name)) return name;
      const all = byUse();
      const found = name === "last"
        ? all.slice(0, 1)
        : all.filter((session) => session.summary().name === name);
      const matches = found.length > 0 ? found : all.filter((session) => session.id.startsWith(name));
      const [match, other] = matches;
      if (match === undefined) {
        throw new Problem("not_found", `Cannot find session "${name}": there is none of that name`);
      }
      if (other === undefined) return match.id;
      const names = matches.map((session) => session.id).join(", ");
      throw new Problem("conflict", `Cannot tell which session "${name}" is: ${names} fit`);
    },
    async list({ limit, cursor }) {
      await Promise.resolve();
      const start = cursor === undefined ? 0 : Number(cursor);
      if (!Number.isInteger(start)) {
        throw new Problem("bad_request", "Cannot list sessions: the cursor is wrong");
      }
      const all: SessionSummary[] = byUse().map((session) => session.summary());
      const next = start + limit < all.length ? String(start + limit) : null;
      return { sessions: all.slice(start, start + limit), next };
    },
    count: () => sessions.size,
    command: async (id, command, by, client) => await get(id).command(command, by, client),
    turn: async (id, messageId, signal) => await get(id).turn(messageId, signal),
    call: async (id, callId, signal) => await get(id).call(callId, signal),
    view: async (id, at) => await get(id).view(at),
    teams: () => Promise.resolve([]),
    workflows: () => Promise.resolve([]),
    tree: async (id, at) => {
      const { seq, state } = await Promise.resolve(get(id).view(at));
      return { session_id: id, seq, at: state.summary.updated_at, tree: state.tree };
    },
    actor: async (id, name, at) => {
      const { seq, state, conversation } = await Promise.resolve(get(id).view(at));
      const actor = findActor(state.tree, name);
      return { session_id: id, seq, at: state.summary.updated_at, actor, conversation };
    },
    approvals: async (id) => await get(id).approvals(),
    events: async (id, after, limit) => await get(id).events(after, limit),
    subscribe: async (id, listener) => await get(id).subscribe(listener),
    request: async (id, requestId) => await get(id).request(requestId),
    verify: async (id) => await get(id).verify(),
    async fork(id, at, name) {
      const { events } = await get(id).events(0, Number.MAX_SAFE_INTEGER);
      const end = at ?? events.length;
      if (end > events.length) {
        throw new Problem("bad_request", `Cannot fork at ${end}: the session ends at ${events.length}`);
      }
      const forked = newId();
      const session = createMemorySession(forked, { facts: events.slice(0, end) });
      sessions.set(forked, session);
      session.append({
        actor: "main",
        type: "session.forked",
        data: { session_id: forked, from: id, at: end },
      });
      if (name !== undefined) await session.command({ type: "session.rename", name }, "user");
      return { session_id: forked };
    },
    async archive(id) {
      await Promise.resolve();
      const session = get(id);
      session.append({ actor: "main", type: "session.archived", data: {} });
      sessions.delete(id);
      trash.set(id, session);
      session.close("the session was archived");
    },
    async restore(id) {
      await Promise.resolve();
      const session = trash.get(id);
      if (sessions.has(id)) throw new Problem("conflict", `Cannot restore "${id}": it is not in the trash`);
      if (session === undefined) {
        throw new Problem("not_found", `Cannot restore "${id}": it is not in the trash`);
      }
      trash.delete(id);
      sessions.set(id, session);
      session.append({ actor: "main", type: "session.restored", data: {} });
    },
    tools: () => Promise.resolve([...memoryTools]),
    commands: () => Promise.resolve([]),
    agents: () => Promise.resolve({ agents: [], broken: [] }),
    expandCommand: () =>
      Promise.reject(new Problem("not_found", "Cannot find the command: there are none here")),
    permissions: ({ workspace = "/" }) =>
      Promise.resolve({
        workspace,
        permission_mode: "default",
        sandbox: { status: "off" },
        rules: [],
        granted: [],
        refused: [],
        problems: [],
      }),
    explain: () =>
      Promise.reject(new Problem("not_found", "Cannot explain the call: there are no rules here")),
    addRule: () => Promise.resolve(),
    removeRule: () => Promise.resolve(),
    models: () => [],
    modelsOf: () => Promise.resolve([]),
    outside: () => Promise.resolve([]),
    trust: () => Promise.resolve([]),
    withdrawTrust: () => Promise.resolve(0),
    trusted: () => Promise.resolve([]),
    close() {
      for (const session of sessions.values()) session.close("the daemon is stopping");
    },
  };
}
