// The Agent tool as models see it: a call whose work is another agent of the same session, in the same log, under its own
// path. What it may name depends on the folder.
import { z } from "zod";
import { type AgentSet } from "../src/context/agent_definitions.ts";
import { writtenBudget } from "../src/protocol/written_budget.ts";
import type { Tool, ToolSource } from "../tools/contract.ts";
import { defineTool } from "../tools/define_tool.ts";
import { agentToolName } from "./tool_names.ts";

/** The agent of a call that names no definition. */
export const generalAgent = "general-purpose";
/** Of a definition's description, in the list that every request carries. */
const aboutCharsMax = 300;
const listedMax = 60;
const agentNamePattern = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/;

export const agentArgs = z.strictObject({
  description: z.string().min(1).max(200).describe("The task in three to six words"),
  prompt: z.string().min(1).max(100_000).describe("All the sub-agent needs to know: it sees nothing else"),
  subagent_type: z.string().min(1).max(64).optional().describe(
    "Which of the agents defined here it is; left out: a general one",
  ),
  name: z.string().regex(agentNamePattern, 'must be letters, digits, ".", "-" and "_"').optional().describe(
    "What to call it in messages; left out: the id of this call",
  ),
  model: z.string().min(1).max(200).optional().describe("Another model for it, NAME or PROVIDER/NAME"),
  background: z.boolean().optional().describe(
    "true: this call ends at once, and you are told when the agent has ended",
  ),
  isolation: z.literal("worktree").optional().describe(
    "It works in a git worktree and a branch of its own, from the last commit",
  ),
  max_turns: z.number().int().min(1).max(10_000).optional().describe("Model calls at most"),
  tools: z.array(z.string().min(1).max(128)).min(1).max(256).optional().describe(
    "Only these of your tools; left out: all of them",
  ),
  budget: writtenBudget.optional().describe("What it and all below it may use"),
});
export type AgentArgs = z.infer<typeof agentArgs>;

const description =
  "Starts a sub-agent with its own conversation and the same tools, waits for it, and returns its last message and what it " +
  "used. Use it for work that can be described once and reported in a few sentences. Several calls in one answer work at " +
  "the same time";

/** It asks nobody: every call that the sub-agent makes is reviewed like any other. */
export function agentTool(set: AgentSet): Tool {
  return defineTool({
    name: agentToolName,
    description: [description, ...listLines(set)].join("\n"),
    parameters: agentArgs,
    effect: "idempotent",
    requires_confirmation: false,
    // In plan mode its calls are held to reading like any other.
    allowed_in_plan: true,
    limits: { timeoutMs: 0, outputCharsMax: 0 },
    prompt: ({ description: task }) => task,
    grant: () => agentToolName,
    subjects: ({ subagent_type: name = generalAgent }) => [{ kind: "name", name }],
    run: () => Promise.reject(new Error("A sub-agent is started by the kernel, not run as a tool")),
  });
}

function listLines({ agents }: AgentSet): string[] {
  if (agents.length === 0) return [];
  const lines = agents.slice(0, listedMax).map(
    ({ name, description: about, tools, isolation, background }) => {
      const has = tools === undefined ? [] : [`has only ${tools.join(", ")}`];
      const how = [
        ...has,
        ...isolation === undefined ? [] : ["in a worktree"],
        ...background ? ["background"] : [],
      ];
      return `- ${name}: ${oneLine(about)}${how.length === 0 ? "" : ` (${how.join("; ")})`}`;
    },
  );
  const more = agents.length > listedMax ? [`and ${agents.length - listedMax} more`] : [];
  return ["Agents that are defined here, for subagent_type:", ...lines, ...more];
}

function oneLine(text: string): string {
  const line = text.replaceAll(/\s+/g, " ").trim();
  return line.length > aboutCharsMax ? `${line.slice(0, aboutCharsMax).toWellFormed()}…` : line;
}

/** The tool as it is in a folder, in place of the one that is the same everywhere. */
export function agentToolSource(definitions: (workspace: string) => Promise<AgentSet>): ToolSource {
  const made = new WeakMap<AgentSet, readonly Tool[]>();
  return {
    name: "agents",
    tools: async (workspace) => {
      const set = await definitions(workspace);
      let tools = made.get(set);
      if (tools === undefined) made.set(set, tools = [agentTool(set)]);
      return tools;
    },
    close: () => Promise.resolve(),
  };
}
