// What a folder brings along and nobody has approved is not used: said wherever work begins, or it would be missed silently.
import type { Client } from "../client/client.ts";
import type { OutsideView } from "../protocol/http.ts";
import { messageOf } from "../protocol/problem.ts";
import { neutralLine } from "./neutral.ts";
import type { Terminal } from "./terminal.ts";

/** How much waits for an approval. */
export function openIn(items: readonly Pick<OutsideView, "standing">[]): number {
  return items.filter(({ standing }) => standing !== "approved").length;
}

/** One line about what waits; undefined when nothing does. */
export function awaitingText(items: readonly Pick<OutsideView, "standing">[]): string | undefined {
  const open = openIn(items);
  if (open === 0) return undefined;
  const what = open === 1
    ? "1 hook, server or tool of this folder waits"
    : `${open} hooks, servers or tools of this folder wait`;
  return `${what} for approval and ${open === 1 ? "is" : "are"} not used: look with jamey trust`;
}

/** Says it on stderr; that it cannot be known stops nobody. */
export async function sayAwaiting(
  { terminal, client }: { terminal: Terminal; client: Client },
  workspace: string,
): Promise<void> {
  const text = await client.outside(workspace).then(({ items }) => awaitingText(items), messageOf);
  if (text !== undefined) terminal.warn(terminal.talkColours.yellow(neutralLine(text)));
}
