// A session with a mode for a test: its members play the scripts of the message (see the scripted provider, `parts:`).
import type { AgentMode, Fact } from "../../src/protocol/facts.ts";
import type { GivenModeSettings } from "../../src/protocol/mode_settings.ts";
import type { Step, TestRuntime } from "./runtime.ts";

/** Scripts of members by name: one for each time that they are asked. */
export type Parts = Record<string, Step[][]>;

export function partsMessage(request: string, parts: Parts): string {
  return `${request}\n\`\`\`parts:${JSON.stringify(parts)}\`\`\``;
}

export async function modeSession(
  test: TestRuntime,
  agent_mode: Exclude<AgentMode, "single">,
  mode_settings?: GivenModeSettings,
): Promise<string> {
  const { session_id } = await test.runtime.create({
    workspace: test.workspace,
    add_dirs: [],
    agent_mode,
    permission_mode: "bypassPermissions",
    ...(mode_settings === undefined ? {} : { mode_settings }),
  });
  return session_id;
}

/** Who said what in which round, in order, as `name what round verdict`. */
export function saidIn(facts: readonly Fact[]): string[] {
  return facts.flatMap((fact) => {
    if (fact.type !== "mode.said") return [];
    const { member, what, round, verdict } = fact.data;
    return [`${member} ${what} ${round}${verdict === "none" ? "" : ` ${verdict}`}`];
  });
}

/** The last run's end. */
export function modeEnd(facts: readonly Fact[]) {
  const end = facts.findLast((fact) => fact.type === "mode.finished");
  return end?.type === "mode.finished" ? end.data : undefined;
}

/** Verdict lines of scripts. */
export const approve = (text: string): Step[] => [{ text: `${text}\nVERDICT: APPROVE` }];
export const revise = (text: string): Step[] => [{ text: `${text}\nVERDICT: REVISE` }];
export const agree = (text: string): Step[] => [{ text: `${text}\nVERDICT: AGREE` }];
export const disagree = (text: string): Step[] => [{ text: `${text}\nVERDICT: DISAGREE` }];
