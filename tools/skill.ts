// Skill: gives the agent the text of a skill to follow. Where skills come from is the library's matter.
import { z } from "zod";
import type { Tool } from "./contract.ts";
import { defineTool } from "./define_tool.ts";

export const skillArgsCharsMax = 10_000;

/** Skills by name, for the folder that a session works in. */
export interface SkillLibrary {
  load(
    workspace: string,
    name: string,
    args: string,
  ): Promise<{ ok: true; text: string } | { ok: false; error: string }>;
}

const parameters = z.strictObject({
  skill: z.string().min(1).max(64).describe("The name of the skill"),
  args: z.string().max(skillArgsCharsMax).optional().describe(
    "What it is to be used on; put in for $ARGUMENTS",
  ),
});

export function skillTool(library: SkillLibrary): Tool {
  return defineTool({
    name: "Skill",
    description:
      "Loads a skill: instructions for a kind of task. Use it when the task fits the description of one.",
    parameters,
    effect: "pure",
    requires_confirmation: false,
    limits: { timeoutMs: 30_000, outputCharsMax: 150_000 },
    subjects: ({ skill }) => [{ kind: "name", name: skill }],
    run: async ({ skill, args = "" }, { workspace }) => {
      const loaded = await library.load(workspace, skill, args);
      return loaded.ok
        ? { status: "finished", output: loaded.text, truncated: false }
        : { status: "failed", error: loaded.error };
    },
  });
}
