// What stands for work that no call begins: each must be a call that its tool takes, or rules would never hear of it.
import { expect, it } from "vitest";
import { agentTool } from "../../actors/agent_tool.ts";
import { likenessesOf, likeTeam } from "../../actors/refused_work.ts";
import { teamTool } from "../../actors/team_tool.ts";
import { workflowDefinition } from "../../src/workflow/definition.ts";

it("every name that a node may have, and every agent that it may name, stands for a call that can be refused", () => {
  const longest = `n${"_-9".repeat(21)}`;
  const definition = workflowDefinition.parse({
    name: "w",
    nodes: {
      [longest]: {
        kind: "team",
        goal: "g",
        members: [{ name: "ann", prompt: "p", agent: "(".repeat(64) }],
      },
      a: { kind: "agent", prompt: "p", agent: "an agent of any name, .." },
      b: { kind: "each", over: "{{ inputs.x }}", as: "x", node: { kind: "agent", prompt: "p" } },
    },
  });
  const tools = new Map([teamTool(), agentTool({ agents: [], broken: [] })].map((tool) => [tool.name, tool]));
  const likenesses = [...likenessesOf(definition), likeTeam("x".repeat(64))];
  expect(likenesses.map(({ name }) => name)).toEqual(["Team", "Agent", "Agent", "Agent", "Team"]);
  for (const { name, args } of likenesses) expect(tools.get(name)?.parse(args)).toMatchObject({ ok: true });
});
