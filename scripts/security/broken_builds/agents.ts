// Broken builds of what guards many agents (A): each is caught by the tests of its family.
import type { Mutant } from "../mutants.ts";

export const mutantsOfAgents: readonly Mutant[] = [
  {
    family: "A1",
    file: "actors/actor_meta.ts",
    from: "permissionMode: stricterMode(own.permissionMode, permission_mode) }",
    to: "permissionMode: permission_mode }",
    why: "the mode of an agent counts also where it is looser than its session's",
  },
  {
    family: "A1",
    file: "actors/workflow_names.ts",
    from: "if (agent !== undefined && !agents.has(agent)) {",
    to: "if (agent !== undefined && !(agent in {})) {",
    why: "an agent whose definition is called like what objects inherit has no definition",
  },
  {
    family: "A1",
    file: "actors/refused_work.ts",
    from: "if (refused !== null) throw",
    to: 'if (refused === "") throw',
    why: "a workflow begins agents that a rule refuses",
  },
  {
    family: "A2",
    file: "src/protocol/enclosed.ts",
    from: 'return words.replaceAll(marks, "&lt;");',
    to: "return words;",
    why: "words of an agent end the mark that they stand in",
  },
  {
    family: "A2",
    file: "src/protocol/team_spec.ts",
    from: "return takenNames.includes(name.toLowerCase());",
    to: "return takenNames.includes(name);",
    why: "an agent may be called User",
  },
  {
    family: "A3",
    file: "src/workflow/bounds.ts",
    from: "if (depth > valueDepthMax)",
    to: "if (depth > Infinity)",
    why: "values in a workflow may be nested without end",
  },
  {
    family: "A4",
    file: "src/protocol/team_spec.ts",
    from: "members: z.array(memberSpec).min(1).max(teamMembersMax),",
    to: "members: z.array(memberSpec).min(1),",
    why: "a team may have any number of members",
  },
];
