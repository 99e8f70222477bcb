// The commands inside a chat: `/name` or `::name`. A command that is not in these lists does not exist.
import type { Chat, ChatCommand } from "./chat_command.ts";
import { sessionChatCommands } from "./chat_session_commands.ts";
import { settingChatCommands } from "./chat_setting_commands.ts";
import { workChatCommands } from "./chat_work_commands.ts";
import { neutralLine } from "./neutral.ts";

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

const chatCommands: readonly ChatCommand[] = [
  helpCommand,
  ...sessionChatCommands,
  ...settingChatCommands,
  ...workChatCommands,
  quitCommand,
];

const usageWidth = 24;

function helpText(): string {
  return [
    "Commands (with / or ::):",
    ...chatCommands.map(({ usage, summary }) => `  ${`/${usage}`.padEnd(usageWidth)} ${summary}`),
    `  ${"!COMMAND".padEnd(usageWidth)} run a command of your own, under the same rules`,
    "Everything else is a message. Ctrl-C stops the running turn, twice leaves.",
  ].join("\n");
}

/** `text` is the command without its mark. */
export async function chatCommand(chat: Chat, text: string): Promise<"quit" | void> {
  const [, name = "", rest = ""] = /^(\S+)\s*([\s\S]*)$/.exec(text) ?? [];
  const command = chatCommands.find(({ usage }) => namesOf(usage).includes(name));
  if (command === undefined) {
    return chat.context.terminal.warn(`There is no command "/${neutralLine(name)}"; see /help`);
  }
  return await command.run(chat, rest.split(/\s+/).filter((word) => word !== ""), rest.trim());
}

/** `quit` and `exit` of `quit, /exit`, `attach` of `attach SESSION`. */
function namesOf(usage: string): string[] {
  return usage.split(", /").map((one) => one.split(" ")[0] ?? "");
}
