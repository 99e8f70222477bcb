// The WorkDone tool: a member of a team says that its work is done, or that it has reached a milestone.
import { z } from "zod";
import { memberNamed } from "../machines/member_path.ts";
import type { Tool, ToolFact, ToolOutcome } from "../tools/contract.ts";
import { defineTool } from "../tools/define_tool.ts";
import { cancelledOutcome } from "./call_outcome.ts";
import { beginKernelCall, type KernelTool } from "./kernel_call.ts";

export const workDoneName = "WorkDone";
const summaryCharsMax = 20_000;

const parameters = z.strictObject({
  summary: z.string().min(1).max(summaryCharsMax).describe("What came out of it, for whoever leads the team"),
  milestone: z.string().min(1).max(200).optional().describe(
    "The milestone that you have reached; you go on then. Left out: your whole part is done",
  ),
});

export function workDoneTool(): Tool {
  return defineTool({
    name: workDoneName,
    description:
      "Says that your part of the team's work is done: the turn you are in is then your last. With `milestone` it says that you have reached it, and you go on",
    parameters,
    effect: "idempotent",
    requires_confirmation: false,
    allowed_in_plan: true,
    limits: { timeoutMs: 1_000, outputCharsMax: 1_000 },
    run: () =>
      Promise.reject(new Error("The end of a member's work is noted by the kernel, not run as a tool")),
  });
}

/** The path of the team whose member an agent is; null for all others. */
export function teamPathOf(actor: string): string | null {
  const path = actor.slice(0, actor.lastIndexOf("/"));
  return path.startsWith("team:") && !path.includes("/") && memberNamed(path, actor) !== null ? path : null;
}

/** Notes it together with the result of the call. */
export const workDone: KernelTool = async (session, record, call) => {
  const { actor, callId: call_id } = record;
  const fail = (why: string): ToolOutcome => ({
    status: "failed",
    error: `Cannot note what ${workDoneName} says: ${why}`,
  });
  const path = teamPathOf(actor);
  const team = path === null ? undefined : (await session.transcript()).crew.supervisor(path);
  if (path === null || team?.start.type !== "team.started") {
    return fail("only a member of a team can say this");
  }
  const { summary, milestone } = parameters.parse(record.args);
  const { milestones } = team.start.data;
  if (milestone !== undefined && !milestones.includes(milestone)) {
    const there = milestones.length === 0
      ? "has none"
      : `has ${milestones.map((one) => `"${one}"`).join(", ")}`;
    return fail(`there is no milestone "${milestone}", the team ${there}`);
  }
  const before = team.facts.find((fact) =>
    (fact.type === "team.work_done" || fact.type === "team.milestone_reached") &&
    fact.data.call_id === call_id
  );
  const reached = team.facts.find((fact) =>
    fact.type === "team.milestone_reached" && fact.data.milestone === milestone
  );
  if (!(await beginKernelCall(session, record, call))) return cancelledOutcome;
  const said = saidFact({ path, actor, call_id }, { summary, milestone });
  const output = milestone === undefined
    ? "Noted: end your turn now, it is your last"
    : reached === undefined
    ? `Noted: "${milestone}" is reached, go on`
    : `"${milestone}" had been reached before, go on`;
  const facts = before !== undefined || (milestone !== undefined && reached !== undefined) ? [] : [said];
  return { status: "finished", output, truncated: false, facts };
};

function saidFact(
  { path, actor, call_id }: { path: string; actor: string; call_id: string },
  { summary, milestone }: z.infer<typeof parameters>,
): ToolFact {
  const member = memberNamed(path, actor) ?? actor;
  return milestone === undefined
    ? { actor: path, type: "team.work_done", data: { member, summary, call_id } }
    : { actor: path, type: "team.milestone_reached", data: { milestone, member, call_id } };
}
