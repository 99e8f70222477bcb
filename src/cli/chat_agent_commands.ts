// Commands of a chat about the other agents of its session: who there is, writing to one, stopping one.
import type { Chat, ChatCommand } from "./chat_command.ts";
import { agentLines } from "./agents.ts";
import { neutralLine, shortLine } from "./neutral.ts";
import { doingText } from "./tree_text.ts";

const aboutCharsMax = 80;

export const agentChatCommands: readonly ChatCommand[] = [
  {
    usage: "agents",
    summary: "the agents of this session, and those that are defined here",
    run: showAgents,
  },
  {
    usage: "to NAME WORDS",
    summary: "write to one of the other agents",
    async run({ context, client, room }, [name], text) {
      const message = text.slice(name?.length ?? 0).trim();
      if (name === undefined || message === "") {
        return context.terminal.warn("Name one and say something, as in: /to scout Look left; see /agents");
      }
      await client.send(room().sessionId, { message, to: name });
      context.terminal.talk(`Sent to ${neutralLine(name)}`);
    },
  },
  {
    usage: "stop NAME",
    summary: "stop one of the other agents, with all it started",
    async run({ context, client, room }, [name]) {
      if (name === undefined) return context.terminal.warn("Name one, as in: /stop scout; see /agents");
      await client.cancel(room().sessionId, name);
    },
  },
];

async function showAgents({ context: { terminal }, client, room }: Chat): Promise<void> {
  const { sessionId } = room();
  const { tree } = await client.tree(sessionId);
  const others = tree.filter(({ kind }) => kind !== "main");
  if (others.length === 0) terminal.line("This session has no other agents");
  for (const actor of others) {
    const about = (actor.role ?? actor.description).trim().split("\n", 1)[0] ?? "";
    terminal.line(
      `  ${neutralLine(actor.name).padEnd(16)} ${doingText(actor)}${
        about === "" ? "" : ` (${shortLine(about, aboutCharsMax)})`
      }`,
    );
  }
  const { workspace } = (await client.view(sessionId)).state.summary;
  const defined = await client.agents(workspace);
  if (defined.agents.length + defined.broken.length === 0) return;
  for (const line of agentLines(defined, terminal.colours)) terminal.line(line);
}
