// The Team tool: a call whose work is a team of agents, which the calling agent leads.
import type { CallRecord } from "../machines/call_record.ts";
import { messageOf } from "../src/protocol/problem.ts";
import { teamSpec } from "../src/protocol/team_spec.ts";
import type { Tool, ToolOutcome } from "../tools/contract.ts";
import { defineTool } from "../tools/define_tool.ts";
import type { SessionActor } from "./session_port.ts";
import { type ModelOf, modelsOf, refusedTeam, teamDraft } from "./start_team.ts";

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
export async function startTeam(
  session: SessionActor,
  record: CallRecord,
  { attempts, signal, allowedBy, modelOf }: {
    attempts: number;
    signal: AbortSignal;
    allowedBy: string;
    modelOf: ModelOf;
  },
): Promise<ToolOutcome | null> {
  const { actor: parent, callId, name } = record;
  const fail = (why: string): ToolOutcome => ({ status: "failed", error: `Cannot start a team: ${why}` });
  if (record.by === "user") return fail('it cannot be run by hand, use "jamey team run"');
  const refused = refusedTeam(session, parent);
  if (refused !== null) return fail(refused);
  const spec = teamSpec.parse(record.args);
  let models: ReturnType<typeof modelsOf>;
  try {
    models = modelsOf(spec.members, modelOf);
  } catch (thrown) {
    return fail(messageOf(thrown));
  }
  const started = await session.tell({
    actor: parent,
    type: "call.started",
    data: { call_id: callId, name, attempt: attempts + 1, allowed_by: allowedBy },
  });
  // Cancelled while its start was on the way to the disk: nobody would tell the team.
  if (!started.accepted || signal.aborted) return { status: "interrupted", reason: "the turn was cancelled" };
  const start = { spec, parent, callId, models, worktrees: new Map() };
  const told = await session.tell((transcript) => teamDraft(transcript, start));
  return told.accepted ? null : { status: "interrupted", reason: told.why };
}
