// Slash commands of the user's and the folder's own: where they come from, as the host port sees it.
import type { CommandView } from "../src/protocol/http.ts";
import { Problem } from "../src/protocol/problem.ts";

export interface CommandSource {
  list(workspace: string): Promise<CommandView[]>;
  /** Null when there is none of that name; rejects with a Problem when it cannot be read. */
  expand(workspace: string, name: string, args: string): Promise<string | null>;
}

export async function expandOf(
  source: CommandSource | undefined,
  { workspace, name, args }: { workspace: string; name: string; args: string },
): Promise<string> {
  const text = await source?.expand(workspace, name, args) ?? null;
  if (text !== null) return text;
  throw new Problem(
    "not_found",
    `Cannot find the command "/${name}": neither the folder nor the user has one`,
  );
}
