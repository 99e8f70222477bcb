// `jamey tree`: every actor of a session, what it does and what waits in its mailbox, now or at an earlier point.
import type { Client } from "../client/client.ts";
import type { TreeView } from "../protocol/tree_views.ts";
import { type Command, type Context, need, seqMax } from "./command.ts";
import { neutralLine } from "./neutral.ts";
import { sayWaiting } from "./waiting.ts";
import { treeLines, treeSummary } from "./tree_text.ts";

export const treeCommand: Command = {
  usage: "tree <session>",
  summary: "Show every actor of a session: who leads whom, what each does, what it has not read yet",
  options: [["--at <seq>", "As it was after this event"]],
  examples: ["jamey tree last", "jamey tree review --at 120", "jamey tree last --json | jq '.tree[].state'"],
  async run(context, input) {
    const session = need(input, 0, "the session", "tree");
    await showTree(context, await context.client(), {
      session,
      at: input.number("at", { min: 1, max: seqMax }),
    });
    return 0;
  },
};

export async function showTree(
  context: Context,
  client: Client,
  { session, at }: { session: string; at?: number | undefined },
): Promise<void> {
  const view = await client.tree(session, at);
  if (context.json) return context.terminal.json(view);
  const asks = at === undefined && view.tree.some(({ waits_for }) => waits_for !== undefined);
  // At an earlier point, it is that point's time that counts.
  const now = at === undefined ? Date.now() : Date.parse(view.at);
  for (const line of describeTree(view, { context, now })) context.terminal.line(line);
  if (asks) sayWaiting(context.terminal, (await client.view(session)).state, { session: view.session_id });
}

function describeTree(
  { session_id, seq, tree }: TreeView,
  { context, now }: { context: Context; now: number },
): string[] {
  const { colours, columns } = context.terminal;
  return [
    `${colours.bold(`Session ${neutralLine(session_id)} at #${seq}:`)} ${treeSummary(tree)}`,
    ...treeLines(tree, { colours, columns, withMail: true, now }),
  ];
}
