// What a client may say of a session's mode: who takes part, and when it stops. What is left out is the mode's own choice.
import { z } from "zod";
import { actorBudget } from "./agent_facts.ts";
import { type AgentMode, modePart } from "./mode_facts.ts";
import { permissionMode } from "./permission_mode.ts";
import { restartPolicy } from "./supervisor_facts.ts";
import { memberName, toolNames } from "./team_spec.ts";

export const modeMembersMax = 32;
export const modeRoundsMax = 20;

const memberSettings = z.strictObject({
  name: memberName,
  /** Left out: `member`; in `review` the one called "author" is the author, and the others review. */
  part: modePart.optional(),
  role: z.string().min(1).max(200).optional(),
  instructions: z.string().min(1).max(50_000).optional(),
  /** `NAME` or `PROVIDER/NAME`. */
  model: z.string().min(1).max(200).optional(),
  tools: toolNames.optional(),
  disallowed_tools: toolNames.optional(),
  permission_mode: permissionMode.optional(),
  max_turns: z.number().int().min(1).max(10_000).optional(),
  budget: actorBudget.optional(),
});
export type GivenMember = z.infer<typeof memberSettings>;

export const modeSettingsBody = z.strictObject({
  members: z.array(memberSettings).min(1).max(modeMembersMax).optional(),
  rounds_max: z.number().int().min(1).max(modeRoundsMax).optional(),
  restart: restartPolicy.optional(),
  budget: actorBudget.optional(),
});
export type GivenModeSettings = z.infer<typeof modeSettingsBody>;

type Mode = Exclude<AgentMode, "single">;
type Part = z.infer<typeof modePart>;

/** Which parts a mode has, and how many of each there must and may be. */
const parts: { readonly [mode in Mode]: Partial<Record<Part, { least: number; most: number }>> } = {
  sequential: { member: { least: 1, most: modeMembersMax } },
  parallel: { member: { least: 1, most: modeMembersMax }, synthesiser: { least: 0, most: 1 } },
  debate: { member: { least: 2, most: modeMembersMax }, judge: { least: 0, most: 1 } },
  review: { author: { least: 1, most: 1 }, reviewer: { least: 1, most: modeMembersMax } },
};
const withRounds: readonly Mode[] = ["debate", "review"];

/** The part of a member, given or not. */
export function partOf(mode: Mode, { name, part }: GivenMember): Part {
  if (part !== undefined) return part;
  if (mode !== "review") return "member";
  return name === "author" ? "author" : "reviewer";
}

export interface SettingsFault {
  path: (string | number)[];
  message: string;
}

/** What is wrong with settings for a mode, each with its place. */
export function settingsFaults(mode: AgentMode, settings: GivenModeSettings): SettingsFault[] {
  if (mode === "single") return [{ path: [], message: '"single" has no members: choose another agent_mode' }];
  const faults: SettingsFault[] = [];
  if (settings.rounds_max !== undefined && !withRounds.includes(mode)) {
    faults.push({ path: ["rounds_max"], message: `"${mode}" has no rounds: only debate and review have` });
  }
  return settings.members === undefined ? faults : [...faults, ...memberFaults(mode, settings.members)];
}

function memberFaults(mode: Mode, members: readonly GivenMember[]): SettingsFault[] {
  const faults: SettingsFault[] = [];
  const known = parts[mode];
  const seen = new Set<string>();
  for (const [index, member] of members.entries()) {
    if (seen.has(member.name)) {
      faults.push({ path: ["members", index, "name"], message: `"${member.name}" is taken already` });
    }
    seen.add(member.name);
    const part = partOf(mode, member);
    if (known[part] !== undefined) continue;
    const message = `"${mode}" has no ${part}: its members are ${Object.keys(known).join(" or ")}`;
    faults.push({ path: ["members", index, "part"], message });
  }
  for (const [part, { least, most }] of Object.entries(known)) {
    const count = members.filter((member) => partOf(mode, member) === part).length;
    if (count >= least && count <= most) continue;
    const needs = least === most
      ? `exactly ${least}`
      : count < least
      ? `at least ${least}`
      : `at most ${most}`;
    faults.push({ path: ["members"], message: `"${mode}" needs ${needs} "${part}", and there are ${count}` });
  }
  return faults;
}
