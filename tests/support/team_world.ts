// A team in a session world: members whose models do at random, or by a story, what members do.
import { memberPath } from "../../machines/member_path.ts";
import { teamDraft } from "../../actors/start_team.ts";
import type { PendingEffect } from "../../machines/effects.ts";
import type { FactDraft } from "../../src/protocol/facts.ts";
import type { JsonObject } from "../../src/protocol/json.ts";
import { teamSpec } from "../../src/protocol/team_spec.ts";
import type { z } from "zod";
import { openWorld, type World } from "./session_world.ts";

export const team = "team:crew";

export type SpecIn = Partial<z.input<typeof teamSpec>>;

export function specOf(names: readonly string[], more: SpecIn = {}) {
  const members = names.map((name) => ({ name, prompt: `You are ${name}` }));
  return teamSpec.parse({ name: "crew", goal: "all of it", members, ...more });
}

/** A team that a person began, or with `led` one that a call of the main agent began. */
export function openTeam(names: readonly string[], more: SpecIn & { led?: boolean } = {}): World {
  const { led = false, ...rest } = more;
  const world = openWorld();
  const spec = specOf(names, rest);
  const start = { spec, parent: "main", models: new Map(), worktrees: new Map() };
  if (led) {
    tellOr(world, {
      actor: "main",
      type: "message.received",
      data: { message_id: "m", text: "go", delivery: "steer" },
    });
    world.answer(modelCall(world, "main"), "", [{ name: "Team", args: {} }]);
    const call = world.owed().find(({ kind }) => kind === "call.review");
    const callId = String(call?.params.call_id);
    const data = { call_id: callId, name: "Team", attempt: 1 };
    tellOr(world, { actor: "main", type: "call.started", data });
    tellOr(world, teamDraft(world.transcript, { ...start, callId }));
  } else tellOr(world, teamDraft(world.transcript, start));
  return world;
}

export function tellOr(world: World, draft: FactDraft): void {
  const refused = world.tell(draft);
  if (refused !== null) throw new Error(`"${draft.type}" was refused: ${refused}`);
}

export function modelCall(world: World, actor: string): PendingEffect {
  const found = world.owed().find((effect) => effect.kind === "model.call" && effect.actor === actor);
  if (found === undefined) throw new Error(`${actor} owes no model call`);
  return found;
}

/** A member's model makes one call, which runs. */
export function act(world: World, name: string, tool: string, args: JsonObject = {}): string | null {
  world.answer(modelCall(world, memberPath(team, name)), "", [{ name: tool, args }]);
  return runCalls(world, memberPath(team, name));
}

/** A member's model says something and ends the turn. */
export function rest(world: World, name: string, text = "so far"): void {
  world.answer(modelCall(world, memberPath(team, name)), text);
}

export function done(world: World, name: string): void {
  act(world, name, "WorkDone", { summary: `${name} is done` });
  rest(world, name);
}

/** Runs all that an agent's calls owe; the last refusal, or null. */
export function runCalls(world: World, actor: string): string | null {
  let refused: string | null = null;
  for (const effect of world.owed()) {
    if (effect.actor === actor && effect.kind.startsWith("call.")) {
      refused = runCall(world, effect) ?? refused;
    }
  }
  return refused;
}

/** An owed call ends with the facts that its tool writes. */
export function runCall(world: World, effect: PendingEffect): string | null {
  const record = world.transcript.call(String(effect.params.call_id));
  // Arguments of a call that the world itself made.
  const args = (record?.args ?? {}) as JsonObject;
  return world.run(effect, factsOf(effect, String(record?.name), args));
}

function factsOf({ actor, params }: PendingEffect, tool: string, args: JsonObject): FactDraft[] {
  const call_id = String(params.call_id);
  const member = actor.slice(actor.lastIndexOf(":") + 1);
  switch (tool) {
    case "WorkDone": {
      if (args.milestone === undefined) {
        const data = { member, summary: String(args.summary), call_id };
        return [{ actor: team, type: "team.work_done", data }];
      }
      const data = { milestone: String(args.milestone), member, call_id };
      return [{ actor: team, type: "team.milestone_reached", data }];
    }
    case "SendMessage": {
      const to = texts(args.to).map((name) => name === "lead" ? "main" : memberPath(team, name));
      const data = { message_id: call_id, from: member, to, text: String(args.message) };
      return [{ actor, type: "team.message_sent", data }];
    }
    case "TaskCreate": {
      const owner = args.owner === undefined ? null : String(args.owner);
      const words = { subject: "s", description: "", documents: [] };
      const data = { task_id: String(args.task_id), owner, blocked_by: texts(args.blocked_by), ...words };
      return [{ actor, type: "task.created", data }];
    }
    case "TaskUpdate": {
      const data = { task_id: String(args.task_id), status: "completed" as const };
      return [{ actor, type: "task.updated", data }];
    }
    default:
      return [];
  }
}

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}
