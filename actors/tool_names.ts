// Names of tools that the kernel itself speaks of.

/** What a sub-agent is called in its parent's calls. */
export const agentToolName = "Agent";
export const teamToolName = "Team";
