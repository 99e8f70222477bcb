// A daemon that is killed and started again over the same folder, and what a test asks it about its sessions.
// JAMEY_CRASH_KILLS=n kills n times (5 in CI); JAMEY_CRASH_SEED=n repeats a run.
import { expect } from "vitest";
import { join } from "node:path";
import type { AgentMode, EventEnvelope, PermissionMode } from "../../src/protocol/facts.ts";
import type { Approval, SessionView } from "../../src/protocol/http.ts";
import type { GivenModeSettings } from "../../src/protocol/mode_settings.ts";
import { type DaemonProcess, removeFolder, startDaemonProcess, until } from "./daemon.ts";

export const kills = Number(Deno.env.get("JAMEY_CRASH_KILLS") ?? 5);
export const seedOr = (usual: number): number => Number(Deno.env.get("JAMEY_CRASH_SEED") ?? usual);

const eventsAPage = 1_000;

type Envelope = Pick<EventEnvelope, "seq" | "type" | "actor"> & { data: object };

export interface CrashDaemon {
  /** The process that runs now. */
  readonly process: DaemonProcess;
  /** Where everything of this daemon lies; `close` removes it. */
  readonly folder: string;
  /** Where sessions work that name no folder of their own. */
  readonly workspace: string;
  start(): Promise<void>;
  /** SIGKILL, and another daemon over the same data folder. */
  killAndStart(): Promise<void>;
  /** A new session; returns its id. */
  session(options?: {
    workspace?: string;
    permission_mode?: PermissionMode;
    agent_mode?: AgentMode;
    mode_settings?: GivenModeSettings;
  }): Promise<string>;
  get<T>(id: string, rest?: string): Promise<T>;
  post<T>(id: string, rest: string, body?: unknown): Promise<T>;
  view(id: string): Promise<SessionView>;
  /** Its facts after this one; whoever wants more of them than the envelope says knows what this daemon sends. */
  events<T extends Envelope = EventEnvelope>(id: string, after?: number): Promise<T[]>;
  approvals(id: string): Promise<Approval[]>;
  allow(id: string, approval: Pick<Approval, "call_id" | "digest">): Promise<unknown>;
  /** Waits for the end of the main agent's first turn. */
  turnEnd(id: string): Promise<EventEnvelope>;
  expectProven(id: string): Promise<void>;
  close(): Promise<void>;
}

export async function openCrashDaemon(env: Record<string, string> = {}): Promise<CrashDaemon> {
  const folder = await Deno.makeTempDir({ prefix: "jamey-crash-" });
  const workspace = join(folder, "work");
  await Deno.mkdir(workspace);
  const open = () => startDaemonProcess({ dataDir: join(folder, "data"), env });
  let process = await open();
  const daemon: CrashDaemon = {
    get process() {
      return process;
    },
    folder,
    workspace,
    start: async () => void (process = await open()),
    killAndStart: async () => {
      await process.end("SIGKILL");
      await daemon.start();
    },
    session: async (options = {}) => {
      const body = { workspace, permission_mode: "bypassPermissions", ...options };
      return (await process.request<{ session_id: string }>("POST", "/sessions", body)).session_id;
    },
    get: (id, rest = "") => process.request("GET", `/sessions/${id}${rest}`),
    post: (id, rest, body) => process.request("POST", `/sessions/${id}${rest}`, body),
    view: (id) => daemon.get(id),
    events: async <T extends Envelope = EventEnvelope>(id: string, after = 0) => {
      const all: T[] = [];
      for (;;) {
        const page = await daemon.get<{ events: T[] }>(
          id,
          `/events?after=${after + all.length}&limit=${eventsAPage}`,
        );
        all.push(...page.events);
        if (page.events.length < eventsAPage) return all;
      }
    },
    approvals: async (id) => (await daemon.get<{ approvals: Approval[] }>(id, "/approvals")).approvals,
    allow: (id, { call_id, digest }) =>
      daemon.post(id, `/approvals/${call_id}`, { decision: "allow_once", digest }),
    turnEnd: (id) =>
      until("the end of the turn", async () => (await daemon.events(id)).find(isMainEnd) ?? null),
    expectProven: async (id) => expect(await daemon.get(id, "/verify")).toMatchObject({ ok: true }),
    close: async () => {
      await process.end("SIGKILL");
      await removeFolder(folder);
    },
  };
  return daemon;
}

export function isMainEnd({ type, actor }: Pick<EventEnvelope, "type" | "actor">): boolean {
  return type === "turn.ended" && actor === "main";
}

/** The processes that sleep for a time that begins so; a command's own numbers of processes mean nothing outside of its sandbox. */
export function sleeping(seconds: string): number[] {
  return processes().filter((pid) => {
    const [program, argument = ""] = readProcess(pid, "cmdline").split("\0");
    return program === "sleep" && argument.startsWith(seconds);
  });
}

/** Every process of the group that `pid` is in. */
export function processGroup(pid: number): number[] {
  const group = statFields(pid)[2];
  return processes().filter((other) => group !== undefined && statFields(other)[2] === group);
}

export function isAlive(pid: number): boolean {
  const [state = "Z"] = statFields(pid);
  return state !== "Z";
}

/** State, parent, group and so on: the fields after the command's name. */
function statFields(pid: number): string[] {
  const stat = readProcess(pid, "stat");
  return stat === "" ? [] : stat.replace(/^.*\) /s, "").split(" ");
}

function processes(): number[] {
  return [...Deno.readDirSync("/proc")].map(({ name }) => Number(name)).filter(Number.isInteger);
}

/** Nothing when the process is gone. */
function readProcess(pid: number, file: "cmdline" | "stat"): string {
  try {
    return Deno.readTextFileSync(`/proc/${pid}/${file}`);
  } catch {
    return "";
  }
}
