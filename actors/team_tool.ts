// The Team tool: a call whose work is a team of agents, which the calling agent leads.
import { messageOf } from "../src/protocol/problem.ts";
import { teamSpec } from "../src/protocol/team_spec.ts";
import type { Tool, ToolOutcome } from "../tools/contract.ts";
import { defineTool } from "../tools/define_tool.ts";
import { cancelledOutcome } from "./call_outcome.ts";
import { beginKernelCall, type KernelTool } from "./kernel_call.ts";
import { modelsOf, refusedTeam, teamDraft } from "./start_team.ts";

export const teamToolName = "Team";

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
  const { actor: parent, callId } = record;
  // Taken up again after a crash: the team goes on by itself.
  if (Object.values(session.state().supervisors).some((one) => one.callId === callId)) return null;
  if (record.by === "user") return fail('it cannot be run by hand, use "jamey team run"');
  const refused = refusedTeam(session, parent);
  if (refused !== null) return fail(refused);
  const spec = teamSpec.parse(record.args);
  let models: ReturnType<typeof modelsOf>;
  try {
    models = modelsOf(spec.members, call.modelOf);
  } catch (thrown) {
    return fail(messageOf(thrown));
  }
  // Cancelled while its start was on the way to the disk: nobody would tell the team.
  if (!(await beginKernelCall(session, record, call))) return cancelledOutcome;
  const start = { spec, parent, callId, models, worktrees: new Map() };
  const told = await session.tell((transcript) => teamDraft(transcript, start));
  return told.accepted ? null : { status: "interrupted", reason: told.why };
};

function fail(why: string): ToolOutcome {
  return { status: "failed", error: `Cannot start a team: ${why}` };
}
