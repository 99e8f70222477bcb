// What `jamey doctor` finds about what this folder brings along: a daemon knows what was approved, so it is asked.
import { awaitingText } from "./awaiting_trust.ts";
import type { Check } from "./doctor_finding.ts";
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
  const { items } = await client.outside(workspaceOf(undefined));
  const message = awaitingText(items);
  if (message !== undefined) return [{ check, status: "warning", message }];
  const what = items.length === 0
    ? "brings nothing along that needs an approval"
    : "brings along what was approved";
  return [{ check, status: "ok", message: `this folder ${what}` }];
};
