// What a command inside a chat is, and the chat as its commands see it.
import type { Client } from "../client/client.ts";
import type { Room } from "./chat_room.ts";
import type { Context } from "./command.ts";

export interface Chat {
  context: Context;
  client: Client;
  room(): Room;
  enter(sessionId: string): Promise<void>;
  /** A new session with the settings of this chat. */
  create(): Promise<string>;
  /** The digest of what /trust has shown last: only that can be approved. */
  shown: { folder: string; digest: string } | undefined;
}

export interface ChatCommand {
  /** Name and arguments as in the help, without the mark: `attach SESSION`. */
  usage: string;
  summary: string;
  /** `words` are the arguments, `text` is all of them as they were typed. */
  run(chat: Chat, words: readonly string[], text: string): Promise<"quit" | void>;
}
