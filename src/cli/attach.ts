// `jamey attach`: the history of a session, then what happens in it, live; approvals can be answered here.
import type { EventEnvelope } from "../protocol/facts.ts";
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
import { createLiveView, type LiveView } from "./live_view.ts";
import { sayMode } from "./mode_text.ts";
import { messageOf, Problem } from "../protocol/problem.ts";
import { neutral, neutralLine } from "./neutral.ts";
import { createPending, type Pending, type PendingList } from "./pending.ts";
import { typedAnswer } from "./pending_answer.ts";
import { pendingChoices, pendingCommand, pendingText } from "./pending_text.ts";
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
    const { tree } = view.state;
    const actor = wanted === undefined ? undefined : findActor(tree, wanted).path;
    const stop = new AbortController();
    let exit = 0;
    context.signals.handle((signal) => {
      exit = signalExit[signal];
      stop.abort();
    });
    const deltas = input.flag("deltas") && !context.json && !withTree;
    const options = { session: view.session_id, after, deltas, signal: stop.signal, actor, tree, withTree };
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
  const area = options.withTree && own.outIsTerminal ? openBottomArea(own, lines) : undefined;
  const terminal = area?.above ?? own;
  const { signal, session } = options;
  const tree = options.withTree ? openLiveTree({ client, session, terminal: own, area, signal }) : undefined;
  const labels = createActorLabels(terminal.colours);
  labels.seed(options.tree);
  const view = createLiveView(terminal, labels);
  const pending = createPending();
  // While the terminal is read by lines, Ctrl-C comes from there.
  lines?.onInterrupt(() => Deno.kill(Deno.pid, "SIGINT"));
  if (lines !== undefined) {
    // It fails only when the terminal is gone; the following ends by that too.
    answerFromKeyboard(context, client, options.session, { lines, pending, view, area })
      .catch(() => lines.close());
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
        if (live) {
          const asked = pending.all().at(-1);
          if (asked?.seq === frame.event.seq) view.note(question(context, asked, options.session));
        }
      } else if (frame.type === "delta") {
        if (options.actor === undefined || frame.actor === options.actor) view.delta(frame);
      } else if (frame.type === "notice") view.note(terminal.colours.dim(`      ${neutralLine(frame.text)}`));
      else if (frame.type === "synced" && !live) {
        live = true;
        tree?.changed();
        for (const asked of pending.all()) view.note(question(context, asked, options.session));
      }
    }
  } finally {
    await tree?.close();
    lines?.close();
  }
}

function question({ terminal }: Context, pending: Pending, session: string): string {
  const how = terminal.inIsTerminal
    ? `Answer: ${pendingChoices(pending)}`
    : `Answer with: ${pendingCommand(pending, session)}`;
  return `${pendingText(pending, terminal.colours)}\n  ${terminal.colours.dim(how)}`;
}

interface Desk {
  lines: Lines;
  pending: PendingList;
  view: LiveView;
  area: BottomArea | undefined;
}

/** The oldest question is answered first. */
async function answerFromKeyboard(
  context: Context,
  client: Client,
  session: string,
  desk: Desk,
): Promise<void> {
  const { lines, pending, view, area } = desk;
  for (let typed = await lines.next(); typed !== undefined; typed = await lines.next()) {
    area?.typed();
    const [oldest, ...more] = pending.all();
    if (typed.trim() === "") continue;
    if (oldest === undefined) {
      view.note("  Nothing waits for an answer; to talk to the agent use: jamey chat -s SESSION");
      continue;
    }
    const send = typedAnswer(oldest, typed);
    if (send === undefined) {
      view.note(`  Answer: ${pendingChoices(oldest)}`);
      continue;
    }
    pending.answered(oldest.key);
    const first = await send(client, session).catch((thrown) => {
      pending.again(oldest);
      view.note(`  ${context.terminal.colours.red(neutral(messageOf(thrown)))}`);
      return true;
    });
    if (!first) view.note("  Somebody else was first");
    for (const waiting of more.slice(0, 1)) view.note(question(context, waiting, session));
  }
}
