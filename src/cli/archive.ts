// `jamey archive`: puts a session into the trash, from where it can come back.
import { Problem } from "../protocol/problem.ts";
import { type Command, need } from "./command.ts";

export const archiveCommand: Command = {
  usage: "archive <session>",
  summary: "Put a session away; it can be restored by its id",
  options: [],
  examples: ["jamey archive review", "jamey archive last --json"],
  async run(context, input) {
    const session = need(input, 0, "the session", "archive");
    const client = await context.client();
    // In the trash only the full id is sure to find it.
    const { session_id } = await client.view(session);
    await client.archive(session_id);
    if (context.json) context.terminal.json({ session_id, archived: true });
    else context.terminal.talk(`Archived; bring it back with: jamey restore ${session_id}`);
    return 0;
  },
};

/** For whoever followed it: the following ends by itself only when the session was put away. */
export function wasArchived(sessionId: string): Problem {
  return new Problem("conflict", `Cannot go on in session "${sessionId}": it was archived`, {
    hint: `Bring it back with: jamey restore ${sessionId}`,
  });
}
