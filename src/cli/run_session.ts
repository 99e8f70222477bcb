// The session of `jamey run`: a new one, the last one of this folder, or a named one; the latter two may be forked.
import type { Client } from "../client/client.ts";
import type { CreateSession } from "../protocol/http.ts";
import { Problem } from "../protocol/problem.ts";
import { refuseUntrusted } from "./awaiting_trust.ts";
import type { Input } from "./command.ts";
import { modeSettings } from "./mode_options.ts";
import { checkModel } from "./model_choice.ts";
import { runRules } from "./run_rules.ts";
import { sessionSettings, workspaceOf } from "./new.ts";
import { listSessions } from "./sessions.ts";

export interface RunSession {
  sessionId: string;
  /** The last event before this run. */
  head: number;
}

const sessionsSearchedMax = 1000;

/**
 * An old session, or its fork, gets the model, the permission mode and the rules of the options before the message.
 * Throws a Problem `not_found` when there is nothing to continue, `usage` when options contradict each other, and
 * `untrusted` where nobody has looked at what the folder brings along: then no session was made or changed.
 */
export async function chooseSession(client: Client, input: Input): Promise<RunSession> {
  const resumed = input.text("resume");
  const continued = input.flag("continue");
  const settings = sessionSettings(input, "run");
  const context = input.text("appendSystemPrompt");
  const rules = runRules(input);
  const mode = await modeSettings(input, "run");
  if (resumed === undefined && !continued) {
    if (input.flag("forkSession")) throw contradiction("--fork-session needs --resume or --continue");
    await checkModel(client, settings.model);
    await refuseUntrusted(client, await newSession(client, settings));
    const { session_id } = await client.create({
      ...settings,
      ...mode,
      ...(context === undefined ? {} : { context }),
    });
    if (rules !== undefined) await client.setRules(session_id, rules);
    return { sessionId: session_id, head: 0 };
  }
  if (resumed !== undefined && continued) throw contradiction("give either --resume or --continue");
  if (context !== undefined) {
    throw contradiction(
      "--append-system-prompt belongs to a session's creation; an existing one keeps its own",
    );
  }
  if (mode.agent_mode !== undefined) {
    throw contradiction(
      "--agent-mode and --mode-file belong to a session's creation; an existing one keeps its own",
    );
  }
  const source = await client.view(resumed ?? await lastHere(client));
  const { summary } = source.state;
  await checkModel(client, settings.model, summary.provider);
  const permission_mode = settings.permission_mode ?? summary.permission_mode;
  await refuseUntrusted(client, { workspace: summary.workspace, permission_mode });
  const sessionId = input.flag("forkSession")
    ? (await client.fork(source.session_id, {})).session_id
    : source.session_id;
  if (settings.permission_mode !== undefined) await client.setMode(sessionId, settings.permission_mode);
  if (settings.model !== undefined) await client.setModel(sessionId, settings.model);
  if (rules !== undefined) await client.setRules(sessionId, rules);
  return { sessionId, head: (await client.view(sessionId)).seq };
}

/** Where a new session would work, and how. */
async function newSession(
  client: Client,
  { workspace = workspaceOf(undefined), permission_mode: mode }: Partial<CreateSession>,
) {
  return { workspace, permission_mode: mode ?? (await client.permissions({ workspace })).permission_mode };
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
