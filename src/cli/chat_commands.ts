// The commands inside a chat: `/name` or `::name`. A command that is not in these lists does not exist.
import type { Chat, ChatCommand } from "./chat_command.ts";
import { agentChatCommands } from "./chat_agent_commands.ts";
import { sessionChatCommands } from "./chat_session_commands.ts";
import { treeChatCommands } from "./chat_tree_commands.ts";
import { settingChatCommands } from "./chat_setting_commands.ts";
import { workChatCommands } from "./chat_work_commands.ts";
import { Problem } from "../protocol/problem.ts";
import { neutralLine, shortLine } from "./neutral.ts";

const usageWidth = 24;

const helpCommand: ChatCommand = {
  usage: "help",
  summary: "this help",
  run: ({ context }) => Promise.resolve(context.terminal.line(helpText())),
};

const quitCommand: ChatCommand = {
  usage: "quit, /exit",
  summary: "leave; the session stays",
  run: () => Promise.resolve("quit"),
};

const customCommand: ChatCommand = {
  usage: "commands",
  summary: "commands and skills of your own and of this folder",
  async run(chat) {
    const { commands } = await chat.client.commands(await folderOf(chat));
    const { terminal } = chat.context;
    if (commands.length === 0) {
      return terminal.talk("There are none: see .jamey/prompts, .claude/commands, .agents/skills");
    }
    for (const { name, description, kind, source } of commands) {
      terminal.line(
        `  /${shortLine(name, 40).padEnd(usageWidth - 1)} ${
          shortLine(description, 120)
        } (${kind}, ${source})`,
      );
    }
  },
};

const chatCommands: readonly ChatCommand[] = [
  helpCommand,
  ...sessionChatCommands,
  ...treeChatCommands,
  ...settingChatCommands,
  ...workChatCommands,
  ...agentChatCommands,
  customCommand,
  quitCommand,
];

function helpText(): string {
  return [
    "Commands (with / or ::):",
    ...chatCommands.map(({ usage, summary }) => `  ${`/${usage}`.padEnd(usageWidth)} ${summary}`),
    `  ${"!COMMAND".padEnd(usageWidth)} run a command of your own, under the same rules`,
    "Everything else is a message. Ctrl-C and Esc stop the running turn, Ctrl-C twice leaves.",
  ].join("\n");
}

/** `text` is the command without its mark. */
export async function chatCommand(chat: Chat, text: string): Promise<"quit" | void> {
  const [, name = "", rest = ""] = /^(\S+)\s*([\s\S]*)$/.exec(text) ?? [];
  const command = chatCommands.find(({ usage }) => namesOf(usage).includes(name));
  if (command === undefined) return await sayCustom(chat, name, rest.trim());
  return await command.run(chat, rest.split(/\s+/).filter((word) => word !== ""), rest.trim());
}

/** A command of the user's or the folder's own, or a skill: what it stands for is said. */
async function sayCustom(chat: Chat, name: string, args: string): Promise<void> {
  const { text } = await chat.client.expandCommand(await folderOf(chat), name, args).catch((thrown) => {
    if (thrown instanceof Problem && thrown.code === "not_found") return { text: null };
    throw thrown;
  });
  if (text === null) {
    return chat.context.terminal.warn(`There is no command "/${neutralLine(name)}"; see /help and /commands`);
  }
  await chat.room().say(text);
}

async function folderOf({ client, room }: Chat): Promise<string> {
  return (await client.view(room().sessionId)).state.summary.workspace;
}

/** `quit` and `exit` of `quit, /exit`, `attach` of `attach SESSION`. */
function namesOf(usage: string): string[] {
  return usage.split(", /").map((one) => one.split(" ")[0] ?? "");
}
