// `jamey replay`: reads a session back. One way of looking at it for each option; without any, the whole story.
import type { Client } from "../client/client.ts";
import type { EventEnvelope } from "../protocol/facts.ts";
import { findActor } from "../protocol/find_actor.ts";
import { Problem } from "../protocol/problem.ts";
import type { ActorView } from "../protocol/tree_views.ts";
import { type Command, type Context, type Input, need, seqMax } from "./command.ts";
import { diffViews } from "./diff.ts";
import { readEvents } from "./event_pages.ts";
import { concerns } from "./actor_events.ts";
import { createLiveView } from "./live_view.ts";
import { inWords } from "./machine_text.ts";
import { neutralJson } from "./neutral.ts";
import { drawActor, drawChanges, drawState } from "./replay_state.ts";
import { stepThrough } from "./replay_step.ts";
import { showStory } from "./replay_story.ts";
import { diffTrees, drawTreeDiff } from "./tree_diff.ts";

export const replayCommand: Command = {
  usage: "replay <session>",
  summary: "Read a session back: its story, its state at any point, what changed, what the model was sent",
  options: [
    ["--at <seq>", "The state after this event, of every actor and its mailbox"],
    ["--actor <actor>", "Only this actor, by its name or path"],
    ["--diff <from..to>", "What changed between two events, for each actor"],
    ["--step", "Walk through the events, one at a time"],
    ["--speed <factor>", "Play the events with their own timing, so many times faster"],
    ["--request <id>", 'The exact request that a model was sent; "last" for the last one'],
    ["--verify", "Compute everything again and compare with what was recorded; exit code 1 when it differs"],
  ],
  examples: [
    "jamey replay last",
    "jamey replay review --at 42",
    "jamey replay review --at 42 --actor digger",
    "jamey replay review --diff 42..57",
    "jamey replay last --request last | jq .messages",
    "jamey replay last --verify",
  ],
  async run(context, input) {
    const session = need(input, 0, "the session", "replay");
    const way = wayOf(input);
    const client = await context.client();
    const { session_id, tree } = await client.tree(session);
    const named = input.text("actor");
    const actor = named === undefined ? undefined : findActor(tree, named).path;
    return await way({ context, client, session: session_id, actor });
  },
};

interface Replay {
  context: Context;
  client: Client;
  session: string;
  /** The path of the only one that is looked at. */
  actor: string | undefined;
}
type Way = (replay: Replay) => Promise<number>;

const speedMax = 1_000_000;
const pauseMsMax = 10_000;

/** Checks the options before anything is asked of the daemon. */
function wayOf(input: Input): Way {
  const names = ["at", "diff", "step", "speed", "request", "verify"] as const;
  const given = names.filter((name) => input.flag(name) || input.text(name) !== undefined);
  const [way, ...more] = given.filter((name) => !(name === "at" && given.includes("step")));
  if (more.length > 0) throw usage(`"--${way}" and "--${more[0]}" cannot be combined`);
  const whole = given.find((name) => name === "request" || name === "verify");
  if (whole !== undefined && input.text("actor") !== undefined) {
    throw usage(`"--${whole}" is about all actors: it cannot be combined with "--actor"`);
  }
  const at = input.number("at", { min: 1, max: seqMax });
  if (way === "at") return (replay) => showState(replay, at);
  if (way === "diff") return showDiff(input.text("diff") ?? "");
  if (way === "step") return (replay) => stepThrough(replay, at ?? 1);
  if (way === "speed") return play(input.text("speed") ?? "");
  if (way === "request") return (replay) => showRequest(replay, input.text("request") ?? "last");
  if (way === "verify") return verify;
  return showAll;
}

function isShown({ actor }: Replay): (event: EventEnvelope) => boolean {
  return (event) => actor === undefined || concerns(event, actor);
}

async function eventsOf(replay: Replay): Promise<EventEnvelope[]> {
  return (await readEvents(replay.client, replay.session)).filter(isShown(replay));
}

async function showAll(replay: Replay): Promise<number> {
  const { context, client, session } = replay;
  if (!context.json) await showStory(context, client, session, isShown(replay));
  else for (const event of await eventsOf(replay)) context.terminal.json(event);
  return 0;
}

async function showState(
  { context, client, session, actor }: Replay,
  at: number | undefined,
): Promise<number> {
  const { terminal } = context;
  if (actor !== undefined) {
    const view = await client.actor(session, actor, at);
    if (context.json) terminal.json(view);
    else terminal.write(drawActor(view, terminal));
    return 0;
  }
  const view = await client.view(session, at);
  if (context.json) terminal.json(view);
  else terminal.write(drawState(view, terminal.colours, terminal.columns));
  return 0;
}

function showDiff(range: string): Way {
  const [, from, to] = /^(\d{1,15})\.\.(\d{1,15})$/.exec(range) ?? [];
  if (from === undefined || to === undefined) {
    throw usage(`"--diff" is "${range}", expected two numbers as in 3..9`);
  }
  return async ({ context: { json, terminal }, client, session, actor }) => {
    const before = await client.view(session, Number(from));
    const after = await client.view(session, Number(to));
    const isMeant = ({ path }: ActorView) => actor === undefined || path === actor;
    const actors = diffTrees(before.state.tree.filter(isMeant), after.state.tree.filter(isMeant));
    // What machines and the conversation of the main agent went through is about all.
    const [was, is] = json ? [before, after] : [inWords(before), inWords(after)];
    const changes = actor === undefined ? diffViews(was, is) : [];
    if (json) terminal.json({ from: Number(from), to: Number(to), actors, changes });
    else if (actors.length + changes.length === 0) terminal.line("No difference");
    else {
      for (const line of drawTreeDiff(actors, terminal.colours)) terminal.line(line);
      if (changes.length > 0) terminal.write(drawChanges(changes, terminal.colours));
    }
    return 0;
  };
}

function play(factor: string): Way {
  const speed = Number(factor);
  if (!(speed > 0 && speed <= speedMax)) throw usage(`"--speed" is "${factor}", expected a number above 0`);
  return async (replay) => {
    const { context } = replay;
    const view = createLiveView(context.terminal);
    let before: number | undefined;
    for (const event of await eventsOf(replay)) {
      const at = Date.parse(event.at);
      // A night between two turns is not waited for.
      const wait = Math.min(pauseMsMax, Math.max(0, at - (before ?? at)) / speed);
      if (wait >= 1) await new Promise((resolve) => setTimeout(resolve, wait));
      before = at;
      if (context.json) context.terminal.json(event);
      else view.event(event);
    }
    return 0;
  };
}

async function showRequest({ context, client, session }: Replay, wanted: string): Promise<number> {
  const { terminal } = context;
  const id = wanted === "last" ? await lastRequest(client, session) : wanted;
  const request = await client.request(session, id);
  terminal.line(context.json ? neutralJson(request) : neutralJson(request.wire, 2));
  if (request.matches) {
    terminal.talk(`Request ${id} (event ${request.seq}) as it was sent: sha256 ${request.sha256}`);
    return 0;
  }
  terminal.warn(
    `This is not what was sent: its sha256 is ${request.sha256}, recorded was ${request.recorded_sha256}`,
  );
  return 1;
}

async function lastRequest(client: Client, session: string): Promise<string> {
  const called = (await readEvents(client, session)).findLast(({ type }) => type === "model.called");
  if (called !== undefined) return String(called.data["request_id"]);
  throw new Problem(
    "not_found",
    `Cannot show the last request of "${session}": no model has been called yet`,
  );
}

async function verify({ context, client, session }: Replay): Promise<number> {
  const report = await client.verify(session);
  const { terminal } = context;
  if (context.json) terminal.json(report);
  else {
    const { green, red } = terminal.colours;
    const proven =
      `${report.records} records, ${report.digests} digests and ${report.requests} requests computed again${
        unproven(report.unproven)
      }`;
    terminal.line(report.ok ? `${green("proven")}  ${proven}` : `${red("DIFFERS")} ${proven}`);
    terminal.line(`final   ${report.final_digest}`);
    if (report.live_digest !== null) terminal.line(`live    ${report.live_digest}`);
    const { diverged } = report;
    if (diverged !== null) {
      terminal.line(
        `event ${diverged.seq} (${diverged.what}): recorded ${diverged.expected}, computed ${diverged.found}`,
      );
    }
  }
  return report.ok ? 0 : 1;
}

function usage(what: string): Problem {
  return new Problem("usage", `Cannot run "jamey replay": ${what}`, { hint: "See: jamey replay --help" });
}

function unproven(count: number): string {
  return count === 0 ? "" : `; ${count} records of an earlier version of jamey prove nothing here`;
}
