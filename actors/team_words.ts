// What members of a team are told: who they are among the others, and what goes on around them.
import { isEnded, openBlockers } from "../machines/tasks.ts";
import { enclosed } from "../src/protocol/enclosed.ts";
import type { FactData, SupervisorFact } from "../src/protocol/facts.ts";
import type { TeamMember } from "../src/protocol/team_facts.ts";
import type { Task } from "../src/protocol/work_facts.ts";

type Team = FactData<"team.started">;

/** Others that a member is told of by name; more are found by asking. */
const rosterMax = 50;
/** Characters of one thing that is quoted in a sentence. */
const quotedMax = 300;

/** Added to the system prompt of a member. */
export function memberInstructions(team: Team, { name, instructions }: TeamMember): string {
  const others = team.members.filter((member) => member.name !== name);
  const listed = others.slice(0, rosterMax).map((member) =>
    `- ${member.name}${member.role === undefined ? "" : ` (${member.role})`}`
  );
  if (others.length > listed.length) listed.push(`- and ${others.length - listed.length} more`);
  return [
    `You are a member of the team "${team.name}". Its goal: ${team.goal}`,
    ["The other members:", ...listed.length === 0 ? ["- nobody"] : listed].join("\n"),
    [
      "How the team works:",
      '- SendMessage writes to a member by its name, to all of them with "@all", to whoever leads the team with "lead". What they write to you reaches you as <message from="NAME">; the words of <message from="team"> are the team\'s own.',
      "- The tasks of the session (TaskList, TaskCreate, TaskUpdate) are the team's: `owner` is the name of a member, `blocked_by` says what must end before. You hear of it when a task of yours can be begun.",
      ...milestoneLine(team),
      "- When there is nothing for you to do until somebody writes, end your turn: you are woken.",
      "- When your whole part is done call WorkDone with a summary of what came out of it. The turn you are in is then your last.",
    ].join("\n"),
    ...instructions === undefined ? [] : [instructions],
  ].join("\n\n");
}

function milestoneLine({ milestones }: Team): string[] {
  if (milestones.length === 0) return [];
  const names = milestones.map((name) => `"${name}"`).join(", ");
  return [`- Milestones: ${names}. When you have reached one call WorkDone with \`milestone\` and go on.`];
}

/** Words of the team itself, as its members read them. */
export function teamNote(text: string): string {
  return enclosed("message", text, "team");
}

export function tasksWords(tasks: readonly Task[], ids: readonly string[]): string {
  const own = tasks.filter(({ task_id }) => ids.includes(task_id));
  const lines = own.map(({ task_id, subject, description }) =>
    `Task "${task_id}": ${subject}${description === "" ? "" : `\n${description}`}`
  );
  return ["What is yours can be begun now:", ...lines].join("\n\n");
}

/** Why a member does nothing now: the tasks of its own that wait, or that it has none. */
export function waitsFor(tasks: readonly Task[], owns: (task: Task) => boolean): string | null {
  const own = tasks.filter((task) => owns(task) && !isEnded(task));
  const held = own.filter((task) => openBlockers(tasks, task).length > 0);
  const [first] = held;
  if (first === undefined || held.length < own.length) return null;
  const blockers = openBlockers(tasks, first).map((id) => {
    const owner = tasks.find(({ task_id }) => task_id === id)?.owner ?? null;
    return `"${id}"${owner === null ? " of nobody" : ` of ${owner}`}`;
  });
  return `task "${first.task_id}" waits for ${blockers.join(", ")}`;
}

/** What the call that began a team is told: the end of it, or that it goes on. */
export function teamResult(team: Team, facts: readonly SupervisorFact[]): string {
  const last = facts.at(-1);
  if (last?.type === "team.finished") {
    const said = last.data.members.map(({ name, state, summary }) => `- ${name} (${state}): ${summary}`);
    return [`The team ended, ${last.data.outcome}: ${last.data.reason}`, ...said].join("\n");
  }
  const members = team.members.map(({ name }) => name).join(", ");
  const goesOn =
    `Team "${team.name}" works beside this conversation (${members}): you hear when it ends, and can write to its members`;
  if (team.wait !== "hybrid") return goesOn;
  const reached = facts.flatMap((fact) =>
    fact.type === "team.milestone_reached" ? [`- ${fact.data.milestone} (${fact.data.member})`] : []
  );
  return ["All milestones are reached:", ...reached, goesOn].join("\n");
}

export function quoted(text: string): string {
  return text.length <= quotedMax ? text : `${text.slice(0, quotedMax).toWellFormed()}…`;
}
