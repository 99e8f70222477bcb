// What `jamey doctor` finds about what this folder brings along, and about its rules: a daemon knows what was approved and
// what it can read, so it is asked.
import { openFolderReader } from "../config/folder.ts";
import { awaitingText } from "./awaiting_trust.ts";
import type { Check, Finding } from "./doctor_finding.ts";
import { workspaceOf } from "./new.ts";

export const checkTrust: Check = async (context) => {
  const check = "trust";
  // Why there is none is what the check of the daemon finds.
  const client = await context.client().catch(() => undefined);
  if (client === undefined) {
    return [{
      check,
      status: "ok",
      message: "not looked at: no daemon answers that knows what was approved",
    }];
  }
  const workspace = workspaceOf(undefined);
  const { problems } = await client.permissions({ workspace });
  // Found without a daemon already, with what to do about it.
  const { problem: known } = await openFolderReader().folderSettings(workspace);
  const rules = problems.filter((text) => text !== known?.message)
    .map((message): Finding => ({ check: "permission rules", status: "warning", message }));
  const { items } = await client.outside(workspace);
  const message = awaitingText(items);
  if (message !== undefined) return [...rules, { check, status: "warning", message }];
  const what = items.length === 0
    ? "brings nothing along that needs an approval"
    : "brings along what was approved";
  return [...rules, { check, status: "ok", message: `this folder ${what}` }];
};
