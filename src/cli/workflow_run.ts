// `jamey workflow run`: begins a workflow and follows it to its end. It belongs to the daemon: whoever leaves loses nothing.
import type { Client } from "../client/client.ts";
import { follow } from "../client/follow.ts";
import type { EventEnvelope } from "../protocol/facts.ts";
import { Problem } from "../protocol/problem.ts";
import type { WorkflowView } from "../protocol/workflow_views.ts";
import { createActorNames } from "./actor_labels.ts";
import { wasArchived } from "./archive.ts";
import { refuseUntrusted, sayAwaiting } from "./awaiting_trust.ts";
import type { Context, Input } from "./command.ts";
import { linkText } from "./link_text.ts";
import { checkModel } from "./model_choice.ts";
import { neutral, neutralJson, neutralLine } from "./neutral.ts";
import { nameOption, refuseIgnored, sessionSettings } from "./new.ts";
import { createPending } from "./pending.ts";
import { runRules } from "./run_rules.ts";
import { type Signal, signalExit } from "./signals.ts";
import { checkedFile, inputsOf } from "./workflow_file.ts";
import { openProgress } from "./workflow_progress.ts";
import { openDesk } from "./workflow_desk.ts";

const limitExit = 53;

export async function runWorkflow(context: Context, input: Input, file: string): Promise<number> {
  refuseIgnored(input, "workflow run");
  const client = await context.clientOrStart();
  const settings = sessionSettings(input, "workflow run");
  const named = input.text("session");
  const found = named === undefined ? undefined : await client.view(named);
  const workspace = found?.state.summary.workspace ?? settings.workspace ?? Deno.cwd();
  const definition = await checkedFile(client, file, workspace);
  const inputs = await inputsOf(input, definition);
  const session = found?.session_id ?? await newSession(client, input, definition.name);
  await sayAwaiting({ terminal: context.terminal, client }, workspace);
  // A definition that was checked is JSON.
  const body = {
    definition: JSON.parse(JSON.stringify(definition)),
    inputs,
    source: file,
    id: crypto.randomUUID(),
  };
  const { workflow, seq } = await client.startWorkflow(session, body);
  context.terminal.talk(`Workflow ${workflow} runs in session ${session}`);
  if (input.flag("detach")) {
    if (context.json) context.terminal.json({ session_id: session, workflow });
    else context.terminal.line(`${session} ${workflow}`);
    return 0;
  }
  return await followWorkflow(context, client, {
    session,
    workflow,
    after: seq - 1,
    unattended: input.flag("unattended"),
  });
}

async function newSession(client: Client, input: Input, name: string): Promise<string> {
  const settings = { ...nameOption(input, "workflow run"), ...sessionSettings(input, "workflow run") };
  const rules = runRules(input);
  await checkModel(client, settings.model);
  const { workspace = Deno.cwd(), permission_mode } = settings;
  const mode = permission_mode ?? (await client.permissions({ workspace })).permission_mode;
  await refuseUntrusted(client, { workspace, permission_mode: mode });
  const { session_id } = await client.create(settings);
  // A list of sessions says what each is about.
  if (settings.name === undefined) {
    await client.rename(session_id, `${neutralLine(name).slice(0, 150)} ${session_id.slice(0, 6)}`).catch(
      () => {},
    );
  }
  if (rules !== undefined) await client.setRules(session_id, rules);
  return session_id;
}

export interface Followed {
  session: string;
  workflow: string;
  after: number;
  /** Nobody is here: what asks is refused. */
  unattended: boolean;
}

/** Resolves with the exit code when it has ended; interrupted, at once, and it goes on without being watched. */
export async function followWorkflow(context: Context, client: Client, followed: Followed): Promise<number> {
  const { session, workflow, after, unattended } = followed;
  const path = `workflow:${workflow}`;
  const which = `${session} --workflow ${neutralLine(workflow)}`;
  const stop = new AbortController();
  let caught: Signal | undefined;
  let isOver = false;
  const { state } = await client.view(session);
  const pending = createPending(state);
  const names = createActorNames();
  names.seed(state.tree);
  const desk = openDesk(context, client, { session, pending, nameOf: names.name, unattended });
  const release = context.signals.handle((signal) => {
    caught ??= signal;
    stop.abort();
  });
  const progress = openProgress(context, client, { session, workflow, area: desk.area, signal: stop.signal });
  try {
    // Above what stays at the bottom of the terminal.
    const onLink = (isUp: boolean) => (desk.area?.above ?? context.terminal).talk(linkText(isUp));
    for await (
      const frame of follow(client, session, { after, deltas: false, signal: stop.signal, onLink })
    ) {
      if (frame.type === "synced") desk.live();
      if (frame.type !== "event") continue;
      names.learn(frame.event);
      pending.fact(frame.event);
      progress.fact(frame.event);
      if (isHeldUp(frame.event, path)) {
        const run = neutralLine(String(frame.event.data["run"]));
        (desk.area?.above ?? context.terminal).talk(
          `Paused: ${run} was cut off and may have done part of its work\n` +
            `  Begin it again with: jamey workflow resume ${which}`,
        );
        isOver = unattended;
      }
      desk.look();
      isOver ||= frame.event.type === "workflow.finished" && frame.event.actor === path;
      if (isOver) break;
    }
  } finally {
    await progress.close();
    desk.close();
    release();
  }
  if (caught !== undefined) {
    context.terminal.talk(
      `Workflow ${neutralLine(workflow)} goes on: look with jamey workflow status ${which}, ` +
        `cancel it with jamey workflow cancel ${which}`,
    );
    return signalExit[caught];
  }
  if (!isOver) throw wasArchived(session);
  const { workflows } = await client.workflows(session);
  const view = workflows.find((one) => one.workflow === workflow);
  if (view === undefined) throw new Problem("not_found", `Cannot find workflow "${workflow}" any more`);
  sayEnd(context, session, view);
  return exitOf(view);
}

/** A node was cut off from outside, and a person is to say when it begins again. */
function isHeldUp({ type, data, actor }: EventEnvelope, path: string): boolean {
  return type === "workflow.node_failed" && data["pauses"] === true &&
    (actor === path || actor.startsWith(`${path}.`));
}

function sayEnd({ terminal, json }: Context, session: string, view: WorkflowView): void {
  const { workflow, state, reason, outputs } = view;
  if (json) return terminal.json({ session_id: session, workflow, outcome: state, reason, outputs });
  if (state !== "completed") {
    const how = reason === null ? `is ${state}` : `ended, ${state}: ${neutral(reason)}`;
    terminal.warn(`The workflow ${how}`);
    terminal.warn(`Look with: jamey workflow status ${session}`);
  }
  for (const [name, value] of Object.entries(outputs ?? {})) {
    if (value === null) continue;
    const text = typeof value === "string" ? neutral(value) : neutralJson(value);
    terminal.line(text.includes("\n") ? `${name}:\n${text}` : `${name}: ${text}`);
  }
}

export function exitOf({ state }: WorkflowView): number {
  if (state === "completed") return 0;
  return state === "limit" ? limitExit : 1;
}
