// What a team says: the facts that its decisions stand for, with the words that the machine does not know.
import { cancelledReason, parkedReason } from "../machines/cancel_end.ts";
import type { PendingEffect } from "../machines/effects.ts";
import { memberPath } from "../machines/member_path.ts";
import type { FactData, FactDraft, FactOf } from "../src/protocol/facts.ts";
import type { TeamMember } from "../src/protocol/team_facts.ts";
import { usageOf } from "./agent_usage.ts";
import type { SupervisorMoment, SupervisorVoice } from "./supervisor_voice.ts";
import { isWaiting, memberEnds, membersOf, type TeamMemberView } from "./team_view.ts";
import { memberInstructions, quoted, tasksWords, teamNote } from "./team_words.ts";

type Team = FactData<"team.started">;
type Params = PendingEffect["params"];
/** Members that a note tells of one by one. */
const namedMax = 20;

interface Moment extends SupervisorMoment {
  path: string;
  team: Team;
}

export const teamVoice: SupervisorVoice = ({ kind, actor: path, params }, moment) => {
  const start = moment.transcript.crew.supervisor(path)?.start;
  if (start?.type !== "team.started") throw new Error(`"${path}" is no team`);
  const here = { ...moment, path, team: start.data };
  switch (kind) {
    case "agent.start":
      return started(here, String(params.member));
    case "agent.tell":
      return told(here, params);
    case "agent.end":
      return ended(here, params);
    case "supervisor.say":
      return said(here, params);
    default:
      throw new Error(`A team does not ask for "${kind}"`);
  }
};

function started({ path, team }: Moment, name: string): FactDraft {
  const member = team.members.find((one) => one.name === name);
  if (member === undefined) throw new Error(`There is no member "${name}" in "${path}"`);
  const { prompt, instructions: _, ...profile }: TeamMember = member;
  return {
    actor: memberPath(path, name),
    type: "agent.started",
    data: {
      agent: name,
      parent: path,
      description: member.role ?? `member of ${team.name}`,
      prompt,
      kind: "member",
      ...profile,
      instructions: memberInstructions(team, member),
    },
  };
}

function told(moment: Moment, params: Params): FactDraft {
  const { team, transcript } = moment;
  const name = String(params.member);
  const { max_turns } = team.members.find((one) => one.name === name) ?? {};
  const message_id = String(params.message_id);
  return {
    actor: String(params.agent),
    type: "message.received",
    data: {
      message_id,
      text: teamNote(tellWords()),
      delivery: "steer",
      source: "supervisor",
      ...(max_turns === undefined ? {} : { max_steps: max_turns }),
    },
  };

  function tellWords(): string {
    if (params.why === "tasks") return tasksWords(transcript.work.tasks(), names(params.tasks));
    if (params.why === "again") {
      return "Your last turn failed and begins again: look how far it came, and go on from there.";
    }
    const others = membersOf(moment, moment.path).filter((one) => one.name !== name && one.state !== "done");
    const waits = others.slice(0, namedMax).map(restingLine);
    if (others.length > waits.length) waits.push(`- and ${others.length - waits.length} more`);
    return [
      "Everybody in the team rests. If your part is done call WorkDone; else go on with it, or write to whoever you wait for.",
      ...waits.length === 0 ? [] : ["Who is not done besides you:", ...waits],
    ].join("\n");
  }
}

function ended({ path, team, transcript, state }: Moment, params: Params): FactDraft {
  const agent = String(params.member);
  const actor = String(params.agent);
  const usage = usageOf(actor, state.at, transcript);
  if (params.how === "finished") {
    const result = memberEnds(transcript, path).get(agent) ?? "";
    return { actor, type: "agent.finished", data: { agent, result, usage } };
  }
  const error = state.agents[actor]?.context.error?.message;
  if (params.how === "failed") {
    const data = { agent, error: `its turn failed ${tries(team)}: ${error ?? "no reason was given"}`, usage };
    return { actor, type: "agent.failed", data };
  }
  const reason = transcript.crew.supervisor(path)?.facts.some(({ type }) => type === "team.round_ended")
    ? "it had not said that its work is done when it was ended"
    : "it was ended before its work was done";
  return { actor, type: "agent.stopped", data: { agent, reason, usage } };
}

function tries({ restart }: Team): string {
  return restart.max === 0 ? "and is not begun again" : `${restart.max + 1} times in a row`;
}

function said(moment: Moment, params: Params): FactDraft {
  const { path: actor } = moment;
  const key = String(params.key);
  switch (params.what) {
    case "failed": {
      const member = String(params.member);
      const error = moment.state.agents[memberPath(actor, member)]?.context.error?.message;
      const data = {
        key,
        member,
        error: String(error ?? "its turn failed"),
        attempt: Number(params.attempt),
        restarts: params.restarts === true,
        after_ms: Number(params.after_ms),
      };
      return { actor, type: "team.member_failed", data };
    }
    case "mail":
      return mail(moment, key, String(params.member));
    case "round":
      return { actor, type: "team.round_ended", data: roundData(moment, key, Number(params.round)) };
    case "finished":
      return { actor, type: "team.finished", data: endData(moment, key, params) };
    default:
      throw new Error(`A team does not say "${params.what}"`);
  }
}

/** The others hear of a member that is gone. */
function mail({ path, team, state, transcript }: Moment, key: string, name: string): FactDraft {
  const there = team.members.map((member) => memberPath(path, member.name))
    .filter((member) => Object.hasOwn(state.agents, member));
  const end = transcript.crew.agent(memberPath(path, name))?.end;
  const how = end?.how === "failed" ? "was given up" : "was stopped";
  const text = `The member ${name} ${how}: ${quoted(end?.text ?? "")}. Do not wait for it.`;
  const to = there.length === 0 ? [team.parent] : there;
  return { actor: path, type: "team.message_sent", data: { message_id: key, from: "team", to, text, key } };
}

function roundData(moment: Moment, key: string, round: number): FactOf<"team.round_ended">["data"] {
  const resting = membersOf(moment, moment.path).filter(({ state }) =>
    state === "idle" || state === "waiting"
  );
  const waiting = resting.filter(({ path }) => isWaiting(moment, path)).map(({ name }) => name);
  const reason = `everybody rests: ${resting.map(({ name, detail }) => `${name} ${detail}`).join("; ")}`;
  return { key, round, resting: resting.map(({ name }) => name), waiting, reason };
}

function endData(moment: Moment, key: string, params: Params): FactOf<"team.finished">["data"] {
  const { path, team, transcript } = moment;
  const said = memberEnds(transcript, path);
  const members = membersOf(moment, path).map(({ name, state, detail }) => ({
    name,
    state,
    summary: `${said.get(name) ?? detail}${apart(team, name)}`,
  }));
  // The machine's own word.
  const outcome = params.outcome as FactOf<"team.finished">["data"]["outcome"];
  return { key, team: team.team, outcome, reason: endReason(moment, String(params.why), members), members };
}

/** Where the work of a member is that had a worktree of its own. */
function apart({ members }: Team, name: string): string {
  const tree = members.find((member) => member.name === name)?.worktree;
  return tree === undefined
    ? ""
    : ` (its work, if there is any, is on the branch "${tree.branch}", in "${tree.path}")`;
}

function endReason(
  { path, transcript }: Moment,
  why: string,
  members: readonly { name: string; state: string; summary: string }[],
): string {
  const missing = members.filter(({ state }) => state !== "done");
  const last = transcript.crew.supervisor(path)?.facts.findLast(({ type }) => type === "team.round_ended");
  const before = last?.type === "team.round_ended" ? ` (${last.data.reason})` : "";
  const notDone = missing.map(({ name, state, summary }) => `${name} ${state}: ${quoted(summary)}`).join(
    "; ",
  );
  switch (why) {
    case "done":
      return "every member said that its work is done";
    case "stuck":
      return `nothing happened any more, and these were not done: ${
        missing.map(({ name }) => name).join(", ")
      }${before}`;
    case "rounds":
      return `everybody rested too often, and these were not done: ${
        missing.map(({ name }) => name).join(", ")
      }${before}`;
    case "cancelled":
      return cancelledReason;
    case "parked":
      return parkedReason;
    case "forked":
      return "in a fork nothing runs that ran before";
    default:
      return `these did not finish: ${notDone}`;
  }
}

function restingLine({ name, detail }: TeamMemberView): string {
  return `- ${name} ${detail}`;
}

function names(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}
