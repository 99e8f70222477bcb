// The Team tool: a call whose work is a team of agents, which the calling agent leads.
import type { JsonObject } from "../src/protocol/json.ts";
import { teamSpec } from "../src/protocol/team_spec.ts";
import type { Tool, ToolOutcome } from "../tools/contract.ts";
import { defineTool } from "../tools/define_tool.ts";
import { failureOf } from "../tools/failure.ts";
import { cancelledOutcome } from "./call_outcome.ts";
import { teamToolName } from "./tool_names.ts";
import { beginKernelCall, type KernelTool } from "./kernel_call.ts";
import { modelsOf, refusedTeam, teamDraft, type TeamStart } from "./start_team.ts";
import { makeWorktrees, plannedWorktrees, planWorktrees, takeBackAll } from "./team_worktrees.ts";

/** The tool as models see it. It asks nobody: every call of a member is reviewed like any other. */
export function teamTool(): Tool {
  return defineTool({
    name: teamToolName,
    description:
      'Starts a team: several agents that work at the same time, write to each other and share the session\'s tasks, until each has said that its work is done. You lead it: they reach you as "lead", and you write to them with SendMessage. Use it for work that has parts which depend on each other; for parts that do not, several Agent calls are enough',
    parameters: teamSpec,
    effect: "idempotent",
    requires_confirmation: false,
    allowed_in_plan: true,
    limits: { timeoutMs: 1_000, outputCharsMax: 100_000 },
    subjects: ({ name }) => [{ kind: "name", name }],
    prompt: ({ name, goal, members }) =>
      [`Start the team "${name}": ${goal}`, ...members.map((member) => `${member.name}: ${member.prompt}`)]
        .join("\n\n"),
    run: () => Promise.reject(new Error("A team is started by the kernel, not run as a tool")),
  });
}

/** Starts the team of a call, or says why not. The team's machine gives the call its result. */
export const startTeam: KernelTool = async (session, record, call) => {
  // Taken up again after a crash: the team goes on by itself.
  if (Object.values(session.state().supervisors).some(({ callId }) => callId === record.callId)) return null;
  if (record.by === "user") return fail('it cannot be run by hand, use "jamey team run"');
  const refused = refusedTeam(session, record.actor);
  if (refused !== null) return fail(refused);
  try {
    return await start(session, record, call);
  } catch (thrown) {
    return call.signal.aborted ? cancelledOutcome : failureOf(record.name, thrown);
  }
};

const start: KernelTool = async (session, record, call) => {
  const { actor: parent, callId } = record;
  const { signal } = call;
  const spec = teamSpec.parse(record.args);
  const models = modelsOf(spec.members, call.modelOf);
  const known = record.evidence === null ? null : plannedWorktrees.parse(record.evidence);
  const planned = known ?? await planWorktrees(session, spec.members, { parent, id: callId, signal });
  // Evidence is JSON by its schema.
  const evidence = Object.keys(planned).length === 0 ? undefined : planned as unknown as JsonObject;
  // Cancelled while its start was on the way to the disk: nobody would tell the team.
  if (!(await beginKernelCall(session, record, call, evidence))) {
    if (known !== null) await takeBackAll(known);
    return cancelledOutcome;
  }
  const worktrees = await makeWorktrees(planned, { signal, isBegun: known !== null });
  const team: TeamStart = { spec, parent, callId, models, worktrees };
  const told = await session.tell((transcript) => teamDraft(transcript, team));
  if (told.accepted) return null;
  await takeBackAll(planned);
  return { status: "interrupted", reason: told.why };
};

function fail(why: string): ToolOutcome {
  return { status: "failed", error: `Cannot start a team: ${why}` };
}
