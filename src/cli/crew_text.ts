// Facts of the other agents of a session in words: sub-agents, mail, teams, modes, workflows, timers.
import type { ActorBudget } from "../protocol/agent_facts.ts";
import { after, bounded, short, type Words } from "./fact_words.ts";

export const crewWords: Words = {
  "agent.started": ({ agent, name, kind = "task", role, description, parent }) => [
    `agent ${short(name ?? agent)} started by ${short(parent)} (${kind}${
      role === undefined ? "" : `, ${short(role)}`
    })${after(description)}`,
  ],
  "agent.resumed": ({ agent }) => [`agent ${short(agent)} taken up again after a restart`],
  "agent.restarted": ({ agent, attempt, after_ms, error }) => [
    `agent ${short(agent)} begins again in ${(after_ms / 1000).toFixed(1)} s (restart ${attempt})${
      after(error)
    }`,
  ],
  "agent.finished": ({ agent, result }) => [`agent ${short(agent)} finished${after(result)}`],
  "agent.failed": ({ agent, error }) => [`agent ${short(agent)} failed${after(error)}`],
  "agent.stopped": ({ agent, reason }) => [`agent ${short(agent)} stopped${after(reason)}`],
  "agent.worktree_left": ({ agent, path, branch, removed, reason }) => [
    `agent ${short(agent)} left its worktree ${short(path)} (branch ${short(branch)}): ${
      removed ? "removed" : "kept"
    }${after(reason)}`,
  ],
  "timer.fired": ({ timer_id }) => [`the time has come: ${short(timer_id)}`],
  "team.message_sent": ({ from, to, text }) => [`${short(from)} to ${short(to.join(", "))}${after(text)}`],
  "team.started": ({ name, goal, members, wait, milestones, by, budget }) => [
    `team ${short(name)} started (${short(by)}, ${wait})${after(goal)}${budgetText(budget)}`,
    ...bounded(
      members,
      (one) => `${short(one.name)}${one.role === undefined ? "" : ` (${short(one.role)})`}`,
    ),
    ...bounded(milestones, (milestone) => `milestone ${short(milestone)}`),
  ],
  "team.work_done": ({ member, summary }) => [`${short(member)} is done${after(summary)}`],
  "team.milestone_reached": ({ milestone, member }) => [`${short(member)} reached ${short(milestone)}`],
  "team.member_failed": (data) => [failedText(data)],
  "team.round_ended": ({ round, resting, reason }) => [
    `round ${round} ended${after(reason)}${resting.length === 0 ? "" : ` (${short(resting.join(", "))})`}`,
  ],
  "team.finished": ({ team, outcome, reason, members }) => [
    `team ${short(team)} ended, ${outcome}${after(reason)}`,
    ...bounded(members, ({ name, state, summary }) => `${short(name)} (${short(state)})${after(summary)}`),
  ],
  "mode.started": ({ mode, of_seq, settings: { members, rounds_max, budget } }) => [
    `${mode} begins for message #${of_seq}, at most ${rounds_max} rounds${budgetText(budget)}`,
    ...bounded(members, ({ name, part }) => `${short(name)} (${part})`),
  ],
  "mode.said": ({ member, part, round, what, verdict }) => [
    `${short(member)} (${part}), round ${round}: ${what}${verdict === "none" ? "" : `, ${verdict}`}`,
  ],
  "mode.member_failed": (data) => [failedText(data)],
  "mode.round_ended": ({ round, reason }) => [`round ${round} ended${after(reason)}`],
  "mode.finished": ({ outcome, reason, text }) => [
    `the mode ended, ${outcome}${after(reason)}`,
    ...text === "" ? [] : [short(text)],
  ],
  "workflow.started": ({ workflow, name, by, source, inputs, budget }) => [
    `workflow ${short(name)} (${short(workflow)}) started by ${short(by)}${
      source === undefined ? "" : ` from ${short(source)}`
    }${budgetText(budget)}`,
    ...bounded(Object.entries(inputs), ([key, value]) => `${short(key)} = ${short(JSON.stringify(value))}`),
  ],
  "workflow.node_started": ({ node, run, visit, attempt }) => [
    `node ${short(node)} started (${short(run)})${visit > 1 ? `, visit ${visit}` : ""}${
      attempt > 1 ? `, attempt ${attempt}` : ""
    }`,
  ],
  "workflow.node_finished": ({ node, run, output, next }) => [
    `node ${short(node)} finished (${short(run)})${nextText(next)}${after(JSON.stringify(output))}`,
  ],
  "workflow.node_failed": ({ node, run, attempt, error, retries, after_ms, pauses, next }) => [
    `node ${short(node)} failed (${short(run)}, attempt ${attempt})${after(error)}${
      pauses ? "; paused, again when it is resumed" : retries ? `; again in ${after_ms} ms` : nextText(next)
    }`,
  ],
  "workflow.paused": ({ by, reason }) => [`paused by ${short(by)}${after(reason)}`],
  "workflow.resumed": ({ by }) => [`goes on, resumed by ${short(by)}`],
  "workflow.edited": ({ by }) => [`edited by ${short(by)}`],
  "workflow.finished": ({ workflow, outcome, reason, outputs }) => [
    `workflow ${short(workflow)} ended, ${outcome}${after(reason)}`,
    ...bounded(Object.entries(outputs), ([key, value]) => `${short(key)} = ${short(JSON.stringify(value))}`),
  ],
};

interface Failure {
  member: string;
  error: string;
  attempt: number;
  restarts: boolean;
  after_ms: number;
}

function failedText({ member, error, attempt, restarts, after_ms }: Failure): string {
  const then = restarts ? `begins again in ${after_ms} ms` : "is given up";
  return `${short(member)} failed (attempt ${attempt}) and ${then}${after(error)}`;
}

function nextText(next: readonly string[]): string {
  return next.length === 0 ? "" : `, then ${short(next.join(", "))}`;
}

function budgetText(budget: ActorBudget | undefined): string {
  if (budget === undefined) return "";
  const limits = Object.entries(budget).map(([limit, max]) => `${limit.replaceAll("_", " ")} ${String(max)}`);
  return limits.length === 0 ? "" : `, budget ${short(limits.join(", "))}`;
}
