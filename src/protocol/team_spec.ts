// What a team is made from: the arguments of the `Team` tool, the body of `POST /sessions/:id/teams` and a team file.
import { z } from "zod";
import { actorBudget } from "./agent_facts.ts";
import { permissionMode } from "./permission_mode.ts";
import { restartPolicy } from "./supervisor_facts.ts";
import { teamWait } from "./team_facts.ts";

export const teamMembersMax = 200;
export const milestonesMax = 64;

/** Words that always mean somebody else, by where the speaker stands. */
const takenNames: readonly string[] = ["main", "lead", "parent", "user", "team", "all"];

/** Whether no agent may be called so: whoever reads its words would take them for another's. */
export function meansSomebodyElse(name: string): boolean {
  return takenNames.includes(name.toLowerCase());
}

export const memberName = z.string().regex(
  /^[A-Za-z][A-Za-z0-9_-]{0,63}$/,
  "must begin with a letter and have 1 to 64 letters, digits, _ or -",
).refine((name) => !meansSomebodyElse(name), "means somebody else: choose another name");

/** Names only: what stands in brackets is for permission rules, and would have no effect here. */
export const toolNames = z.array(
  z.string().regex(/^[^()\s]{1,128}$/, 'is no name of a tool: "Bash", not "Bash(git:*)"'),
).max(200);

export const memberSpec = z.strictObject({
  name: memberName.describe("What the others call it"),
  role: z.string().min(1).max(200).optional().describe("What it is for, in a few words"),
  prompt: z.string().min(1).max(100_000).describe("Its part of the work: all it needs to know"),
  instructions: z.string().min(1).max(50_000).optional().describe("Added to its system prompt"),
  model: z.string().min(1).max(200).optional().describe("Another model for it, NAME or PROVIDER/NAME"),
  tools: toolNames.optional().describe("The tools it has; left out: those of the session"),
  disallowed_tools: toolNames.optional(),
  permission_mode: permissionMode.optional().describe("Counts when it is stricter than the session's"),
  isolation: z.literal("worktree").optional().describe("It works in a git worktree of its own"),
  max_turns: z.number().int().min(1).max(10_000).optional().describe("Model calls of one of its turns"),
  budget: actorBudget.optional(),
});
export type MemberSpec = z.infer<typeof memberSpec>;

export const teamSpec = z.strictObject({
  name: z.string().regex(
    /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/,
    "must have 1 to 64 letters, digits, _ or -, and begin with a letter or digit",
  ).describe("A short name for the team"),
  goal: z.string().min(1).max(10_000).describe("What all of it is for; every member reads it"),
  members: z.array(memberSpec).min(1).max(teamMembersMax),
  wait: teamWait.default("foreground").describe(
    "foreground: the call ends with the team; background: at once; hybrid: when all milestones are reached",
  ),
  milestones: z.array(z.string().min(1).max(200)).max(milestonesMax).default([]).describe(
    "Named points that members say they have reached",
  ),
  restart: restartPolicy.default({ max: 2, backoff_ms: 2_000 }).describe(
    "How often a member whose turn failed is begun again, and the first wait, which doubles",
  ),
  budget: actorBudget.optional(),
}).superRefine((spec, context) => {
  const seen = new Set<string>();
  for (const [index, { name }] of spec.members.entries()) {
    const path = ["members", index, "name"];
    if (seen.has(name)) context.addIssue({ code: "custom", path, message: `"${name}" is taken already` });
    seen.add(name);
  }
  const repeated = spec.milestones.findIndex((name, index) => spec.milestones.indexOf(name) < index);
  if (repeated >= 0) {
    context.addIssue({ code: "custom", path: ["milestones", repeated], message: "is named twice" });
  }
  if (spec.wait === "hybrid" && spec.milestones.length === 0) {
    const message = "hybrid waits for milestones: name some, or choose foreground or background";
    context.addIssue({ code: "custom", path: ["milestones"], message });
  }
});
export type TeamSpec = z.infer<typeof teamSpec>;

/** How far a member is. */
export const memberState = z.enum(["working", "waiting", "idle", "done", "failed", "stopped"]);

/** A team as a client sees it. */
export const teamView = z.object({
  team: z.string(),
  path: z.string(),
  name: z.string(),
  goal: z.string(),
  parent: z.string(),
  by: z.enum(["model", "user"]),
  wait: teamWait,
  /** `running`, or how it ended. */
  state: z.string(),
  reason: z.string(),
  rounds: z.number().int(),
  milestones: z.array(z.object({ name: z.string(), reached_by: z.string().nullable() })),
  members: z.array(z.object({
    name: z.string(),
    path: z.string(),
    role: z.string(),
    state: memberState,
    /** What it waits for, or what its end was. */
    detail: z.string(),
    /** Times that its turn failed in a row. */
    failures: z.number().int(),
    /** Ids of the tasks it owns that have not ended. */
    tasks: z.array(z.string()),
  })),
});
export type TeamView = z.infer<typeof teamView>;
