// `jamey trust list` and `jamey trust --withdraw`: what was approved, in all folders, and taking it back.
import type { Client } from "../client/client.ts";
import type { TrustedView } from "../protocol/http.ts";
import type { Context } from "./command.ts";
import { neutralLine } from "./neutral.ts";
import { tableLines } from "./table.ts";
import { namedItems } from "./trust_names.ts";

const meanings: Readonly<Record<TrustedView["standing"], string>> = {
  approved: "as approved",
  changed: "changed",
  gone: "not there",
  unseen: "not looked at",
};

export async function listTrusted({ terminal, json }: Context, client: Client): Promise<number> {
  const { approvals } = await client.trusted();
  if (json) {
    terminal.json({ approvals });
    return 0;
  }
  if (approvals.length === 0) terminal.talk("Nothing is approved");
  const sorted = approvals.toSorted((a, b) => a.workspace < b.workspace ? -1 : 1);
  const rows = sorted.map(({ workspace, kind, name, approved_at, standing }) => [
    meanings[standing],
    approved_at.slice(0, 16).replace("T", " "),
    neutralLine(`${kind}:${name}`),
    workspace === "" ? "your own configuration" : neutralLine(workspace),
  ]);
  const { colours } = terminal;
  const tint = (cell: string, { row, column }: { row: number; column: number }) =>
    column === 0 && sorted[row]?.standing !== "approved" ? colours.yellow(cell) : cell;
  const titles = ["NOW", "APPROVED", "WHAT", "WHERE"];
  if (rows.length > 0) {
    for (const line of tableLines(titles, rows, { colours, tint })) {
      terminal.line(line);
    }
  }
  return 0;
}

export async function withdrawTrust(
  { terminal, json }: Context,
  client: Client,
  { folder, items }: { folder: string; items: string | undefined },
): Promise<number> {
  const { approvals } = await client.trusted();
  const here = approvals.filter(({ workspace }) => workspace === folder);
  const only = items === undefined
    ? undefined
    : namedItems(here, items, "withdraw").map(({ kind, name }) => ({ kind, name }));
  const { withdrawn } = await client.withdrawTrust(folder, only);
  if (json) terminal.json({ withdrawn });
  else if (withdrawn === 0) terminal.talk(`Nothing of "${neutralLine(folder)}" was approved`);
  else terminal.talk(`Took ${withdrawn} back; nothing of it is used any more`);
  return 0;
}
