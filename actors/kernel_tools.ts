// Tools that the kernel carries out itself, because they are about agents and people and not about files: what models are
// told of them, and who does the work.
import type { Tool } from "../tools/contract.ts";
import { agentControlTools, listAgents, stopAgent, waitForAgents } from "./agent_control.ts";
import { type AgentParts, startAgent } from "./agent_start.ts";
import { agentTool } from "./agent_tool.ts";
import { askToolName, askUser, askUserTool } from "./ask_user.ts";
import { agentToolName, teamToolName } from "./tool_names.ts";
import type { KernelTools } from "./kernel_call.ts";
import { startTeam, teamTool } from "./team_tool.ts";
import { workDone, workDoneName, workDoneTool } from "./work_done.ts";
import { sendMail, sendMessageTool } from "./send_message.ts";

/** The tools as models see them. */
export function kernelToolList(): readonly Tool[] {
  return [
    agentTool({ agents: [], broken: [] }),
    askUserTool(),
    sendMessageTool(),
    ...agentControlTools(),
    teamTool(),
    workDoneTool(),
  ];
}

export function createKernelTools(parts: AgentParts): KernelTools {
  return {
    [agentToolName]: startAgent(parts),
    [askToolName]: askUser,
    SendMessage: sendMail,
    AgentList: listAgents,
    AgentWait: waitForAgents,
    AgentStop: stopAgent,
    [teamToolName]: startTeam,
    [workDoneName]: workDone,
  };
}
