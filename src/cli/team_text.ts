// A team in a terminal: its members, how far each is, and how it ended.
import type { TeamView } from "../protocol/team_spec.ts";
import { neutralLine, shortLine } from "./neutral.ts";
import type { Colours } from "./terminal.ts";

const goalShownMax = 200;
const detailShownMax = 300;

export function teamLines(team: TeamView, colours: Colours): string[] {
  const width = Math.max(...team.members.map(({ name }) => name.length));
  const members = team.members.map((member) => {
    const role = member.role === "" ? "" : ` ${colours.dim(`(${neutralLine(member.role)})`)}`;
    const tasks = member.tasks.length === 0 ? "" : ` [${member.tasks.map(neutralLine).join(", ")}]`;
    const failures = member.failures === 0 ? "" : ` (failed ${member.failures} times)`;
    return `  ${member.name.padEnd(width)} ${member.state.padEnd(7)}${role}${tasks}${failures} ${
      colours.dim(shortLine(member.detail, detailShownMax))
    }`;
  });
  const milestones = team.milestones.map(({ name, reached_by }) =>
    `  ${reached_by === null ? "[ ]" : "[x]"} ${neutralLine(name)}${
      reached_by === null ? "" : ` (${reached_by})`
    }`
  );
  return [
    `${colours.bold(neutralLine(team.path))} ${team.state}: ${shortLine(team.goal, goalShownMax)}`,
    ...members,
    ...milestones.length === 0 ? [] : ["  Milestones:", ...milestones],
    ...team.reason === "" ? [] : [`  ${shortLine(team.reason, detailShownMax)}`],
  ];
}
