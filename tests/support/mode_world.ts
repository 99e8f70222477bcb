// A session with a mode in a session world: whoever uses it plays the models of its members.
import { modeSettingsOf } from "../../actors/mode_settings.ts";
import { memberPath } from "../../machines/member_path.ts";
import type { PendingEffect } from "../../machines/effects.ts";
import type { AgentMode, Fact } from "../../src/protocol/facts.ts";
import type { GivenModeSettings } from "../../src/protocol/mode_settings.ts";
import { openWorld, type World } from "./session_world.ts";
import { at, createdData } from "./story.ts";

/** A session of this mode in which a message has just begun a run; `run` is its path. */
export function openMode(
  mode: Exclude<AgentMode, "single">,
  given: GivenModeSettings,
): { world: World; run: string } {
  const mode_settings = modeSettingsOf(mode, given, () => ({ provider: "scripted", model: "demo" }));
  if (mode_settings === undefined) throw new Error(`"${mode}" has no settings`);
  const data = createdData({ agent_mode: mode, mode_settings });
  const created: Fact = { seq: 1, at, v: 1, actor: "main", type: "session.created", data };
  const world = openWorld([created]);
  say(world, "go");
  return { world, run: lastRun(world) };
}

/** A person's message to the main agent, or to a member. */
export function say(world: World, text: string, actor = "main"): string | null {
  const message_id = `m${world.facts.length}`;
  return world.tell({ actor, type: "message.received", data: { message_id, text, delivery: "steer" } });
}

export function cancel(world: World, actor: string): string | null {
  return world.tell({ actor, type: "turn.cancelled", data: { by: "user", outcome: "cancelled" } });
}

export function fork(world: World): string | null {
  const data = { session_id: "fork", from: "s", at: world.state.seq };
  return world.tell({ actor: "main", type: "session.forked", data });
}

export function lastRun(world: World): string {
  return world.last("mode.started").actor;
}

/** The model call that a member of the run owes. */
export function owedBy(world: World, run: string, name: string): PendingEffect {
  const actor = memberPath(run, name);
  const found = world.owed().find((effect) => effect.kind === "model.call" && effect.actor === actor);
  if (found === undefined) throw new Error(`${name} owes no model call`);
  return found;
}

/** Each of these members, in this order, answers what it was asked last. */
export function answers(world: World, run: string, said: Record<string, string>): void {
  for (const [name, text] of Object.entries(said)) world.answer(owedBy(world, run, name), text);
}
