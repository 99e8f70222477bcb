// What a run of any mode keeps between two facts, and its moves: who is asked, who has answered, who failed, who is let go.
// Pure: each move gives the next context, with the requests it makes.
import type { JsonObject } from "../../src/protocol/json.ts";
import type { FactData, FactOf } from "../../src/protocol/facts.ts";
import type { RestartPolicy, SupervisorOutcome } from "../../src/protocol/supervisor_facts.ts";
import { backoffMs } from "../backoff.ts";
import type { EffectRequest } from "../step.ts";
import type { SupervisorEvent, SupervisorInput } from "../supervisor_events.ts";
import { memberPath } from "../member_path.ts";

export type Said = FactData<"mode.said">;

/**
 * `new`: not begun; `asked`: it is to answer; `saying`: its answer is being noted; `rests`: it has answered; `waits`: its
 * turn failed and begins again later; `gone`: given up, or let go at the end.
 */
export type MemberLife = "new" | "asked" | "saying" | "rests" | "waits" | "gone";

export interface RunMember {
  name: string;
  part: Said["part"];
  life: MemberLife;
  /** Its own turn runs, for us or for a person who wrote to it. */
  busy: boolean;
  /** Turns of it that failed in this run. */
  failures: number;
  /** Its verdict when it was asked last; null: it has not answered yet. */
  verdict: Said["verdict"] | null;
}

export interface RunEnding {
  outcome: SupervisorOutcome;
  reason: string;
  /** The member whose last words are the answer; null: there is none. */
  by: string | null;
}

export interface RunContext {
  /** The path of the run. */
  actor: string;
  members: readonly RunMember[];
  restart: RestartPolicy;
  roundsMax: number;
  round: number;
  /** What members are asked for now. */
  what: Said["what"];
  /** Decisions so far: they number the keys of what is said and asked. */
  decisions: number;
  ending: RunEnding | null;
  /** What the last move asks for. */
  requests: readonly EffectRequest[];
}

export type RunInput = SupervisorInput<FactOf<"mode.started">>;

export function beginRun({ actor, data: { settings } }: RunInput): RunContext {
  return {
    actor,
    members: settings.members.map(({ name, part }) => ({
      name,
      part,
      life: "new",
      busy: false,
      failures: 0,
      verdict: null,
    })),
    restart: settings.restart,
    roundsMax: settings.rounds_max,
    round: 0,
    what: "answer",
    decisions: 0,
    ending: null,
    requests: [],
  };
}

export const isAlive = ({ life }: RunMember) => life !== "gone";
export const owes = ({ life }: RunMember) => life === "asked" || life === "saying" || life === "waits";

/** Asks these members, each for the same; who was never asked before begins with it. */
export function ask(context: RunContext, names: readonly string[], what: Said["what"]): RunContext {
  let next: RunContext = { ...context, what, requests: [] };
  for (const name of names) next = askOne(next, name, false);
  return next;
}

function askOne(context: RunContext, name: string, again: boolean): RunContext {
  const member = context.members.find((one) => one.name === name);
  if (member === undefined || member.life === "gone") return context;
  const { round, what } = context;
  const words = { agent: memberPath(context.actor, name), member: name, round, what, again };
  const asked = change(context, name, { life: "asked", busy: true, verdict: null });
  if (member.life === "new") return request(asked, "agent.start", words);
  const { key, after } = nextKey(asked);
  return request(after, "agent.tell", { message_id: key, ...words });
}

/** What became of a member, by an event about it. Others change nothing. */
export function hear(context: RunContext, event: SupervisorEvent): RunContext {
  const quiet: RunContext = { ...context, requests: [] };
  switch (event.type) {
    case "mode.said": {
      const { member, verdict } = event.data;
      const said = quiet.members.find(({ name }) => name === member);
      return said?.life === "saying" ? change(quiet, member, { life: "rests", verdict }) : quiet;
    }
    case "timer.fired": {
      const waiting = quiet.members.find((member) =>
        member.life === "waits" && timerId(quiet, member) === event.timer_id
      );
      return waiting === undefined ? quiet : askOne(quiet, waiting.name, true);
    }
    case "child.began":
    case "child.ended":
    case "child.rested": {
      const member = quiet.members.find(({ name }) => memberPath(quiet.actor, name) === event.child);
      if (member === undefined) return quiet;
      if (event.type === "child.began") return change(quiet, member.name, { busy: true });
      if (event.type === "child.ended") return change(quiet, member.name, { busy: false, life: "gone" });
      const rested = change(quiet, member.name, { busy: false });
      // What it said to somebody else who wrote to it is no answer.
      if (member.life !== "asked") return rested;
      return event.outcome === "completed" ? answered(rested, member) : failed(rested, member, event);
    }
    default:
      return quiet;
  }
}

function answered(context: RunContext, { name, part }: RunMember): RunContext {
  const { round, what } = context;
  return say(change(context, name, { life: "saying" }), "mode.said", { member: name, part, round, what });
}

/** A turn that failed begins again as the policy allows; one that was cancelled or used up its calls does not. */
function failed(
  context: RunContext,
  member: RunMember,
  { outcome, at }: Extract<SupervisorEvent, { type: "child.rested" }>,
): RunContext {
  const { name } = member;
  const attempt = member.failures + 1;
  const { max, backoff_ms } = context.restart;
  const restarts = outcome === "failed" && attempt <= max;
  const after_ms = restarts ? backoffMs(backoff_ms, attempt) : 0;
  const told = say(
    change(context, name, { life: restarts ? "waits" : "gone", failures: attempt }),
    "mode.member_failed",
    { member: name, attempt, restarts, after_ms, outcome },
  );
  const agent = memberPath(context.actor, name);
  if (!restarts) return request(told, "agent.end", { agent, member: name, how: "failed", outcome });
  const timer_id = timerId(told, { name, failures: attempt });
  return request(told, "timer.wait", { timer_id, at, after_ms });
}

function timerId({ actor }: RunContext, { name, failures }: Pick<RunMember, "name" | "failures">): string {
  return `${actor}#${name}.${failures}`;
}

/** Lets every member go that is not at work; nobody waits for a timer any more. */
export function release(context: RunContext): RunContext {
  let next: RunContext = { ...context, requests: [] };
  for (const member of context.members) {
    if (member.life === "gone" || member.busy) continue;
    if (member.life === "waits") next = request(next, "timer.drop", { timer_id: timerId(next, member) });
    if (member.life !== "new") {
      const agent = memberPath(next.actor, member.name);
      next = request(next, "agent.end", {
        agent,
        member: member.name,
        how: "finished",
        outcome: "completed",
      });
    }
    next = change(next, member.name, { life: "gone" });
  }
  return next;
}

/** At the end it does not matter any more what a member said: one that has come to rest is let go. */
export function letGo(context: RunContext, event: SupervisorEvent): RunContext {
  if (event.type !== "child.rested" && event.type !== "child.ended") return { ...context, requests: [] };
  const member = context.members.find(({ name }) => memberPath(context.actor, name) === event.child);
  if (member === undefined) return { ...context, requests: [] };
  const life = event.type === "child.ended" ? "gone" : member.life;
  return release(change(context, member.name, { busy: false, life }));
}

/** The round is over, for this reason. */
export function endRound(context: RunContext, reason: string): RunContext {
  return say({ ...context, requests: [] }, "mode.round_ended", { round: context.round, reason });
}

/** The last word of the run. */
export function finish(context: RunContext): RunContext {
  const { outcome, reason, by } = context.ending ?? lost;
  return say({ ...context, requests: [] }, "mode.finished", { outcome, reason, by });
}

const lost: RunEnding = { outcome: "failed", reason: "it ended without a reason", by: null };

function say(context: RunContext, type: string, words: JsonObject): RunContext {
  const { key, after } = nextKey(context);
  return request(after, "supervisor.say", { key, say: type, ...words });
}

function nextKey(context: RunContext): { key: string; after: RunContext } {
  const decisions = context.decisions + 1;
  return { key: `${context.actor}.${decisions}`, after: { ...context, decisions } };
}

function request(context: RunContext, kind: string, params: JsonObject): RunContext {
  return { ...context, requests: [...context.requests, { kind, params }] };
}

function change(context: RunContext, name: string, to: Partial<RunMember>): RunContext {
  const members = context.members.map((member) => member.name === name ? { ...member, ...to } : member);
  return { ...context, members };
}
