// `jamey attach`: the history of a session, then what happens in it, live; approvals can be answered here.
import { follow } from "../client/follow.ts";
import type { Client } from "../client/client.ts";
import { type Command, type Context, need, seqMax } from "./command.ts";
import { type Lines, openLines } from "./lines.ts";
import { linkText } from "./link_text.ts";
import { createLiveView, type LiveView } from "./live_view.ts";
import { sayMode } from "./mode_text.ts";
import { messageOf } from "../protocol/problem.ts";
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
  ],
  examples: ["jamey attach last", "jamey attach review --after 120", "jamey attach last --json | jq .type"],
  async run(context, input) {
    const session = need(input, 0, "the session", "attach");
    const after = input.number("after", { min: 0, max: seqMax }) ?? 0;
    const client = await context.client();
    const view = await client.view(session);
    const stop = new AbortController();
    let exit = 0;
    context.signals.handle((signal) => {
      exit = signalExit[signal];
      stop.abort();
    });
    const deltas = input.flag("deltas") && !context.json;
    const options = { session: view.session_id, after, deltas, signal: stop.signal };
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
}

async function printJson(context: Context, client: Client, options: AttachOptions): Promise<void> {
  const onLink = (isUp: boolean) => context.terminal.talk(linkText(isUp));
  for await (const frame of follow(client, options.session, { ...options, onLink })) {
    if (frame.type === "event") context.terminal.json(frame.event);
  }
}

async function show(context: Context, client: Client, options: AttachOptions): Promise<void> {
  const { terminal } = context;
  const view = createLiveView(terminal);
  const pending = createPending();
  const lines = terminal.inIsTerminal && terminal.outIsTerminal ? openLines({ isTerminal: true }) : undefined;
  // While the terminal is read by lines, Ctrl-C comes from there.
  lines?.onInterrupt(() => Deno.kill(Deno.pid, "SIGINT"));
  if (lines !== undefined) {
    // It fails only when the terminal is gone; the following ends by that too.
    answerFromKeyboard(context, client, options.session, { lines, pending, view }).catch(() => lines.close());
  }
  let live = false;
  const onLink = (isUp: boolean) => view.note(terminal.colours.dim(`      ${linkText(isUp)}`));
  try {
    for await (const frame of follow(client, options.session, { ...options, onLink })) {
      if (frame.type === "event") {
        view.event(frame.event);
        pending.fact(frame.event);
        if (live) {
          const asked = pending.all().at(-1);
          if (asked?.seq === frame.event.seq) view.note(question(context, asked, options.session));
        }
      } else if (frame.type === "delta") view.delta(frame);
      else if (frame.type === "notice") view.note(terminal.colours.dim(`      ${neutralLine(frame.text)}`));
      else if (frame.type === "synced" && !live) {
        live = true;
        for (const asked of pending.all()) view.note(question(context, asked, options.session));
      }
    }
  } finally {
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
}

/** The oldest question is answered first. */
async function answerFromKeyboard(
  context: Context,
  client: Client,
  session: string,
  desk: Desk,
): Promise<void> {
  const { lines, pending, view } = desk;
  for (let typed = await lines.next(); typed !== undefined; typed = await lines.next()) {
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
