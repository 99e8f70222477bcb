// The tree of a session's actors at one fact: a pure function of the state and the transcript, so any point has one.
import type { AnyMachineSnapshot } from "xstate";
import type { CrewAgent, CrewSupervisor } from "../machines/crew.ts";
import { hasEnded, type OpenCall, type SessionState, stateName } from "../machines/session_state.ts";
import type { Transcript } from "../machines/transcript.ts";
import { mainActor } from "../src/protocol/facts.ts";
import type { ActorCall, ActorKind, ActorView, TreeView } from "../src/protocol/tree_views.ts";
import { lastName } from "./actor_names.ts";
import { membersOf, type TeamMemberView } from "./team_view.ts";

const mailboxMax = 20;
const mailCharsMax = 200;
const detailCharsMax = 300;
const noUsage = { input_tokens: 0, output_tokens: 0 };

interface Moment {
  state: SessionState;
  transcript: Transcript;
  calls: ReadonlyMap<string, [id: string, call: OpenCall][]>;
  usage: Record<string, ActorView["usage"]>;
  /** Of a team by its path, looked at once. */
  membersOf: (team: string) => TeamMemberView[];
}
type Doing = Pick<ActorView, "state" | "detail" | "waits_for">;
type Identity = Pick<
  ActorView,
  "path" | "parent" | "kind" | "agent_kind" | "name" | "description" | "role" | "started_seq"
>;

/** Each actor after its parent, children in the order in which they began. */
export function treeOf(state: SessionState, transcript: Transcript): ActorView[] {
  const calls = Map.groupBy(Object.entries(state.calls), ([, { actor }]) => actor);
  const teams = new Map<string, TeamMemberView[]>();
  const membersOnce = (team: string): TeamMemberView[] => {
    const members = teams.get(team) ?? membersOf({ state, transcript }, team);
    teams.set(team, members);
    return members;
  };
  const usage = transcript.usage.byActor();
  const moment: Moment = { state, transcript, calls, usage, membersOf: membersOnce };
  const { crew } = transcript;
  const actors = [
    view(mainIdentity(transcript), mainDoing(moment), moment),
    ...[...crew.agents()].map((agent) => view(agentIdentity(agent), agentDoing(agent, moment), moment)),
    ...[...crew.supervisors()].map((one) =>
      view(supervisorIdentity(one), supervisorDoing(one, moment), moment)
    ),
  ];
  return inTreeOrder(actors);
}

export function treeViewOf(sessionId: string, state: SessionState, transcript: Transcript): TreeView {
  return { session_id: sessionId, seq: state.seq, at: state.at, tree: treeOf(state, transcript) };
}

function inTreeOrder(actors: readonly ActorView[]): ActorView[] {
  const paths = new Set(actors.map(({ path }) => path));
  // Whoever has no parent here stands for itself, so that nobody is missing.
  const below = Map.groupBy(actors, ({ parent }) => parent !== null && paths.has(parent) ? parent : "");
  const ordered: ActorView[] = [];
  const waiting = [...below.get("") ?? []].sort(byStart).reverse();
  // Each actor has one parent, so each comes once.
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    ordered.push(next);
    waiting.push(...[...below.get(next.path) ?? []].sort(byStart).reverse());
  }
  return ordered;
}

function byStart(a: ActorView, b: ActorView): number {
  return a.started_seq - b.started_seq;
}

function view(identity: Identity, doing: Doing, { transcript, calls, usage }: Moment): ActorView {
  const { path } = identity;
  const unread = converses(identity.kind) ? transcript.conversation(path).unread() : [];
  // What has ended reads nothing any more, and nothing is kept for it.
  const mail = doing.state === "done" || isEnded(path, transcript) ? [] : unread;
  return {
    ...identity,
    ...doing,
    detail: short(doing.detail, detailCharsMax),
    since: transcript.activity.since(path) ?? { seq: identity.started_seq, at: "" },
    calls: (calls.get(path) ?? []).map(callOf),
    mailbox: mail.slice(0, mailboxMax).map(({ from, seq, text }) => ({
      from,
      seq,
      text: short(text.replace(/^<note>\n|\n<\/note>$/g, ""), mailCharsMax),
    })),
    unread: mail.length,
    usage: usage[path] ?? noUsage,
  };
}

function isEnded(path: string, { crew }: Transcript): boolean {
  return (crew.agent(path)?.end ?? null) !== null;
}

function mainIdentity(transcript: Transcript): Identity {
  const first = transcript.messages(mainActor).find(({ role }) => role === "user");
  return {
    path: mainActor,
    parent: null,
    kind: "main",
    name: mainActor,
    description: first?.role === "user" ? short(taskText(first), detailCharsMax) : "",
    started_seq: 1,
  };
}

/** What it was begun with: the words of a person as they are; of what woke it, whose it was and not the marks around it. */
function taskText({ text, message_id }: { text: string; message_id?: string | undefined }): string {
  if (message_id !== undefined) return text;
  const from = /^<message from="([^"]*)">\n/.exec(text)?.[1];
  return from === undefined ? text.replace(/^<note>\n|\n<\/note>$/g, "") : `mail from ${from}`;
}

function agentIdentity({ path, parent, kind, description, profile, startedSeq }: CrewAgent): Identity {
  return {
    path,
    parent,
    kind: "agent",
    agent_kind: kind,
    name: profile.name ?? lastName(path),
    description,
    ...(profile.role === undefined ? {} : { role: profile.role }),
    started_seq: startedSeq,
  };
}

function supervisorIdentity({ path, start }: CrewSupervisor): Identity {
  const common = { path, parent: start.data.parent, started_seq: start.seq };
  switch (start.type) {
    case "team.started":
      return {
        ...common,
        kind: "team",
        name: start.data.name,
        description: short(start.data.goal, detailCharsMax),
      };
    case "mode.started":
      return { ...common, kind: "mode", name: start.data.mode, description: `answers #${start.data.of_seq}` };
    case "workflow.started":
      return { ...common, kind: "workflow", name: start.data.name, description: start.data.source ?? "" };
    default:
      return start satisfies never;
  }
}

function mainDoing(moment: Moment): Doing {
  if (moment.state.meta?.archived) return { state: "stopped", detail: "the session is archived" };
  const snapshot = moment.state.agents[mainActor];
  return snapshot === undefined ? { state: "idle", detail: "" } : loopDoing(mainActor, snapshot, moment);
}

const endStates = { finished: "done", failed: "failed", stopped: "stopped" } as const;

function agentDoing({ path, parent, end }: CrewAgent, moment: Moment): Doing {
  if (end !== null) return { state: endStates[end.how], detail: end.text };
  const snapshot = moment.state.agents[path];
  if (snapshot === undefined) return { state: "stopped", detail: "" };
  const doing = loopDoing(path, snapshot, moment);
  const life = moment.state.children[path];
  if (life !== undefined && stateName(life.snapshot) === "waiting") {
    return { ...doing, state: "waiting", waits_for: "timer" };
  }
  const rests = doing.state === "idle" || doing.state === "failed";
  return rests ? memberDoing({ path, parent }, doing, moment) ?? doing : doing;
}

/** A member of a team that rests may be done, or wait for the tasks of others or to be begun again. */
function memberDoing(
  { path, parent }: Pick<CrewAgent, "path" | "parent">,
  { state }: Doing,
  moment: Moment,
): Doing | null {
  if (moment.transcript.crew.supervisor(parent)?.start.type !== "team.started") return null;
  const member = moment.membersOf(parent).find((one) => one.path === path);
  if (member?.state === "waiting") {
    return { state: "waiting", waits_for: state === "failed" ? "timer" : "task", detail: member.detail };
  }
  return member?.state === "done" ? { state: "done", detail: member.detail } : null;
}

function loopDoing(path: string, snapshot: AnyMachineSnapshot, moment: Moment): Doing {
  const called = callsDoing(path, moment);
  switch (stateName(snapshot)) {
    case "idle":
      return called ?? { state: "idle", detail: "" };
    case "failed":
      return called ??
        { state: "failed", detail: String(snapshot.context.error?.message ?? "its turn failed") };
    case "interrupted":
      return called ?? { state: "stopped", detail: `its turn was ${wordOf(snapshot)}` };
    case "parked":
      return called ?? { state: "stopped", detail: "it crashed too often on the same work" };
    case "stopped":
      return { state: "stopped", detail: "the session is archived" };
    case "paused":
      return { state: "waiting", waits_for: "budget", detail: limitWords(path, moment) };
    case "cancelling":
      return { state: "working", detail: "stopping" };
    case "thinking":
    case "beginning":
      return { state: "working", detail: "thinking" };
    default:
      if (snapshot.context.conducting !== null) {
        return { state: "working", detail: `leads ${moment.state.meta?.agentMode ?? "a mode"}` };
      }
      return called ?? { state: "working", detail: "acting" };
  }
}

function wordOf(snapshot: AnyMachineSnapshot): string {
  const outcome = String(snapshot.context.outcome);
  return outcome === "limit" ? "ended at its limit" : outcome;
}

function limitWords(path: string, { transcript }: Moment): string {
  const met = transcript.exceeded(path);
  return met === undefined ? "" : `${met.limit}: ${met.used} of ${met.max}`;
}

/** Null when it has no call under way. */
function callsDoing(path: string, { calls, transcript }: Moment): Doing | null {
  const own = (calls.get(path) ?? []).map(callOf);
  if (own.length === 0) return null;
  const asked = own.find(({ state }) => state === "approval");
  /** Of a workflow, which of its nodes it is. */
  const ofNode = (id: string, text: string) => {
    const node = transcript.call(id)?.node;
    return node === undefined ? text : `${node} › ${text}`;
  };
  if (asked !== undefined) {
    return { state: "waiting", waits_for: "approval", detail: ofNode(asked.call_id, asked.name) };
  }
  const questioned = own.find(({ state }) => state === "question");
  if (questioned !== undefined) {
    const question = transcript.call(questioned.call_id)?.questions?.questions[0]?.question ?? "";
    return { state: "waiting", waits_for: "question", detail: ofNode(questioned.call_id, question) };
  }
  return { state: "working", detail: `running ${[...new Set(own.map(({ name }) => name))].join(", ")}` };
}

const callStates: Readonly<Record<string, ActorCall["state"]>> = {
  asking: "approval",
  approved: "approved",
  running: "running",
  questioning: "question",
  answered: "answered",
};

function callOf([call_id, { name, snapshot }]: [string, OpenCall]): ActorCall {
  return { call_id, name, state: callStates[stateName(snapshot)] ?? "proposed" };
}

const outcomeStates = { completed: "done", failed: "failed", stopped: "stopped", limit: "stopped" } as const;

function supervisorDoing({ path, facts }: CrewSupervisor, moment: Moment): Doing {
  const supervisor = moment.state.supervisors[path];
  const last = facts.at(-1);
  const finished = last?.type === "team.finished" || last?.type === "mode.finished" ||
    last?.type === "workflow.finished";
  if (finished) return { state: outcomeStates[last.data.outcome], detail: last.data.reason };
  if (supervisor === undefined || hasEnded(supervisor)) return { state: "stopped", detail: "" };
  const called = callsDoing(path, moment);
  if (called?.state === "waiting") return called;
  const name = stateName(supervisor.snapshot);
  if (name === "paused") return { state: "waiting", waits_for: "resume", detail: "paused" };
  const leads = leading(path, moment);
  if (leads > 0) {
    const how = name === "running" || name === "working" ? "" : `${name.replaceAll("_", " ")}, `;
    return { state: "working", detail: `${how}leads ${leads}` };
  }
  if (called !== null) return called;
  const timed = Object.values(moment.state.effects).some(({ kind, actor }) =>
    kind === "timer.wait" && actor === path
  );
  if (timed) return { state: "waiting", waits_for: "timer", detail: "begins again after a wait" };
  return { state: "working", detail: name.replaceAll("_", " ") };
}

/** How many of those right below it have not ended. */
function leading(path: string, { state, transcript }: Moment): number {
  let count = 0;
  for (const agent of transcript.crew.agents()) if (agent.parent === path && agent.end === null) count += 1;
  for (const one of Object.values(state.supervisors)) if (one.parent === path && !hasEnded(one)) count += 1;
  return count;
}

function short(text: string, charsMax: number): string {
  return text.length <= charsMax ? text : `${text.slice(0, charsMax - 1).toWellFormed()}…`;
}

/** The kinds that have a conversation of their own. */
function converses(kind: ActorKind): boolean {
  return kind === "main" || kind === "agent";
}
