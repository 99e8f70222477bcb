// `jamey attach`: the history of a session, then what happens in it, live; approvals can be answered here.
import type { EventEnvelope } from "../protocol/facts.ts";
import type { SessionView } from "../protocol/http.ts";
import { findActor } from "../protocol/find_actor.ts";
import type { ActorView } from "../protocol/tree_views.ts";
import { concerns } from "./actor_events.ts";
import { createActorLabels } from "./actor_labels.ts";
import { type BottomArea, openBottomArea } from "./bottom_area.ts";
import { openLiveTree } from "./live_tree.ts";
import { follow } from "../client/follow.ts";
import type { Client } from "../client/client.ts";
import { type Command, type Context, need, seqMax } from "./command.ts";
import { type Lines, openLines } from "./lines.ts";
import { linkText } from "./link_text.ts";
import { createLiveView } from "./live_view.ts";
import { sayMode } from "./mode_text.ts";
import { Problem } from "../protocol/problem.ts";
import { neutralLine } from "./neutral.ts";
import { createPending } from "./pending.ts";
import { pendingCommand, pendingText } from "./pending_text.ts";
import { createQuestions, type Questions } from "./questions.ts";
import { signalExit } from "./signals.ts";

export const attachCommand: Command = {
  usage: "attach <session>",
  summary: "Show the events of a session, past and live; answer its approvals and questions",
  options: [
    ["--after <seq>", "Only events after this number"],
    ["--no-deltas", "Facts only, no text while it is being written"],
    ["--actor <actor>", "One actor only, by its name or path: its events, mail to it, its text"],
    ["--tree", "Keep the tree of actors in view (texts come whole then)"],
  ],
  examples: [
    "jamey attach last",
    "jamey attach review --after 120",
    "jamey attach review --tree",
    "jamey attach review --actor digger",
    "jamey attach last --json | jq .type",
  ],
  async run(context, input) {
    const session = need(input, 0, "the session", "attach");
    const after = input.number("after", { min: 0, max: seqMax }) ?? 0;
    const wanted = input.text("actor");
    const withTree = input.flag("tree");
    if (withTree && context.json) {
      throw new Problem("usage", 'Cannot run "jamey attach": "--tree" and "--json" cannot be combined', {
        hint: "See: jamey tree --help",
      });
    }
    const client = await context.client();
    const view = await client.view(session);
    const { tree, approvals, questions, paused } = view.state;
    const actor = wanted === undefined ? undefined : findActor(tree, wanted).path;
    const stop = new AbortController();
    let exit = 0;
    context.signals.handle((signal) => {
      exit = signalExit[signal];
      stop.abort();
    });
    const deltas = input.flag("deltas") && !context.json && !withTree;
    const mine = <One extends { actor: string }>(all: readonly One[]) =>
      all.filter((one) => actor === undefined || one.actor === actor);
    // What waits may have been asked before the events that are shown.
    const before = {
      ...view.state,
      approvals: mine(approvals),
      questions: mine(questions),
      paused: mine(paused),
    };
    const options = {
      session: view.session_id,
      after,
      deltas,
      signal: stop.signal,
      actor,
      tree,
      withTree,
      ...(after === 0 ? {} : { before }),
    };
    if (context.json) await printJson(context, client, options);
    else {
      await sayMode({ terminal: context.terminal, client }, view.state.summary);
      await show(context, client, options);
    }
    return exit;
  },
};

interface AttachOptions {
  session: string;
  after: number;
  deltas: boolean;
  signal: AbortSignal;
  /** The path of the only one that is followed. */
  actor: string | undefined;
  /** Those there were when the following began. */
  tree: readonly ActorView[];
  withTree: boolean;
  /** What waited then; left out: the events that are shown say it all. */
  before?: SessionView["state"];
}

async function printJson(context: Context, client: Client, options: AttachOptions): Promise<void> {
  const onLink = (isUp: boolean) => context.terminal.talk(linkText(isUp));
  for await (const frame of follow(client, options.session, { ...options, onLink })) {
    if (frame.type === "event" && isShown(frame.event, options)) context.terminal.json(frame.event);
  }
}

function isShown(event: EventEnvelope, { actor }: AttachOptions): boolean {
  return actor === undefined || concerns(event, actor);
}

async function show(context: Context, client: Client, options: AttachOptions): Promise<void> {
  const own = context.terminal;
  const lines = own.inIsTerminal && own.outIsTerminal ? openLines({ isTerminal: true }) : undefined;
  let questions: Questions | undefined;
  const area = options.withTree && own.outIsTerminal
    ? openBottomArea(own, lines, () => questions?.prompt() ?? "> ")
    : undefined;
  const terminal = area?.above ?? own;
  const { signal, session } = options;
  const tree = options.withTree ? openLiveTree({ client, session, terminal: own, area, signal }) : undefined;
  const labels = createActorLabels(terminal.colours);
  labels.seed(options.tree);
  const view = createLiveView(terminal, labels);
  const pending = createPending(options.before);
  // While the terminal is read by lines, Ctrl-C comes from there.
  lines?.onInterrupt(() => Deno.kill(Deno.pid, "SIGINT"));
  if (lines !== undefined) {
    const { colours } = terminal;
    questions = createQuestions({ client, session, pending, colours, nameOf: labels.name, say: view.note });
    // It fails only when the terminal is gone; the following ends by that too.
    answerFromKeyboard({ lines, questions, area }).catch(() => lines.close());
  }
  const said = new Set<string>();
  /** Where no answer can be typed, each is shown at once with the command that answers it. */
  function ask(): void {
    if (questions !== undefined) return questions.look();
    for (const one of pending.all()) {
      const key = `${one.key} ${one.seq}`;
      if (said.has(key)) continue;
      said.add(key);
      const how = `Answer with: ${pendingCommand(one, session)}`;
      view.note(`${pendingText(one, own.colours, labels.name)}\n  ${own.colours.dim(how)}`);
    }
  }
  let live = false;
  const onLink = (isUp: boolean) => view.note(terminal.colours.dim(`      ${linkText(isUp)}`));
  try {
    for await (const frame of follow(client, options.session, { ...options, onLink })) {
      if (frame.type === "event") {
        if (live) tree?.changed();
        if (!isShown(frame.event, options)) continue;
        view.event(frame.event);
        pending.fact(frame.event);
        if (live) ask();
      } else if (frame.type === "delta") {
        if (options.actor === undefined || frame.actor === options.actor) view.delta(frame);
      } else if (frame.type === "notice") view.note(terminal.colours.dim(`      ${neutralLine(frame.text)}`));
      else if (frame.type === "synced" && !live) {
        live = true;
        tree?.changed();
        ask();
      }
    }
  } finally {
    await tree?.close();
    lines?.close();
  }
}

/** What a person types answers the question that was shown last. */
async function answerFromKeyboard(
  { lines, questions, area }: { lines: Lines; questions: Questions; area: BottomArea | undefined },
): Promise<void> {
  for (let typed = await lines.next(); typed !== undefined; typed = await lines.next()) {
    area?.typed();
    if (typed.trim() !== "") await questions.typed(typed);
  }
}
