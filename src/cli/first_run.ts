// The first run: one real session on this folder, followed live, and how to go on from there. What `npm start` shows.
import { follow } from "../client/follow.ts";
import { type Client, openClient } from "../client/client.ts";
import type { Approval } from "../protocol/http.ts";
import { approvalChoices, approvalText, parseAnswer, sendAnswer } from "./approvals.ts";
import { createLiveView, type LiveView } from "./live_view.ts";
import { openLines } from "./lines.ts";
import { createPending } from "./pending.ts";
import { openTerminal, type Terminal } from "./terminal.ts";

export interface FirstRun {
  dataDir: string;
  /** The folder the session looks at. */
  workspace: string;
  /** A further folder, in which it may write. */
  scratch: string;
  message: string;
  /** The scripted provider: its calls are known, so the demo approves them itself and says so. */
  offline: boolean;
  signal: AbortSignal;
}

/** Runs the session and prints it; resolves when its turn has ended. */
export async function firstRun(options: FirstRun): Promise<void> {
  const terminal = openTerminal({ quiet: false });
  const client = await openClient({ dataDir: options.dataDir, url: undefined, token: undefined });
  const { workspace, scratch, message } = options;
  const { session_id } = await client.create({ workspace, add_dirs: [scratch], permission_mode: "default" });
  const { bold, dim } = terminal.colours;
  terminal.line(bold(`A session in ${workspace}, that may also write in ${scratch}`));
  if (options.offline) {
    terminal.line(
      dim("Provider: scripted. It is built in and offline: the tools are real, the words are not a model's."),
    );
    terminal.line(dim("Set OPENAI_API_KEY (and LLM_BASE_URL, LLM_MODEL) to have a model do the same."));
  }
  await client.send(session_id, { message });
  await show(client, session_id, { terminal, options });
  terminal.line("");
  terminal.line(bold("The daemon stays up until Ctrl-C. In another terminal:"));
  for (const [command, what] of next) terminal.line(`  npm run jamey -- ${command.padEnd(26)} ${dim(what)}`);
}

const next = [
  ["attach last", "the same events again, then live"],
  ["replay last", "the story of the session; --step walks, --verify proves it"],
  ["replay last --request last", "the exact request of the last model call"],
  ["fork last --at 5", "a new session from that point"],
  ["chat", "talk to an agent in this folder"],
] as const;

interface Stage {
  terminal: Terminal;
  options: FirstRun;
}

async function show(client: Client, session: string, { terminal, options }: Stage): Promise<void> {
  const view = createLiveView(terminal);
  const pending = createPending();
  for await (const frame of follow(client, session, { deltas: true, signal: options.signal })) {
    if (frame.type === "delta") view.delta(frame);
    if (frame.type !== "event") continue;
    view.event(frame.event);
    pending.fact(frame.event);
    const asked = pending.all().at(-1);
    if (asked?.kind === "approval" && asked.seq === frame.event.seq) {
      await answer(client, session, { terminal, options, view, approval: asked.approval });
    }
    if (frame.event.type === "turn.ended" && frame.event.actor === "main") return;
  }
}

async function answer(
  client: Client,
  session: string,
  { terminal, options, view, approval }: Stage & { view: LiveView; approval: Approval },
): Promise<void> {
  if (options.offline) {
    view.note(terminal.colours.dim("      approved by the demo: it is one of the calls of its own script"));
    await sendAnswer(client, session, approval, { decision: "allow_once" });
    return;
  }
  view.note(approvalText(approval, terminal.colours));
  const typed = terminal.inIsTerminal ? await askPerson(approvalChoices(approval)) : undefined;
  const decision = parseAnswer(typed ?? "n nobody is there to ask", approval) ??
    { decision: "reject_once" as const };
  await sendAnswer(client, session, approval, decision);
}

async function askPerson(choices: string): Promise<string | undefined> {
  const lines = openLines({ isTerminal: true });
  lines.onInterrupt(() => Deno.kill(Deno.pid, "SIGINT"));
  lines.prompt(`    Allow it? (${choices}) `);
  const typed = await lines.next();
  lines.close();
  return typed;
}
