// `jamey sessions`: lists the sessions, the last used first.
import type { Client } from "../client/client.ts";
import type { SessionSummary } from "../protocol/http.ts";
import type { Command, Context } from "./command.ts";
import { shortLine } from "./neutral.ts";
import { tableLines } from "./table.ts";

const pageSessions = 100;
const pagesMax = 100;
const modeColumn = 4;

export const sessionsCommand: Command = {
  usage: "sessions",
  summary: "List the sessions, the last used first",
  options: [["-n, --limit <count>", "At most so many (default: all, up to 10000)"]],
  examples: [
    "jamey sessions",
    "jamey sessions -n 5",
    "jamey sessions --json | jq -r '.sessions[].session_id'",
  ],
  async run(context, input) {
    const limit = input.number("limit", { min: 1, max: pageSessions * pagesMax }) ?? pageSessions * pagesMax;
    const client = await context.client();
    const sessions = await listSessions(client, limit);
    if (context.json) context.terminal.json({ sessions });
    else printSessions(context, sessions);
    return 0;
  },
};

/** All sessions, at most `limit`, read page by page. */
export async function listSessions(client: Client, limit: number): Promise<SessionSummary[]> {
  const sessions: SessionSummary[] = [];
  let cursor: string | null = null;
  for (let page = 0; page < pagesMax && sessions.length < limit; page++) {
    const answer: Awaited<ReturnType<Client["sessions"]>> = await client.sessions({
      limit: Math.min(pageSessions, limit - sessions.length),
      cursor,
    });
    sessions.push(...answer.sessions);
    cursor = answer.next ?? null;
    if (cursor === null) break;
  }
  return sessions;
}

/** A table for people. */
export function printSessions({ terminal }: Context, sessions: readonly SessionSummary[]): void {
  const { red, yellow } = terminal.colours;
  if (sessions.length === 0) return terminal.talk("There are no sessions yet; create one with: jamey new");
  const rows = sessions.map((session) => [
    session.session_id,
    statusText(session),
    String(session.seq),
    session.updated_at.slice(0, 16).replace("T", " "),
    session.permission_mode,
    shortLine(session.name ?? "", 30),
    shortLine(session.workspace, 60),
  ]);
  const titles = ["SESSION", "STATUS", "EVENTS", "UPDATED", "MODE", "NAME", "WORKSPACE"];
  const tint = (cell: string, { row, column }: { row: number; column: number }) => {
    const session = sessions[row];
    if (column === 1 && session !== undefined && waitsForPerson(session)) return yellow(cell);
    return column === modeColumn && session?.permission_mode === "bypassPermissions" ? red(cell) : cell;
  };
  for (const line of tableLines(titles, rows, { colours: terminal.colours, tint })) terminal.line(line);
}

/** What its main agent does; of others it is said how many work beside it and how often they ask. */
export function statusText(
  { status, asks, works }: Pick<SessionSummary, "status" | "asks" | "works">,
): string {
  const said = [status.replaceAll("_", " ")];
  if (works !== undefined) said.push(`${works} ${works === 1 ? "works" : "work"}`);
  if (asks !== undefined && status !== "waiting_for_approval") {
    said.push(`${asks} ${asks === 1 ? "asks" : "ask"}`);
  }
  return said.join(", ");
}

/** Something there does not go on until somebody answers. */
export function waitsForPerson({ status, asks }: SessionSummary): boolean {
  return asks !== undefined || status === "paused" || status === "waiting_for_approval";
}
