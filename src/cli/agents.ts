// `jamey agents`: lists the agents that are defined here, where each comes from, and what is wrong with broken ones.
import type { AgentDefinitionView, AgentsView } from "../protocol/agent_views.ts";
import type { Command } from "./command.ts";
import { neutralLine, shortLine } from "./neutral.ts";
import { workspaceOf } from "./new.ts";
import { tableLines } from "./table.ts";
import type { Colours } from "./terminal.ts";

const aboutCharsMax = 100;
const hasCharsMax = 60;

export const agentsCommand: Command = {
  usage: "agents",
  summary: "List the agents that are defined in this folder and by you, for the Agent tool",
  options: [["--workspace <folder>", "Another folder"]],
  examples: ["jamey agents", "jamey agents --json | jq -r '.broken[] | \"\\(.path): \\(.why)\"'"],
  async run(context, input) {
    const view = await (await context.client()).agents(workspaceOf(input.text("workspace")));
    if (context.json) context.terminal.json(view);
    else for (const line of agentLines(view, context.terminal.colours)) context.terminal.line(line);
    return view.broken.length === 0 ? 0 : 1;
  },
};

/** Definitions as a table, then the broken ones. */
export function agentLines({ agents, broken }: AgentsView, colours: Colours): string[] {
  const rows = agents.map((agent) => [
    neutralLine(agent.name),
    agent.source === "user" ? "yours" : "this folder",
    shortLine(hasText(agent), hasCharsMax),
    shortLine(agent.description.split("\n")[0] ?? "", aboutCharsMax),
  ]);
  const tint = (cell: string, { column }: { column: number }) => column === 0 ? colours.bold(cell) : cell;
  const table = rows.length === 0
    ? ["No agents are defined here: see .agents/agents/NAME.md and .claude/agents/NAME.md"]
    : tableLines(["AGENT", "FROM", "HAS", "WHAT IT IS FOR"], rows, { colours, tint });
  return [...table, ...brokenLines(broken).map((line) => `${colours.red("broken")} ${line}`)];
}

export function brokenLines(broken: AgentsView["broken"]): string[] {
  return broken.map(({ path, why }) => `${neutralLine(path)}: ${neutralLine(why)}`);
}

function hasText(
  { tools, disallowed_tools, model, permission_mode, isolation, background }: AgentDefinitionView,
) {
  const has = [
    ...tools === undefined ? ["all tools"] : [tools.join(" ")],
    ...disallowed_tools === undefined ? [] : [`not ${disallowed_tools.join(" ")}`],
    ...model === undefined ? [] : [model],
    ...permission_mode === undefined ? [] : [`mode ${permission_mode}`],
    ...isolation === undefined ? [] : ["a worktree"],
    ...background === true ? ["in the background"] : [],
  ];
  return has.join(", ");
}
