// What `jamey doctor` finds about the agents that are defined here: a daemon reads them as it will use them, so it is asked.
import { brokenLines } from "./agents.ts";
import type { Check } from "./doctor_finding.ts";
import { workspaceOf } from "./new.ts";

export const checkAgents: Check = async (context) => {
  // Why there is none is what the check of the daemon finds.
  const client = await context.client().catch(() => undefined);
  if (client === undefined) return [];
  const { broken } = await client.agents(workspaceOf(undefined));
  return brokenLines(broken).map((message) => ({
    check: "agents",
    status: "warning",
    message,
    fix: "Correct the head of the file; until then no agent of that name can be started",
  }));
};
