// Commands of a chat about the tree of its session: who there is, and whose text is shown beside the main agent's.
import { findActor } from "../protocol/find_actor.ts";
import { mainActor } from "../protocol/facts.ts";
import type { ChatCommand } from "./chat_command.ts";
import { neutralLine } from "./neutral.ts";
import { showTree } from "./tree.ts";

export const treeChatCommands: readonly ChatCommand[] = [
  {
    usage: "tree",
    summary: "every agent of this session, what it does and has not read",
    run: ({ context, client, room }) => showTree(context, client, { session: room().sessionId }),
  },
  {
    usage: "follow NAME",
    summary: "show the text of another agent as it comes; main: no longer",
    async run({ context, client, room }, [name]) {
      if (name === undefined) return context.terminal.warn("Name one, as in: /follow scout; see /tree");
      const { path } = findActor((await client.tree(room().sessionId)).tree, name);
      room().follow(path === mainActor ? undefined : path);
      context.terminal.talk(path === mainActor ? "Following nobody else" : `Following ${neutralLine(path)}`);
    },
  },
];
