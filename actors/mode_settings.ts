// The members of a mode as a session keeps them: those that were given, or the mode's own.
import type { AgentMode, ModeMember, ModeSettings } from "../src/protocol/mode_facts.ts";
import {
  type GivenMember,
  type GivenModeSettings,
  partOf,
  settingsFaults,
} from "../src/protocol/mode_settings.ts";
import { Problem } from "../src/protocol/problem.ts";

type Mode = Exclude<AgentMode, "single">;
/** What a daemon's configuration says of them. */
export type ModeChoices = { readonly [mode in Mode]?: GivenModeSettings | undefined };

/** What members have that only read: several at once would write over each other. */
const readingTools = ["Read", "Glob", "Grep", "WebFetch", "WebSearch", "AskUserQuestion", "TodoWrite"];

const restart = { max: 2, backoff_ms: 2_000 };
const roundsMax = { sequential: 1, parallel: 1, debate: 3, review: 3 } as const;

const synthesiser: ModeMember = {
  name: "synthesiser",
  part: "synthesiser",
  role: "who makes one answer of several",
  tools: readingTools,
};
const judge: ModeMember = { name: "judge", part: "judge", role: "who decides", tools: readingTools };

const members: { readonly [mode in Mode]: readonly ModeMember[] } = {
  sequential: [
    {
      name: "planner",
      part: "member",
      role: "who looks closely and plans",
      instructions: "Find out what is needed and write the plan for those after you. Change nothing.",
      tools: readingTools,
    },
    { name: "worker", part: "member", role: "who does the work", instructions: "Do what the plan says." },
    {
      name: "finisher",
      part: "member",
      role: "who checks and finishes",
      instructions:
        "Check what was done, mend what is wrong, and give the final answer to whoever made the request.",
    },
  ],
  parallel: [
    { name: "direct", part: "member", role: "who looks for the simplest answer", tools: readingTools },
    { name: "thorough", part: "member", role: "who looks at every side", tools: readingTools },
    { name: "doubtful", part: "member", role: "who looks for what could go wrong", tools: readingTools },
    synthesiser,
  ],
  debate: [
    { name: "first", part: "member", role: "who looks for the best answer", tools: readingTools },
    { name: "second", part: "member", role: "who questions what is taken for granted", tools: readingTools },
    judge,
  ],
  review: [
    { name: "author", part: "author", role: "who does the work" },
    {
      name: "correctness",
      part: "reviewer",
      role: "who looks for what is wrong",
      tools: readingTools,
    },
    {
      name: "completeness",
      part: "reviewer",
      role: "who looks for what is missing or hard to understand",
      tools: readingTools,
    },
  ],
};

export function defaultModeSettings(mode: Mode): ModeSettings {
  return { members: [...members[mode]], rounds_max: roundsMax[mode], restart };
}

/** Whole settings of what was given; throws a Problem `bad_request` that names every field which does not fit the mode. */
export function modeSettingsOf(
  mode: AgentMode,
  given: GivenModeSettings | undefined,
  modelOf: (text: string) => { provider: string; model: string },
): ModeSettings | undefined {
  const faults = given === undefined ? [] : settingsFaults(mode, given);
  if (faults.length > 0) {
    const said = faults.map(({ path, message }) => `"${["mode_settings", ...path].join(".")}": ${message}`);
    throw new Problem("bad_request", `Cannot create a session: ${said.join("; ")}`);
  }
  if (mode === "single") return undefined;
  const own = defaultModeSettings(mode);
  if (given === undefined) return own;
  const named = given.members?.map((member) => memberOf(mode, member, modelOf)) ?? own.members;
  return {
    members: withLast(mode, named),
    rounds_max: given.rounds_max ?? own.rounds_max,
    restart: given.restart ?? own.restart,
    ...(given.budget === undefined ? {} : { budget: given.budget }),
  };
}

function memberOf(
  mode: Mode,
  given: GivenMember,
  modelOf: (text: string) => { provider: string; model: string },
): ModeMember {
  const { model, ...profile } = given;
  return { ...profile, part: partOf(mode, given), ...(model === undefined ? {} : { model: modelOf(model) }) };
}

/** Somebody has the last word in a parallel run and in a debate, named or not. */
function withLast(mode: Mode, members: ModeMember[]): ModeMember[] {
  const last = mode === "parallel" ? synthesiser : mode === "debate" ? judge : undefined;
  if (last === undefined || members.some(({ part }) => part === last.part)) return members;
  const isTaken = members.some(({ name }) => name === last.name);
  return [...members, isTaken ? { ...last, name: `${last.name}-2` } : last];
}
