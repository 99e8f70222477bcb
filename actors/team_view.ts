// A team as people, clients and its own members see it: a pure function of the state and the transcript.
import { hasEnded, isResting, type SessionState, stateName } from "../machines/session_state.ts";
import { isEnded } from "../machines/tasks.ts";
import { memberPath } from "../machines/member_path.ts";
import type { TeamContext } from "../machines/team_context.ts";
import type { Transcript } from "../machines/transcript.ts";
import type { TeamView } from "../src/protocol/team_spec.ts";
import type { Task } from "../src/protocol/work_facts.ts";
import { waitsFor } from "./team_words.ts";

export interface Moment {
  state: SessionState;
  transcript: Transcript;
}
export type TeamMemberView = TeamView["members"][number];

/** Every team of the session, the oldest first. */
export function teamViews(moment: Moment): TeamView[] {
  const views: TeamView[] = [];
  for (const { path, start } of moment.transcript.crew.supervisors()) {
    if (start.type === "team.started") views.push(teamView(moment, path));
  }
  return views;
}

export function teamView(moment: Moment, path: string): TeamView {
  const { crew } = moment.transcript;
  const supervisor = crew.supervisor(path);
  if (supervisor?.start.type !== "team.started") throw new Error(`"${path}" is no team`);
  const { team, name, goal, parent, by, wait, milestones } = supervisor.start.data;
  const reached = new Map<string, string>();
  let [rounds, state, reason] = [0, "running", ""];
  for (const fact of supervisor.facts) {
    if (fact.type === "team.milestone_reached") reached.set(fact.data.milestone, fact.data.member);
    if (fact.type === "team.round_ended") [rounds, reason] = [fact.data.round, fact.data.reason];
    if (fact.type === "team.finished") [state, reason] = [fact.data.outcome, fact.data.reason];
  }
  return {
    team,
    path,
    name,
    goal,
    parent,
    by,
    wait,
    state,
    reason,
    rounds,
    milestones: milestones.map((one) => ({ name: one, reached_by: reached.get(one) ?? null })),
    members: membersOf(moment, path),
  };
}

export function membersOf(moment: Moment, path: string): TeamMemberView[] {
  const { crew, work } = moment.transcript;
  const start = crew.supervisor(path)?.start;
  if (start?.type !== "team.started") return [];
  const context = contextOf(moment.state, path);
  const tasks = work.tasks();
  const ends = memberEnds(moment.transcript, path);
  return start.data.members.map(({ name, role = "" }) => {
    const own = memberPath(path, name);
    const owns = ({ owner }: Task) => owner !== null && [name, `@${name}`, own].includes(owner);
    return {
      name,
      path: own,
      role,
      ...howFar(moment, own, { owns, said: ends.get(name) }),
      failures: context?.members[name]?.tries ?? 0,
      tasks: tasks.filter((task) => owns(task) && !isEnded(task)).map((task) => task.task_id),
    };
  });
}

function howFar(
  moment: Moment,
  path: string,
  { owns, said }: { owns: (task: Task) => boolean; said: string | undefined },
): Pick<TeamMemberView, "state" | "detail"> {
  const { state, transcript } = moment;
  const end = transcript.crew.agent(path)?.end ?? null;
  if (end !== null) {
    return {
      state: end.how === "finished" ? "done" : end.how,
      detail: end.how === "finished" ? said ?? "" : end.text,
    };
  }
  const agent = state.agents[path];
  if (agent === undefined) return { state: "idle", detail: "has not begun" };
  const name = stateName(agent);
  if (name === "waiting_for_approval") return { state: "waiting", detail: "waits for an approval" };
  if (name === "paused") return { state: "waiting", detail: "waits for a person at a limit" };
  if (asks(state, path)) return { state: "waiting", detail: "waits for an answer to its question" };
  if (!isResting(agent)) return { state: "working", detail: "works" };
  if (name === "failed") return { state: "waiting", detail: "waits to be begun again after a failed turn" };
  const held = waitsFor(transcript.work.tasks(), owns);
  if (held !== null) return { state: "waiting", detail: `rests: its ${held}` };
  if (isWaiting(moment, path)) return { state: "waiting", detail: "waits for what it left running" };
  return {
    state: "idle",
    detail: said === undefined ? "rests and has not said what it waits for" : "is done",
  };
}

/** True when a question of the agent's waits for a person. */
function asks(state: SessionState, path: string): boolean {
  return Object.values(state.calls).some((call) =>
    call.actor === path && stateName(call.snapshot) === "questioning"
  );
}

/** True when something that an agent began goes on beside it and will wake it. */
export function isWaiting({ state }: Pick<Moment, "state">, path: string): boolean {
  return Object.values(state.backgrounds).some(({ actor }) => actor === path) ||
    // Of those that live: there may have been thousands of others.
    Object.keys(state.agents).some((child) => state.children[child]?.parent === path) ||
    Object.values(state.supervisors).some((other) => other.parent === path && !hasEnded(other));
}

/** What members said when their work was done. */
export function memberEnds({ crew }: Transcript, path: string): Map<string, string> {
  const said = new Map<string, string>();
  for (const fact of crew.supervisor(path)?.facts ?? []) {
    if (fact.type === "team.work_done") said.set(fact.data.member, fact.data.summary);
  }
  return said;
}

/** What the machine of a team keeps, while the team lives. */
function contextOf(state: SessionState, path: string): TeamContext | undefined {
  const supervisor = state.supervisors[path];
  // The machine's own context.
  return supervisor?.kind === "team" ? supervisor.snapshot.context as TeamContext : undefined;
}
