// ExitPlanMode: shows the plan to a person. That the call runs at all means that it was accepted.
import { z } from "zod";
import { mainActor, type PermissionMode } from "../src/protocol/facts.ts";
import type { ToolContext, ToolOutcome, ToolSession } from "./contract.ts";
import { defineTool } from "./define_tool.ts";
import { visible } from "./visible.ts";

export const planCharsMax = 100_000;

const parameters = z.strictObject({
  plan: z.string().max(planCharsMax).refine((text) => text.trim() !== "", "it is empty").describe(
    "The whole plan, in Markdown: what will be changed, where and why",
  ),
});

export const exitPlanModeTool = defineTool({
  name: "ExitPlanMode",
  description:
    "Shows the finished plan to a person and, once it is accepted, ends plan mode so that the work can begin. Only in plan mode.",
  parameters,
  effect: "pure",
  requires_confirmation: true,
  always_asks: true,
  allowed_in_plan: true,
  limits: { timeoutMs: 5000, outputCharsMax: 2000 },
  prompt: (args) => `Accept this plan and begin?\n\n${visible(args.plan)}`,
  refuse: (_args, session) => refuse(session),
  run: (_args, context) => Promise.resolve(exit(context)),
});

function refuse({ actor, permissionMode }: Pick<ToolSession, "actor" | "permissionMode">): string | null {
  if (actor !== mainActor) {
    return "Cannot leave plan mode: a sub-agent may not, give the plan back as your last message";
  }
  if (permissionMode === "plan") return null;
  return "Cannot leave plan mode: the session is not in it, begin the work";
}

function exit({ session }: ToolContext): ToolOutcome {
  const error = refuse(session);
  if (error !== null) return { status: "failed", error };
  return {
    status: "finished",
    output: "The plan was accepted and plan mode is off: begin the work as planned",
    truncated: false,
    facts: [{ type: "session.mode_changed", data: { permission_mode: modeAfter(session), by: "user" } }],
  };
}

/** A session that was begun in plan mode knows of no other: then people are asked as by default. */
function modeAfter({ modeBeforePlan }: ToolSession): PermissionMode {
  return modeBeforePlan === "plan" ? "default" : modeBeforePlan;
}
