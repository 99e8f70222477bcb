// Commands of a chat that change how the session works: model, mode, context, what its folder may bring along.
import { permissionMode } from "../protocol/facts.ts";
import { openIn } from "./awaiting_trust.ts";
import type { Chat, ChatCommand } from "./chat_command.ts";
import { checkModel } from "./model_choice.ts";
import { modeAfter, sayMode } from "./mode_text.ts";
import { modelLine } from "./models.ts";
import { neutralLine, shortLine } from "./neutral.ts";
import { outsideLines } from "./trust.ts";

export const settingChatCommands: readonly ChatCommand[] = [
  {
    usage: "model [NAME]",
    summary: "the model, or another one from now on: NAME or PROVIDER/NAME",
    async run({ context, client, room }, [name]) {
      const { summary } = (await client.view(room().sessionId)).state;
      if (name !== undefined) {
        await checkModel(client, name, summary.provider);
        return void await client.setModel(summary.session_id, name);
      }
      const { terminal } = context;
      terminal.line(`The model is ${shortLine(`${summary.provider}/${summary.model}`, 200)}; there are:`);
      for (const model of (await client.models()).models) terminal.line(modelLine(model, terminal.colours));
    },
  },
  {
    usage: "mode [MODE]",
    summary: "the permission mode, or another one from now on (Shift+Tab: the next)",
    run: changeMode,
  },
  {
    usage: "plan",
    summary: "plan first: nothing is changed until you accept the plan",
    run: (chat) => changeMode(chat, ["plan"]),
  },
  {
    usage: "compact [WORDS]",
    summary: "have the past summarised, with what to keep in words",
    async run({ context, client, room }, _, text) {
      await client.compact(room().sessionId, text === "" ? undefined : text);
      context.terminal.talk("The past becomes a summary before the next answer; the log keeps all of it");
    },
  },
  {
    usage: "trust [yes]",
    summary: "what this folder brings along; yes approves what was shown",
    run: trust,
  },
];

async function changeMode({ context, client, room }: Chat, [given]: readonly string[]): Promise<void> {
  const { terminal } = context;
  const modes = permissionMode.options.join(", ");
  if (given === undefined) {
    const { summary } = (await client.view(room().sessionId)).state;
    terminal.line(`The mode is ${summary.permission_mode}; there are: ${modes}`);
    return await sayMode({ terminal, client }, summary);
  }
  const parsed = permissionMode.safeParse(given);
  if (!parsed.success) {
    return terminal.warn(`There is no mode "${neutralLine(given)}"; there are: ${modes}`);
  }
  await client.setMode(room().sessionId, parsed.data);
}

/** The next mode of those that a key goes through; the fact of it says so on the screen. */
export async function cycleMode({ client, room }: Chat): Promise<void> {
  const { session_id, permission_mode } = (await client.view(room().sessionId)).state.summary;
  await client.setMode(session_id, modeAfter(permission_mode));
}

/** Approves nothing but what was on this screen. */
async function trust(chat: Chat, [word]: readonly string[]): Promise<void> {
  const { context: { terminal }, client, room } = chat;
  const folder = (await client.view(room().sessionId)).state.summary.workspace;
  if (word === "yes" && chat.shown?.folder === folder) {
    const { digest } = chat.shown;
    chat.shown = undefined;
    const after = await client.trust(folder, digest);
    terminal.talk("Approved; a change of any of it asks again");
    const more = openIn(after.items);
    if (more > 0) terminal.talk(`What was approved brings ${more} more along; see /trust`);
    return;
  }
  const { items, digest } = await client.outside(folder);
  for (const line of outsideLines(items, folder, terminal.colours)) terminal.line(line);
  if (openIn(items) === 0) return;
  chat.shown = { folder, digest };
  terminal.talk("Approve exactly this with: /trust yes");
}
