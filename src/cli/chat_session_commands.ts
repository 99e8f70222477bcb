// Commands of a chat about sessions and the daemon: which one this is, which others there are, how it went.
import type { Chat, ChatCommand } from "./chat_command.ts";
import { sandboxText } from "./mode_text.ts";
import { shortLine } from "./neutral.ts";
import { showStory } from "./replay_story.ts";
import { listSessions, printSessions } from "./sessions.ts";
import { toolLines } from "./tools.ts";
import { costLines } from "./cost_table.ts";

const sessionsShownMax = 20;

export const sessionChatCommands: readonly ChatCommand[] = [
  {
    usage: "new",
    summary: "start another session",
    async run(chat) {
      await chat.enter(await chat.create());
      chat.context.terminal.talk(`Session ${chat.room().sessionId}`);
    },
  },
  {
    usage: "sessions",
    summary: "list the sessions",
    run: async ({ context, client }) => printSessions(context, await listSessions(client, sessionsShownMax)),
  },
  {
    usage: "session",
    summary: "what this session is",
    run: async (chat) => chat.context.terminal.write(await describeSession(chat)),
  },
  {
    usage: "attach SESSION",
    summary: "go on with another session",
    async run(chat, [session]) {
      if (session === undefined) chat.context.terminal.warn("Name a session, as in: /attach last");
      else await chat.enter((await chat.client.view(session)).session_id);
    },
  },
  {
    usage: "cancel",
    summary: "stop the running turn",
    run: async ({ client, room }) => void await client.cancel(room().sessionId),
  },
  {
    usage: "continue [NAME]",
    summary: "go on after a limit was met; with a name, only what that agent or team waits for",
    async run({ client, room }, [actor]) {
      const waiting = room().question();
      // A script's next line must not be taken for the answer that this is.
      if (waiting?.kind === "limit") room().answered(waiting.key);
      await client.answerBudget(room().sessionId, "continue", actor);
    },
  },
  {
    usage: "replay",
    summary: "show this session as a timeline",
    run: ({ context, client, room }) => showStory(context, client, room().sessionId),
  },
  {
    usage: "cost",
    summary: "what this session has used, by agent and by model",
    async run({ context, client, room }) {
      const { state } = await client.view(room().sessionId);
      for (const line of costLines(state, context.terminal.colours)) context.terminal.line(line);
    },
  },
  {
    usage: "status",
    summary: "the daemon",
    async run({ context, client }) {
      const { version, uptime_s, sessions } = await client.health();
      const url = client.connection().url;
      context.terminal.line(`jamey ${version} at ${url}, up ${Math.floor(uptime_s)} s, ${sessions} sessions`);
    },
  },
  {
    usage: "tools",
    summary: "what the agent can use here",
    async run({ context, client, room }) {
      const { state } = await client.view(room().sessionId);
      for (const line of await toolLines(client, state.summary.workspace, context.terminal.colours)) {
        context.terminal.line(line);
      }
    },
  },
];

async function describeSession({ client, room }: Chat): Promise<string> {
  const { state, seq } = await client.view(room().sessionId);
  const { summary, usage } = state;
  return [
    `session     ${summary.session_id}${summary.name === null ? "" : ` (${shortLine(summary.name, 60)})`}`,
    `status      ${summary.status}`,
    `workspace   ${shortLine(summary.workspace, 200)}`,
    `model       ${shortLine(`${summary.provider}/${summary.model}`, 100)}`,
    `permissions ${summary.permission_mode}`,
    `sandbox     ${
      sandboxText(
        (await client.permissions({ session: summary.session_id })).sandbox,
        summary.permission_mode,
      )
    }`,
    `events      ${seq}`,
    `tokens      ${usage.input_tokens} in, ${usage.output_tokens} out`,
    "",
  ].join("\n");
}
