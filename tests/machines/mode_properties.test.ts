// Lives of runs of each mode at random, through the real composer, session step and voices: models, timers, people, cancels,
// forks and crashes in any order. JAMEY_MODE_LIVES=n plays n of them for each mode.
import fc from "fast-check";
import { expect, it } from "vitest";
import type { PendingEffect } from "../../machines/effects.ts";
import { memberPath } from "../../machines/member_path.ts";
import { sessionDigest } from "../../machines/plain_session.ts";
import { hasEnded } from "../../machines/session_state.ts";
import type { Fact, FactOf } from "../../src/protocol/facts.ts";
import type { GivenModeSettings } from "../../src/protocol/mode_settings.ts";
import { cancel, fork, openMode, say } from "../support/mode_world.ts";
import { foldFacts, openWorld, owedKeys, type World } from "../support/session_world.ts";

const lives = Number(Deno.env.get("JAMEY_MODE_LIVES") ?? 2_500);
/** Steps after which a run that nobody disturbs any more must have ended. */
const drainMax = 400;
const modes = ["sequential", "parallel", "debate", "review"] as const;
const names = ["author", "x", "y"] as const;

/** One thing that happens: which of those that can, and how. */
const happening = fc.record({
  what: fc.oneof(
    { weight: 30, arbitrary: fc.constant("effect" as const) },
    { weight: 2, arbitrary: fc.constant("say" as const) },
    { weight: 2, arbitrary: fc.constant("say_member" as const) },
    { weight: 1, arbitrary: fc.constant("cancel_member" as const) },
    { weight: 1, arbitrary: fc.constant("cancel" as const) },
    { weight: 1, arbitrary: fc.constant("fork" as const) },
    { weight: 3, arbitrary: fc.constant("crash" as const) },
  ),
  pick: fc.nat(99),
  how: fc.nat(99),
});
type Happening = typeof happening extends fc.Arbitrary<infer T> ? T : never;

const life = fc.record({
  rounds: fc.integer({ min: 1, max: 3 }),
  restarts: fc.nat(2),
  size: fc.integer({ min: 2, max: 3 }),
  happenings: fc.array(happening, { maxLength: 30 }),
});

for (const mode of modes) {
  it(
    `in ${lives} lives of the mode "${mode}" every run ends once, within its rounds, and nobody is asked twice`,
    { timeout: 300_000 },
    () => {
      fc.assert(
        fc.property(life, ({ rounds, restarts, size, happenings }) => {
          const settings: GivenModeSettings = {
            members: names.slice(0, size).map((name) => ({ name })),
            restart: { max: restarts, backoff_ms: 100 },
            ...(mode === "debate" || mode === "review" ? { rounds_max: rounds } : {}),
          };
          let { world } = openMode(mode, settings);
          for (const one of happenings) world = happen(world, one);
          drain(world);
          check(world);
        }),
        { numRuns: lives },
      );
    },
  );
}

function happen(world: World, { what, pick, how }: Happening): World {
  const run = world.last("mode.started").actor;
  const member = memberPath(run, names[pick % names.length] ?? "x");
  switch (what) {
    case "crash":
      return crashed(world, how);
    case "say":
      say(world, "and this?");
      return world;
    case "say_member":
      say(world, "a word with you", member);
      return world;
    case "cancel_member":
      cancel(world, member);
      return world;
    case "cancel":
      // Most lives are to be long.
      if (how < 40) cancel(world, how % 2 === 0 ? "main" : run);
      return world;
    case "fork":
      if (how < 30) fork(world);
      return world;
    case "effect": {
      const owed = world.owed();
      const effect = owed[pick % Math.max(owed.length, 1)];
      if (effect === undefined) return world;
      if (how < 15 && effect.kind === "model.call" && !isCancelling(world, effect)) world.refuse(effect);
      else play(world, effect, words[how % words.length] ?? "");
      return world;
    }
  }
}

/** What is owed is done; a model whose agent was cancelled before a crash is not asked again. */
function play(world: World, effect: PendingEffect, text: string): void {
  if (effect.kind === "timer.wait") return world.fire(effect);
  if (!isCancelling(world, effect)) return world.answer(effect, text);
  const error = { code: "cancelled", message: "the turn was cancelled" };
  const data = { request_id: String(effect.params.request_id), error };
  world.tell({ actor: effect.actor, type: "model.failed", data });
}

function isCancelling({ state }: World, { actor }: PendingEffect): boolean {
  return state.agents[actor]?.value === "cancelling";
}

const words = [
  "no verdict",
  "VERDICT: APPROVE",
  "VERDICT: AGREE",
  "VERDICT: REVISE",
  "VERDICT: DISAGREE",
  "yes\nVERDICT: APPROVE\n",
  "yes\n**VERDICT: AGREE**",
];

/** The log ends after any of its last facts, also in the middle of a write; a new daemon takes up what is owed. */
function crashed(world: World, more: number): World {
  const begun = world.facts.findIndex(({ type }) => type === "mode.started") + 1;
  return openWorld(world.facts.slice(0, Math.max(begun, world.facts.length - more % 12)));
}

function drain(world: World): void {
  for (let step = 0; step < drainMax; step++) {
    const [effect] = world.owed();
    if (effect === undefined) return;
    play(world, effect, "so be it");
  }
  throw new Error(`It does not come to rest: ${owedKeys(world).join(", ")}`);
}

function check(world: World): void {
  const { facts, state } = world;
  expect(state.effects).toEqual({});
  expect(Object.keys(state.agents)).toEqual(["main"]);
  expect(Object.values(state.supervisors).every(hasEnded)).toBe(true);
  for (const start of facts) {
    if (start.type === "mode.started") checkRun(facts, start);
  }
  // What is live is what the log says.
  expect(sessionDigest(foldFacts(facts))).toBe(sessionDigest(state));
}

function checkRun(facts: readonly Fact[], { actor, data: { settings } }: FactOf<"mode.started">): void {
  const own = facts.filter((fact) => fact.actor === actor);
  const said = own.flatMap((fact) => fact.type === "mode.said" ? [fact.data] : []);
  const [end, ...more] = own.flatMap((fact) => fact.type === "mode.finished" ? [fact.data] : []);
  expect(more).toEqual([]);
  expect(end?.reason).not.toBe("");
  expect(own.at(-1)?.type).toBe("mode.finished");
  expect(Math.max(0, ...said.map(({ round }) => round))).toBeLessThanOrEqual(settings.rounds_max);
  const things = said.map(({ member, what, round }) => `${member} ${what} ${round}`);
  expect(new Set(things).size, things.join(", ")).toBe(things.length);
  const keys = own.flatMap(({ data }) => "key" in data ? [data.key] : []);
  expect(new Set(keys).size).toBe(keys.length);
  for (const { name } of settings.members) {
    const path = memberPath(actor, name);
    const count = (...types: Fact["type"][]) =>
      facts.filter((fact) => fact.actor === path && types.includes(fact.type)).length;
    expect(count("agent.started")).toBeLessThanOrEqual(1);
    expect(count("agent.finished", "agent.failed", "agent.stopped")).toBe(count("agent.started"));
  }
}
