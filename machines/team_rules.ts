// The rules of a team, as a pure reducer: who is begun again, told or ended, and when all of it is over.
import type { FactOf } from "../src/protocol/facts.ts";
import type { Task } from "../src/protocol/work_facts.ts";
import { backoffMs } from "./backoff.ts";
import { cancelEnd } from "./cancel_end.ts";
import { memberNamed, memberPath } from "./member_path.ts";
import type { SupervisorEvent, SupervisorInput, TaskChange } from "./supervisor_events.ts";
import { foldTasks, readyTasks } from "./tasks.ts";
import type { TeamContext, TeamEnd } from "./team_context.ts";
import {
  type At,
  change,
  type Draft,
  dropTimer,
  end,
  find,
  fresh,
  living,
  say,
  stopLooking,
  tell,
  waitFor,
} from "./team_draft.ts";

/** Rounds in a row in which nothing happened although everybody was told: then it ends. */
export const staleRoundsMax = 2;
/** Rounds of one team, whatever happens in them. */
export const roundsMax = 50;
/** While something outside is waited for it is looked at again: the first wait, which doubles, and the longest. */
const lookMsFirst = 30_000;
const lookMsMax = 600_000;

export function beginTeam({ actor, data }: SupervisorInput<FactOf<"team.started">>): TeamContext {
  const { members, milestones, restart, wait, tasks = [] } = data;
  const callId = data.call_id ?? null;
  const reports = wait === "background" && callId !== null;
  const starts = members.map(({ name }) => ({
    kind: "agent.start",
    params: { agent: memberPath(actor, name), member: name },
  }));
  return {
    path: actor,
    callId: reports ? null : callId,
    wait,
    milestones,
    restart,
    members: Object.fromEntries(members.map(({ name }) => [name, fresh])),
    tasks: tasks.map((task): Task => ({ ...task, owner: ownerName(actor, task.owner), ...wordless })),
    told: [],
    round: 0,
    stale: 0,
    stirred: true,
    quiet: null,
    looks: 0,
    end: null,
    finishing: false,
    requests: [...starts, ...reports ? [{ kind: "call.report", params: { call_id: callId } }] : []],
  };
}

const wordless = { subject: "", description: "", documents: [] };

/** What an event changes. */
export function decideTeam(context: TeamContext, event: SupervisorEvent): TeamContext {
  const team: Draft = { ...context, members: { ...context.members }, requests: [] };
  follow(team, event);
  if ("at" in event) settle(team, event);
  return team;
}

function follow(team: Draft, event: SupervisorEvent): void {
  switch (event.type) {
    case "child.began":
      return began(team, event.child);
    case "child.rested":
      return rested(team, event);
    case "child.ended":
      return ended(team, event);
    case "timer.fired":
      return fired(team, event);
    case "task.created":
    case "task.updated":
      return changeTask(team, event);
    case "team.stirred":
      team.stirred = true;
      return;
    case "team.work_done":
      change(team, event.data.member, { said: true });
      team.stirred = true;
      return;
    case "team.milestone_reached":
      return reach(team, event.data.milestone);
    case "team.round_ended":
      return round(team, event, event.data.waiting ?? []);
    case "turn.cancelled":
      return stop(team, {
        outcome: cancelEnd(event.outcome).outcome,
        why: event.outcome === "parked" ? "parked" : "cancelled",
      });
    case "session.forked":
      return stop(team, { outcome: "stopped", why: "forked" });
    case "team.finished":
      return report(team);
  }
}

/** Somebody else began the turn of a member that rested: mail, or a person. */
function began(team: Draft, child: string): void {
  const { name, member } = find(team, child);
  if (member === undefined || (member.at !== "idle" && member.at !== "retrying")) return;
  if (member.at === "retrying") dropTimer(team, `again:${name}`);
  change(team, name, { at: "working" });
  team.stirred = true;
  stopLooking(team);
}

function rested(team: Draft, event: Extract<SupervisorEvent, { type: "child.rested" }>): void {
  const { name, member } = find(team, event.child);
  if (member?.at !== "working") return;
  if (member.said) return end(team, name, "finished");
  if (team.end !== null) return end(team, name, "stopped");
  switch (event.outcome) {
    case "completed":
      change(team, name, { at: "idle", tries: 0, limited: false });
      return tellTasks(team, name, event);
    case "limit":
      return change(team, name, { at: "idle", limited: true });
    case "failed":
      return fail(team, name, event);
    default:
      return end(team, name, "stopped");
  }
}

function fail(team: Draft, name: string, event: At): void {
  const attempt = (team.members[name]?.tries ?? 0) + 1;
  const { max, backoff_ms } = team.restart;
  const restarts = attempt <= max;
  const after_ms = restarts ? backoffMs(backoff_ms, attempt) : 0;
  change(team, name, { tries: attempt, at: "retrying" });
  say(team, event, { what: "failed", member: name, attempt, restarts, after_ms });
  if (restarts) waitFor(team, event, { timer: `again:${name}`, after_ms });
  else end(team, name, "failed");
}

function ended(team: Draft, event: Extract<SupervisorEvent, { type: "child.ended" }>): void {
  const { name, member } = find(team, event.child);
  if (member === undefined) return;
  if (member.at === "retrying") dropTimer(team, `again:${name}`);
  change(team, name, { at: event.how === "finished" ? "done" : event.how });
  stopLooking(team);
  if (event.how === "finished" || team.end !== null || living(team).length === 0) return;
  say(team, event, { what: "mail", member: name });
}

function fired(team: Draft, event: Extract<SupervisorEvent, { type: "timer.fired" }>): void {
  const timer = event.timer_id.slice(team.path.length + 1);
  if (timer === "look" && team.quiet === "looking") team.quiet = null;
  const name = timer.startsWith("again:") ? timer.slice("again:".length) : "";
  if (team.members[name]?.at === "retrying") tell(team, name, event, { why: "again" });
}

function changeTask(
  team: Draft,
  event: At & { type: "task.created" | "task.updated"; by: string; data: TaskChange },
): void {
  team.tasks = foldTasks(team.tasks, taskFact(team, event));
  const ready = new Set(readyTasks(team.tasks).map((task) => task.task_id));
  team.told = team.told.filter((id) => ready.has(id));
  team.stirred = true;
  if (team.end !== null) return;
  for (const [name, { at }] of Object.entries(team.members)) if (at === "idle") tellTasks(team, name, event);
}

function taskFact(
  { path }: Draft,
  { type, by, data }: { type: "task.created" | "task.updated"; by: string; data: TaskChange },
) {
  const { task_id, owner, blocked_by = [] } = data;
  if (type === "task.created") {
    const made = { task_id, blocked_by, owner: ownerName(path, owner ?? null), ...wordless };
    return { actor: by, type, data: made };
  }
  const named = owner === undefined ? {} : { owner: ownerName(path, owner) };
  return { actor: by, type, data: { ...data, ...named } };
}

/** Members go by their names, with "@" or without, and by their paths. */
function ownerName(team: string, owner: string | null): string | null {
  return owner === null ? null : memberNamed(team, owner) ?? owner.replace(/^@/, "");
}

/** A member that rests hears of the tasks of its own that can be begun, of each once. */
function tellTasks(team: Draft, name: string, event: At): void {
  const ids = readyTasks(team.tasks)
    .filter(({ task_id, owner }) => owner === name && !team.told.includes(task_id)).map((task) =>
      task.task_id
    );
  if (ids.length === 0) return;
  team.told = [...team.told, ...ids];
  tell(team, name, event, { why: "tasks", tasks: ids });
}

function reach(team: Draft, milestone: string): void {
  team.milestones = team.milestones.filter((other) => other !== milestone);
  team.stirred = true;
  if (team.wait === "hybrid" && team.milestones.length === 0) report(team);
}

/** Everybody rests, and what that looks like has been written: whoever has not said that its work is done is told. */
function round(team: Draft, event: At, waiting: readonly string[]): void {
  if (team.end !== null) return;
  team.quiet = null;
  const left = living(team);
  if (left.some((name) => team.members[name]?.at !== "idle")) return;
  if (waiting.length > 0) {
    team.quiet = "looking";
    waitFor(team, event, { timer: "look", after_ms: Math.min(lookMsFirst * 2 ** team.looks, lookMsMax) });
    team.looks = Math.min(team.looks + 1, 10);
    return;
  }
  team.stale = team.stirred ? 0 : team.stale + 1;
  team.stirred = false;
  team.looks = 0;
  if (team.stale < staleRoundsMax && team.round < roundsMax) {
    for (const name of left) tell(team, name, event, { why: "round" });
    return;
  }
  const limited = left.some((name) => team.members[name]?.limited);
  const why = team.stale >= staleRoundsMax ? "stuck" : "rounds";
  team.end = { outcome: limited ? "limit" : "failed", why };
  for (const name of left) end(team, name, "stopped");
}

/** All that works is told to stop, and ends when it has; the others end now. */
function stop(team: Draft, why: TeamEnd): void {
  team.requests.push({ kind: "work.cancel", params: {} });
  if (team.end !== null) return;
  team.end = why;
  stopLooking(team);
  for (const [name, { at }] of Object.entries(team.members)) {
    if (at === "retrying") dropTimer(team, `again:${name}`);
    if (at === "idle" || at === "retrying") end(team, name, "stopped");
  }
}

function settle(team: Draft, event: At): void {
  if (team.finishing || Object.values(team.members).some(({ at }) => at === "ending")) return;
  const left = living(team);
  if (left.length === 0) {
    const done = Object.values(team.members).every(({ at }) => at === "done");
    team.end ??= done ? { outcome: "completed", why: "done" } : { outcome: "failed", why: "gone" };
    team.finishing = true;
    return say(team, event, { what: "finished", ...team.end });
  }
  const rests = left.every((name) => team.members[name]?.at === "idle");
  if (!rests || team.end !== null || team.quiet !== null) return;
  team.quiet = "asked";
  team.round += 1;
  say(team, event, { what: "round", round: team.round });
}

/** The call that waits gets its result, once. */
function report(team: Draft): void {
  if (team.callId === null) return;
  team.requests.push({ kind: "call.report", params: { call_id: team.callId } });
  team.callId = null;
}
