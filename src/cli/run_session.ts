// The session of `jamey run`: a new one, the last one of this folder, or a named one; the latter two may be forked.
import type { Client } from "../client/client.ts";
import { Problem } from "../protocol/problem.ts";
import type { Input } from "./command.ts";
import { sessionSettings, workspaceOf } from "./new.ts";
import { listSessions } from "./sessions.ts";

export interface RunSession {
  sessionId: string;
  /** The last event before this run. */
  head: number;
}

const sessionsSearchedMax = 1000;

/** Throws a Problem `not_found` when there is nothing to continue, `usage` when options contradict each other. */
export async function chooseSession(client: Client, input: Input): Promise<RunSession> {
  const resumed = input.text("resume");
  const continued = input.flag("continue");
  if (resumed === undefined && !continued) {
    if (input.flag("forkSession")) throw contradiction("--fork-session needs --resume or --continue");
    const { session_id } = await client.create(sessionSettings(input, "run"));
    return { sessionId: session_id, head: 0 };
  }
  if (resumed !== undefined && continued) throw contradiction("give either --resume or --continue");
  for (const option of ["model", "permissionMode"]) {
    if (input.text(option) === undefined) continue;
    const flag = option === "model" ? "--model" : "--permission-mode";
    throw contradiction(`${flag} belongs to a session's creation; an existing session keeps its own`);
  }
  const named = resumed ?? await lastHere(client);
  const source = await client.view(named);
  if (!input.flag("forkSession")) return { sessionId: source.session_id, head: source.seq };
  const { session_id } = await client.fork(source.session_id, {});
  return { sessionId: session_id, head: (await client.view(session_id)).seq };
}

/** The session of this folder that was used last. */
async function lastHere(client: Client): Promise<string> {
  const folder = workspaceOf(undefined);
  const here = (await listSessions(client, sessionsSearchedMax))
    .filter(({ workspace, status }) => workspace === folder && status !== "archived")
    .sort((a, b) => b.updated_at.localeCompare(a.updated_at));
  const last = here[0];
  if (last !== undefined) return last.session_id;
  throw new Problem("not_found", `Cannot continue: no session works in "${folder}"`, {
    hint: "Start one by leaving out --continue, or name one with --resume SESSION",
  });
}

function contradiction(what: string): Problem {
  return new Problem("usage", `Cannot run "jamey run": ${what}`, { hint: "See: jamey run --help" });
}
