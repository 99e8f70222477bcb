// Starting a team: what somebody asked for becomes the fact that begins it, with a path of its own.
import { customAlphabet } from "nanoid";
import { teamOf } from "../machines/actor_tree.ts";
import type { Transcript } from "../machines/transcript.ts";
import type { PermissionRules } from "../src/permission/contract.ts";
import type { Command, Receipt } from "../src/protocol/commands.ts";
import { type FactDraft, type FactOf, mainActor } from "../src/protocol/facts.ts";
import { Problem } from "../src/protocol/problem.ts";
import type { TeamMember, TeamTask } from "../src/protocol/team_facts.ts";
import type { MemberSpec, TeamSpec } from "../src/protocol/team_spec.ts";
import type { ProviderRegistry } from "../src/providers/contract.ts";
import { resolveModel } from "../src/providers/resolve_model.ts";
import { freeId } from "./actor_names.ts";
import { checkRefused, likeTeam } from "./refused_work.ts";
import type { SessionActor } from "./session_port.ts";
import type { ToolRegistry } from "./tool_registry.ts";
import { makeWorktrees, planWorktrees, takeBackAll, type Worktrees } from "./team_worktrees.ts";

/** What git may take to make the worktrees of a team. */
const worktreesTimeoutMs = 120_000;
/** For the names of worktrees: two teams of one session never choose the same. */
const newId = customAlphabet("0123456789abcdefghijklmnopqrstuvwxyz", 8);

/** Teams of one session, those that have ended included. */
export const teamsMax = 500;

export type ModelOf = (text: string) => { provider: string; model: string };
type Model = ReturnType<ModelOf>;

/** The members' models by name; throws the Problem of the first that there is not. */
export function modelsOf(members: readonly MemberSpec[], modelOf: ModelOf): Map<string, Model> {
  const named = members.flatMap(({ name, model }) =>
    model === undefined ? [] : [[name, modelOf(model)] as const]
  );
  return new Map(named);
}

/** Why no team can be started by this agent now, or null. */
export function refusedTeam(session: SessionActor, actor: string): string | null {
  const state = session.state();
  if (teamOf(state, actor) !== undefined) return "a member of a team cannot start another team";
  const teams = Object.values(state.supervisors).filter(({ kind }) => kind === "team").length;
  return teams >= teamsMax ? `the session has had ${teamsMax} teams already` : null;
}

export interface TeamStart {
  spec: TeamSpec;
  /** The path of the agent that leads it. */
  parent: string;
  callId?: string;
  models: Map<string, Model>;
  /** Worktrees of members, by name. */
  worktrees: Worktrees;
}

/** For `team.start`: a person begins a team, which the main agent leads. The same `id` again is the same team. */
export async function startTeamByHand(
  session: SessionActor,
  { spec, id }: Extract<Command, { type: "team.start" }>,
  { providers, registry, rules }: {
    providers: ProviderRegistry;
    registry: ToolRegistry;
    rules: PermissionRules | undefined;
  },
): Promise<Receipt> {
  const refuse = (why: string) => new Problem("conflict", `Cannot start team "${spec.name}": ${why}`);
  const refused = refusedTeam(session, mainActor);
  if (refused !== null) throw refuse(refused);
  const likenesses = [likeTeam(spec.name)];
  await checkRefused(session.state().meta, { registry, rules }, { what: `team "${spec.name}"`, likenesses });
  const provider = session.state().meta?.provider;
  const models = modelsOf(spec.members, (text) => resolveModel(providers, text, provider));
  const known = id === undefined ? undefined : session.seqOf(id);
  if (known !== undefined) return await repeatedTeam(session, known);
  const signal = AbortSignal.timeout(worktreesTimeoutMs);
  const where = { parent: mainActor, id: newId(), signal };
  const planned = await planWorktrees(session, spec.members, where);
  const worktrees = await makeWorktrees(planned, { signal, isBegun: false });
  const start: TeamStart = { spec, parent: mainActor, models, worktrees };
  const options = id === undefined ? {} : { id };
  const told = await session.tell((transcript) => teamDraft(transcript, start), options);
  if (told.accepted) return { seq: told.seq, team: told.fact.actor };
  await takeBackAll(planned);
  if (told.repeatedSeq === undefined) throw refuse(told.why);
  return await repeatedTeam(session, told.repeatedSeq);
}

async function repeatedTeam(session: SessionActor, seq: number): Promise<Receipt> {
  const { crew } = await session.transcript();
  const team = [...crew.supervisors()].find((one) => one.start.seq === seq)?.path;
  return { seq, repeated: true, ...(team === undefined ? {} : { team }) };
}

/** The fact; made when its turn comes, so that it tells of all tasks there are by then. */
export function teamDraft(transcript: Transcript, start: TeamStart): FactDraft {
  const { spec, parent, callId } = start;
  const { name, goal, wait, milestones, restart, budget } = spec;
  const team = freeId(transcript.crew, "team", name);
  const tasks = transcript.work.tasks().map(({ task_id, owner, blocked_by, status }): TeamTask => {
    return { task_id, owner, blocked_by, status };
  });
  const data: FactOf<"team.started">["data"] = {
    team,
    name,
    goal,
    parent,
    ...(callId === undefined ? {} : { call_id: callId }),
    by: callId === undefined ? "user" : "model",
    wait,
    milestones,
    members: spec.members.map((member) => memberOf(member, start)),
    restart,
    ...(budget === undefined ? {} : { budget }),
    ...(tasks.length === 0 ? {} : { tasks }),
  };
  return { actor: `team:${team}`, type: "team.started", data };
}

function memberOf(spec: MemberSpec, { models, worktrees }: TeamStart): TeamMember {
  const { model: _model, isolation: _isolation, ...member } = spec;
  const model = models.get(spec.name);
  const worktree = worktrees.get(spec.name);
  return {
    ...member,
    ...(model === undefined ? {} : { model }),
    ...(worktree === undefined ? {} : { worktree }),
  };
}
