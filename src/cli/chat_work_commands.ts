// Commands of a chat about the work at hand: lists, background tasks, taking back, pictures, commands of one's own.
import type { SessionView } from "../protocol/http.ts";
import type { JsonObject } from "../protocol/json.ts";
import type { Chat, ChatCommand } from "./chat_command.ts";
import { readImages, sayBlind } from "./images.ts";
import { backgroundLine, taskLine, todoLines } from "./work_text.ts";

export const workChatCommands: readonly ChatCommand[] = [
  {
    usage: "todos",
    summary: "the agent's list of todos",
    run: (chat) => showList(chat, ({ todos }) => todoLines(todos)),
  },
  {
    usage: "tasks",
    summary: "the tasks, and which of them are ready",
    run: (chat) =>
      showList(chat, ({ tasks }) => tasks.length === 0 ? ["There are no tasks"] : tasks.map(taskLine)),
  },
  {
    usage: "background",
    summary: "commands that run beside the conversation",
    run: (chat) =>
      showList(
        chat,
        ({ background }) =>
          background.length === 0 ? ["Nothing runs in the background"] : background.map(backgroundLine),
      ),
  },
  {
    usage: "kill ID",
    summary: "end a background command",
    async run({ context, client, room }, [id]) {
      if (id === undefined) context.terminal.warn("Name one, as in: /kill b1; see /background");
      else await client.endBackground(room().sessionId, id);
    },
  },
  {
    usage: "undo [CALL]",
    summary: "take back the newest change of a file, or that of a call",
    run: (chat, [call]) =>
      Promise.resolve(runByHand(chat, "Undo", call === undefined ? {} : { call_id: call })),
  },
  {
    usage: "image FILE... WORDS",
    summary: "send pictures with a message",
    run: sendImages,
  },
];

async function showList(
  { context, client, room }: Chat,
  lines: (state: SessionView["state"]) => readonly string[],
): Promise<void> {
  const { state } = await client.view(room().sessionId);
  for (const line of lines(state)) context.terminal.line(line);
}

/** `!cmd`: the person's own command, seen by the agent, asked for by the same rules. */
export function runOwnCommand(chat: Chat, command: string): void {
  runByHand(chat, "Bash", { command });
}

/** What it says comes as a fact; here its questions must still be answered, so nobody waits for its end. */
function runByHand({ client, room }: Chat, tool: string, args: JsonObject): void {
  room().during(client.runTool(room().sessionId, tool, args));
}

/** The words that are files come first; the others are the message. */
async function sendImages(
  { context, client, room }: Chat,
  words: readonly string[],
  text: string,
): Promise<void> {
  const files: string[] = [];
  for (const word of words) {
    if (!(await isFile(word))) break;
    files.push(word);
  }
  if (files.length === 0) {
    return context.terminal.warn("Name a file, as in: /image shot.png What is wrong here?");
  }
  const message = files.reduce((rest, file) => rest.slice(file.length).trimStart(), text);
  const images = await readImages(files);
  const { summary } = (await client.view(room().sessionId)).state;
  await sayBlind({ terminal: context.terminal, client }, summary);
  await room().say(message === "" ? "Look at this." : message, images);
}

async function isFile(path: string): Promise<boolean> {
  return await Deno.stat(path).then((info) => info.isFile, () => false);
}
