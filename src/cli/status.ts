// `jamey status`: whether a daemon runs, and where.
import { connect, isNotRunning, originOf, probe, readDaemonFile } from "../client/connection.ts";
import { messageOf, Problem, problemCodes } from "../protocol/problem.ts";
import { createClient } from "../client/client.ts";
import type { Command, Context } from "./command.ts";
import type { PermissionMode } from "../protocol/facts.ts";
import type { SessionSummary } from "../protocol/http.ts";
import type { SandboxView } from "../protocol/permission_views.ts";
import { sandboxText } from "./mode_text.ts";
import { shortLine } from "./neutral.ts";
import { listSessions, statusText, waitsForPerson } from "./sessions.ts";
import { showTree } from "./tree.ts";

/** Those used last; one that has waited for longer is found with `jamey sessions`. */
const sessionsLookedAtMax = 100;

export interface DaemonStatus {
  running: boolean;
  data_dir: string;
  pid: number | null;
  url: string | null;
  version: string | null;
  uptime_s: number | null;
  sessions: number | null;
  /** The mode of new sessions, and what commands run in. */
  permission_mode?: PermissionMode;
  sandbox?: SandboxView;
  /** Sessions that wait for a person: for an answer or an approval, or paused at a limit. */
  waiting?: Pick<SessionSummary, "session_id" | "name" | "status" | "asks" | "works">[];
  /** Why the daemon cannot be used although it runs. */
  problem?: string;
}

export const statusCommand: Command = {
  usage: "status [session]",
  summary: "Show whether the daemon runs; exit code 0 when it does, 3 when not. With a session: its actors",
  options: [],
  examples: ["jamey status", "jamey status --json", "jamey status last"],
  async run(context, { args: [session] }) {
    if (session !== undefined) {
      await showTree(context, await context.client(), { session });
      return 0;
    }
    const status = await daemonStatus(context);
    if (context.json) context.terminal.json(status);
    else context.terminal.write(describe(status));
    return status.running ? 0 : problemCodes.daemon_not_running.exit;
  },
};

/** The state of the daemon that commands with these options would talk to. */
export async function daemonStatus(context: Context): Promise<DaemonStatus> {
  const file = await readDaemonFile(context.dataDir);
  const url = context.url === undefined ? file?.url : originOf(context.url);
  const answer = url === undefined ? undefined : await probe(url);
  const looked = answer === undefined ? {} : await lookInside(context);
  return {
    running: answer !== undefined,
    data_dir: context.dataDir,
    pid: answer !== undefined && file?.url === url ? file?.pid ?? null : null,
    url: answer === undefined ? null : url ?? null,
    version: answer?.version ?? null,
    uptime_s: answer?.uptime_s ?? null,
    sessions: answer?.sessions ?? null,
    ...looked,
  };
}

type Looked = Pick<DaemonStatus, "waiting" | "permission_mode" | "sandbox" | "problem">;

async function lookInside(context: Context): Promise<Looked> {
  try {
    const client = createClient(await connect(context), context);
    const waiting = (await listSessions(client, sessionsLookedAtMax)).filter(waitsForPerson);
    // A daemon on another machine may have no such folder, and an older one nothing to say of it.
    const { permission_mode, sandbox } = await client.permissions({ workspace: Deno.cwd() }).catch(() => ({
      permission_mode: undefined,
      sandbox: undefined,
    }));
    return {
      waiting: waiting.map(({ session_id, name, status, asks, works }) => ({
        session_id,
        name,
        status,
        ...(asks === undefined ? {} : { asks }),
        ...(works === undefined ? {} : { works }),
      })),
      ...(sandbox === undefined ? {} : { permission_mode, sandbox }),
    };
  } catch (thrown) {
    const problem = explain(thrown);
    return problem === undefined ? {} : { problem };
  }
}

function explain(thrown: unknown): string | undefined {
  if (isNotRunning(thrown)) return undefined;
  if (thrown instanceof Problem) return thrown.message;
  return messageOf(thrown);
}

function describe(status: DaemonStatus): string {
  if (!status.running) return `not running (data folder: ${status.data_dir})\nStart it with: jamey start\n`;
  const lines = [
    `running     ${status.url}`,
    `process     ${status.pid ?? "unknown"}`,
    `version     ${status.version}`,
    `up          ${duration(status.uptime_s ?? 0)}`,
    `sessions    ${status.sessions}`,
    `data folder ${status.data_dir}`,
    ...(status.permission_mode === undefined ? [] : [`mode        ${status.permission_mode} (new sessions)`]),
    ...(status.sandbox === undefined
      ? []
      : [`sandbox     ${sandboxText(status.sandbox, status.permission_mode)}`]),
  ];
  for (const { session_id, name, ...how } of status.waiting ?? []) {
    lines.push(
      `waits       ${session_id}${name === null ? "" : ` (${shortLine(name, 60)})`} ${statusText(how)}`,
    );
  }
  if (status.problem !== undefined) lines.push(`problem     ${status.problem}`);
  return lines.join("\n") + "\n";
}

function duration(seconds: number): string {
  const s = Math.floor(seconds);
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min ${s % 60} s`;
  return `${Math.floor(s / 3600)} h ${Math.floor(s / 60) % 60} min`;
}
