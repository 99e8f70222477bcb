// The commands inside a chat: `/name` or `::name`.
import type { Client } from "../client/client.ts";
import type { Room } from "./chat_room.ts";
import type { Context } from "./command.ts";
import { shortLine } from "./neutral.ts";
import { listSessions, printSessions } from "./sessions.ts";
import { showStory } from "./replay_story.ts";

/** The chat as its commands see it. */
export interface Chat {
  context: Context;
  client: Client;
  room(): Room;
  enter(sessionId: string): Promise<void>;
  /** A new session with the settings of this chat. */
  create(): Promise<string>;
}

const help = `Commands (with / or ::):
  /help               this help
  /new                start another session
  /sessions           list the sessions
  /session            what this session is
  /attach SESSION     go on with another session
  /cancel             stop the running turn
  /replay             show this session as a timeline
  /status             the daemon
  /tools              what the agent can use
  /quit, /exit        leave; the session stays
Everything else is a message. Ctrl-C stops the running turn, twice leaves.`;

const sessionsShownMax = 20;

/** `text` is the command without its mark. */
export async function chatCommand(chat: Chat, text: string): Promise<"quit" | undefined> {
  const { context, client, room } = chat;
  const { terminal } = context;
  const [name = "", ...rest] = text.split(/\s+/);
  switch (name) {
    case "help":
      terminal.line(help);
      return;
    case "quit":
    case "exit":
      return "quit";
    case "new":
      await chat.enter(await chat.create());
      terminal.talk(`Session ${room().sessionId}`);
      return;
    case "sessions":
      printSessions(context, await listSessions(client, sessionsShownMax));
      return;
    case "session":
      terminal.write(await describeSession(chat));
      return;
    case "attach": {
      const [session] = rest;
      if (session === undefined) terminal.warn("Name a session, as in: /attach last");
      else await chat.enter((await client.view(session)).session_id);
      return;
    }
    case "cancel":
      await client.cancel(room().sessionId);
      return;
    case "replay":
      await showStory(context, client, room().sessionId);
      return;
    case "status": {
      const { version, uptime_s, sessions } = await client.health();
      terminal.line(
        `jamey ${version} at ${client.connection().url}, up ${Math.floor(uptime_s)} s, ${sessions} sessions`,
      );
      return;
    }
    case "tools":
      for (const tool of (await client.tools()).tools) {
        terminal.line(`${tool.name.padEnd(14)} ${shortLine(tool.description, 120)}`);
      }
      return;
    default:
      terminal.warn(`There is no command "/${name}"; see /help`);
  }
}

async function describeSession({ client, room }: Chat): Promise<string> {
  const { state, seq } = await client.view(room().sessionId);
  const { summary, usage } = state;
  return [
    `session     ${summary.session_id}${summary.name === null ? "" : ` (${shortLine(summary.name, 60)})`}`,
    `status      ${summary.status}`,
    `workspace   ${shortLine(summary.workspace, 200)}`,
    `model       ${shortLine(`${summary.provider}/${summary.model}`, 100)}`,
    `permissions ${summary.permission_mode}`,
    `events      ${seq}`,
    `tokens      ${usage.input_tokens} in, ${usage.output_tokens} out`,
    "",
  ].join("\n");
}
