// Lives of teams at random, through the real composer, session step and voices: models, tools, timers, people, cancels and
// crashes in any order. JAMEY_TEAM_LIVES=n plays n of them.
import fc from "fast-check";
import { expect, it } from "vitest";
import { memberPath } from "../../machines/member_path.ts";
import { hasEnded } from "../../machines/session_state.ts";
import { sessionDigest } from "../../machines/plain_session.ts";
import type { PendingEffect } from "../../machines/effects.ts";
import type { Fact } from "../../src/protocol/facts.ts";
import type { JsonObject } from "../../src/protocol/json.ts";
import { foldFacts, openWorld, owedKeys, type World } from "../support/session_world.ts";
import { openTeam, runCall, team } from "../support/team_world.ts";

const lives = Number(Deno.env.get("JAMEY_TEAM_LIVES") ?? 10_000);
const names = ["ann", "ben", "cleo"];
const milestones = ["draft", "check"];
/** Steps after which a team that nobody disturbs any more must have ended. */
const drainMax = 600;

/** One thing that happens: which of those that can, and how. */
interface Happening {
  what: "effect" | "person" | "lead" | "cancel_member" | "cancel_team" | "crash";
  /** Chooses among what is owed, and among members. */
  pick: number;
  how: number;
  more: number;
}

const happening: fc.Arbitrary<Happening> = fc.record({
  what: fc.oneof(
    { weight: 30, arbitrary: fc.constant("effect" as const) },
    { weight: 2, arbitrary: fc.constant("person" as const) },
    { weight: 2, arbitrary: fc.constant("lead" as const) },
    { weight: 1, arbitrary: fc.constant("cancel_member" as const) },
    { weight: 1, arbitrary: fc.constant("cancel_team" as const) },
    { weight: 2, arbitrary: fc.constant("crash" as const) },
  ),
  pick: fc.nat(99),
  how: fc.nat(99),
  more: fc.nat(99),
});
const life = fc.record({
  led: fc.boolean(),
  wait: fc.constantFrom("foreground" as const, "background" as const, "hybrid" as const),
  restarts: fc.nat(2),
  happenings: fc.array(happening, { maxLength: 30 }),
});

it(
  `in ${lives} lives of a team no mail is lost or doubled, everybody ends once, and none hangs without a reason`,
  { timeout: 600_000 },
  () => {
    fc.assert(
      fc.property(life, ({ led, wait, restarts, happenings }) => {
        const restart = { max: restarts, backoff_ms: 100 };
        let world = openTeam(names, { led, wait, milestones, restart });
        for (const [index, one] of happenings.entries()) world = happen(world, one, index);
        drain(world);
        check(world);
      }),
      { numRuns: lives },
    );
  },
);

function happen(world: World, { what, pick, how, more }: Happening, index: number): World {
  const actor = memberPath(team, names[pick % names.length] ?? "ann");
  switch (what) {
    case "crash":
      return crashed(world, more);
    case "cancel_team":
      // Most lives are to be long.
      if (how < 50) {
        world.tell({ actor: team, type: "turn.cancelled", data: { by: "user", outcome: "cancelled" } });
      }
      return world;
    case "cancel_member":
      world.tell({ actor, type: "turn.cancelled", data: { by: "user", outcome: "cancelled" } });
      return world;
    case "person": {
      const data = { message_id: `p${index}`, text: "go on", delivery: "steer" as const };
      world.tell({ actor, type: "message.received", data });
      return world;
    }
    case "lead": {
      const data = { message_id: `l${index}`, from: "main", to: [actor], text: `mail-l${index}.` };
      world.tell({ actor: "main", type: "team.message_sent", data });
      return world;
    }
    case "effect": {
      const owed = world.owed();
      const effect = owed[pick % Math.max(owed.length, 1)];
      if (effect !== undefined) act(world, effect, { how, more, index });
      return world;
    }
  }
}

/** The log ends after any of its last facts, also in the middle of a write; a new daemon takes up what is owed. */
function crashed(world: World, more: number): World {
  const kept = Math.max(teamStart(world.facts), world.facts.length - more % 12);
  return openWorld(world.facts.slice(0, kept));
}

/** Before it there is no team to look at. */
function teamStart(facts: readonly Fact[]): number {
  return facts.findIndex(({ type }) => type === "team.started") + 1;
}

function act(
  world: World,
  effect: PendingEffect,
  { how, more, index }: { how: number; more: number; index: number },
): void {
  if (effect.kind === "timer.wait") return world.fire(effect);
  if (effect.kind !== "model.call") return void runCall(world, effect);
  const isMain = effect.actor === "main";
  if (how < 12) return world.refuse(effect);
  if (how < 35 || isMain) return world.answer(effect, "so far");
  const other = names[more % names.length] ?? "ann";
  const task_id = `t${more % 4}`;
  const calls: { name: string; args: JsonObject }[] = [
    { name: "Bash", args: {} },
    { name: "SendMessage", args: { to: [other], message: `mail-${index}.` } },
    { name: "SendMessage", args: { to: names, message: `mail-${index}.` } },
    { name: "SendMessage", args: { to: ["lead"], message: `mail-${index}.` } },
    { name: "TaskCreate", args: { task_id: `t${index % 4}`, owner: other, blocked_by: [task_id] } },
    { name: "TaskUpdate", args: { task_id } },
    { name: "WorkDone", args: { summary: "s", milestone: milestones[more % 2] ?? "" } },
    { name: "WorkDone", args: { summary: "done" } },
    { name: "WorkDone", args: { summary: "done" } },
  ];
  const first = calls[how % calls.length];
  const second = calls[more % calls.length];
  const both = how % 5 === 0 && second !== undefined ? [second] : [];
  world.answer(effect, "", first === undefined ? [] : [first, ...both]);
}

/** Everybody comes to rest: models say something and call nothing any more, calls end, timers fire. */
function drain(world: World): void {
  for (let step = 0; step < drainMax; step++) {
    const [effect] = world.owed();
    if (effect === undefined) return;
    if (effect.kind === "timer.wait") world.fire(effect);
    else if (effect.kind === "model.call") world.answer(effect, "I rest");
    else runCall(world, effect);
  }
  throw new Error(`It does not come to rest: ${owedKeys(world).join(", ")}`);
}

function check(world: World): void {
  const { facts, state } = world;
  const count = (type: Fact["type"], actor: string) =>
    facts.filter((fact) => fact.type === type && fact.actor === actor).length;
  expect(state.effects).toEqual({});
  expect(state.calls).toEqual({});
  expect(count("team.finished", team)).toBe(1);
  expect(Object.values(state.supervisors).every(hasEnded)).toBe(true);
  for (const name of names) {
    const path = memberPath(team, name);
    const ends = ["agent.finished", "agent.failed", "agent.stopped"] as const;
    expect(ends.map((end) => count(end, path)).reduce((sum, one) => sum + one), `ends of ${name}`).toBe(1);
    expect(count("agent.started", path)).toBe(1);
  }
  checkEnd(world);
  checkMail(world);
  // What is live is what the log says.
  expect(sessionDigest(foldFacts(facts))).toBe(sessionDigest(state));
}

function checkEnd(world: World): void {
  const { outcome, reason, members } = world.last("team.finished").data;
  expect(reason).not.toBe("");
  const notDone = members.filter(({ state }) => state !== "done").map(({ name }) => name);
  expect(outcome === "completed").toBe(notDone.length === 0 && reason.startsWith("every member"));
  // Who was not done is named, unless all of them were stopped from outside.
  if (outcome === "failed") { for (const name of notDone) expect(reason).toContain(name); }
}

/** What is logged as sent is in the hands of each it was for, once; what was refused is in nobody's. */
function checkMail({ facts, transcript }: World): void {
  for (const path of ["main", ...names.map((name) => memberPath(team, name))]) {
    const due = facts.filter((fact) => fact.type === "team.message_sent" && fact.data.to.includes(path));
    const had = transcript.forRequest(path).filter(({ role, text = "" }: { role: string; text?: string }) =>
      role === "user" && /^<message from="(?!team")/.test(text)
    );
    const own = due.filter((fact) => fact.type === "team.message_sent" && fact.data.from !== "team");
    expect(had.length, `mail of ${path}`).toBe(own.length);
  }
}
