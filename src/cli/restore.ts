// `jamey restore`: brings an archived session back.
import type { Client } from "../client/client.ts";
import { Problem } from "../protocol/problem.ts";
import { type Command, need } from "./command.ts";

export const restoreCommand: Command = {
  usage: "restore <session>",
  summary: "Bring an archived session back, by the id that archive printed",
  options: [],
  examples: ["id=$(jamey archive review --json | jq -r .session_id)", 'jamey restore "$id"'],
  async run(context, input) {
    const session = need(input, 0, "the session", "restore");
    await restore(await context.client(), session);
    if (context.json) context.terminal.json({ session_id: session, restored: true });
    else context.terminal.talk("Restored");
    return 0;
  },
};

async function restore(client: Client, session: string): Promise<void> {
  try {
    await client.restore(session);
  } catch (thrown) {
    if (!(thrown instanceof Problem) || thrown.code !== "not_found") throw thrown;
    throw new Problem("not_found", `Cannot restore session "${session}": none of that id is archived`, {
      hint: "In the trash a session has its full id only, as jamey archive printed it",
      cause: thrown,
    });
  }
}
