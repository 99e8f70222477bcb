// EnterPlanMode: from here on the agent looks and plans, and changes nothing until a person accepts the plan.
import { z } from "zod";
import { mainActor } from "../src/protocol/facts.ts";
import { Problem } from "../src/protocol/problem.ts";
import type { ToolContext, ToolOutcome } from "./contract.ts";
import { defineTool } from "./define_tool.ts";

const parameters = z.strictObject({});

export const enterPlanModeTool = defineTool({
  name: "EnterPlanMode",
  description:
    "Begins plan mode: you may read and search, but change nothing, until ExitPlanMode was called with a plan and a person accepted it. For work that should be agreed on first.",
  parameters,
  effect: "pure",
  requires_confirmation: false,
  limits: { timeoutMs: 5000, outputCharsMax: 4000 },
  run: (_args, context) => Promise.resolve(enter(context)),
});

function enter({ session }: ToolContext): ToolOutcome {
  if (session.actor !== mainActor) {
    throw new Problem(
      "forbidden",
      "Cannot enter plan mode: a sub-agent may not, only the session's main agent",
    );
  }
  if (session.permissionMode === "plan") {
    throw new Problem(
      "conflict",
      "Cannot enter plan mode: the session is in it already, call ExitPlanMode with the plan",
    );
  }
  const output = [
    "Plan mode is on. Only tools that read may be used: files, searches, web pages, todos and tasks.",
    `The one file you may write is the draft of the plan: "${session.planFile}".`,
    "When the plan is ready call ExitPlanMode with all of it; a person is asked. Change nothing before that.",
  ].join("\n");
  return {
    status: "finished",
    output,
    truncated: false,
    facts: [{ type: "session.mode_changed", data: { permission_mode: "plan", by: "agent" } }],
  };
}
