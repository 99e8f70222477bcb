// What a folder brings along and nobody has approved is not used: said wherever work begins, or it would be missed silently.
import type { Client } from "../client/client.ts";
import type { PermissionMode } from "../protocol/facts.ts";
import type { OutsideView } from "../protocol/http.ts";
import { messageOf, Problem } from "../protocol/problem.ts";
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
    ? "1 hook, server, tool or rule of this folder waits"
    : `${open} hooks, servers, tools or rules of this folder wait`;
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

/** A refusal that cannot be read would be missed silently as well: what is wrong with the rules, on stderr. */
export async function sayRuleProblems(
  { terminal, client }: { terminal: Terminal; client: Client },
  workspace: string,
): Promise<void> {
  const problems = await client.permissions({ workspace }).then((view) => view.problems, () => []);
  const more = problems.length - namedMax;
  const lines = [
    ...problems.slice(0, namedMax),
    ...(more > 0 ? [`${more} more problems of the rules: see jamey permissions`] : []),
  ];
  for (const line of lines) terminal.warn(terminal.talkColours.yellow(neutralLine(line)));
}

/** In these a run does things that nobody is asked about. */
const actingModes: readonly PermissionMode[] = ["acceptEdits", "auto", "bypassPermissions"];
const namedMax = 10;

/**
 * A run that may act with nobody watching does not begin in a folder whose hooks, servers or rules nobody has looked at:
 * its hooks may be what guards it. Throws a Problem `untrusted` that names them.
 */
export async function refuseUntrusted(
  client: Client,
  { workspace, permission_mode: mode }: { workspace: string; permission_mode: PermissionMode },
): Promise<void> {
  if (!actingModes.includes(mode)) return;
  const { items } = await client.outside(workspace);
  const open = items.filter((item) => item.standing !== "approved" && item.workspace !== "");
  if (open.length === 0) return;
  const named = open.slice(0, namedMax).map(({ kind, name }) => `${kind}:${name}`);
  const rest = open.length > namedMax ? ` and ${open.length - namedMax} more` : "";
  throw new Problem(
    "untrusted",
    neutralLine(
      `Cannot run in mode "${mode}": nobody has approved what this folder brings along: ${
        named.join(", ")
      }${rest}`,
    ),
    { hint: "Look at it with: jamey trust; or run in mode default, plan or dontAsk, which use none of it" },
  );
}
