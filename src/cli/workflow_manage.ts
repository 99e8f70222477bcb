// `jamey workflow list, status, pause, resume, edit, cancel`: workflows that there are.
import type { Client } from "../client/client.ts";
import type { JsonObject } from "../protocol/json.ts";
import { Problem } from "../protocol/problem.ts";
import type { WorkflowView } from "../protocol/workflow_views.ts";
import type { Context, Input } from "./command.ts";
import { neutral, neutralJson, neutralLine } from "./neutral.ts";
import { listSessions } from "./sessions.ts";
import { tableLines } from "./table.ts";
import { checkedFile } from "./workflow_file.ts";
import { followWorkflow } from "./workflow_run.ts";
import { sayWaiting } from "./waiting.ts";
import { nodeLines, spanText, workflowHead } from "./workflow_text.ts";

const sessionsMax = 1_000;
const livingStates = new Set(["running", "paused", "stopping"]);

/** The workflow that is meant: by `--workflow`, else the only one that lives, else the last one. */
export async function workflowOf(
  client: Client,
  { session, named }: { session: string; named: string | undefined },
): Promise<WorkflowView> {
  const { workflows } = await client.workflows(session);
  const found = named === undefined
    ? undefined
    : workflows.find(({ workflow, path }) => workflow === named || path === named);
  if (found !== undefined) return found;
  const known = workflows.map(({ workflow }) => neutralLine(workflow)).join(", ");
  if (named !== undefined || workflows.length === 0) {
    const what = named === undefined ? "it has none" : `it has none called "${named}"`;
    throw new Problem("not_found", `Cannot find a workflow in session "${session}": ${what}`, {
      hint: workflows.length === 0 ? "Start one with: jamey workflow run FILE" : `There are ${known}`,
    });
  }
  // Those below others are led by them.
  const top = workflows.filter(({ parent }) => !workflows.some(({ path }) => path === parent));
  const living = top.filter(({ state }) => livingStates.has(state));
  if (living.length > 1) {
    throw new Problem(
      "conflict",
      `Cannot tell which workflow of session "${session}" is meant: several run`,
      {
        hint: `Say which with --workflow: ${living.map(({ workflow }) => neutralLine(workflow)).join(", ")}`,
      },
    );
  }
  const one = living[0] ?? top.at(-1) ?? workflows[0];
  if (one === undefined) throw new Error("There are workflows and none of them is the last");
  return one;
}

export async function listWorkflows(context: Context, input: Input): Promise<number> {
  const client = await context.client();
  const named = input.text("session");
  const ids = named === undefined
    ? (await listSessions(client, sessionsMax)).map(({ session_id }) => session_id)
    : [(await client.view(named)).session_id];
  const rows: { session: string; view: WorkflowView }[] = [];
  for (const session of ids) {
    for (const view of (await client.workflows(session)).workflows) rows.push({ session, view });
  }
  if (context.json) {
    for (const { session, view } of rows) {
      const { nodes: _nodes, edges: _edges, ...rest } = view;
      context.terminal.json({ session_id: session, ...rest });
    }
    return 0;
  }
  if (rows.length === 0) context.terminal.talk("No workflow has run yet: jamey workflow run FILE");
  const cells = rows.map(({ session, view }) => [
    session,
    neutralLine(view.workflow),
    view.state,
    spanText(view.started_at, view.ended_at, Date.now()),
    neutralLine(view.name),
  ]);
  const { colours } = context.terminal;
  if (rows.length > 0) {
    tableLines(["SESSION", "WORKFLOW", "STATE", "TIME", "NAME"], cells, { colours })
      .forEach((line) => context.terminal.line(line));
  }
  return 0;
}

export async function showStatus(context: Context, input: Input, session: string): Promise<number> {
  const client = await context.client();
  const view = await workflowOf(client, { session, named: input.text("workflow") });
  const { terminal } = context;
  if (context.json) {
    terminal.json(view);
    return 0;
  }
  const style = { colours: terminal.colours, columns: terminal.columns, now: Date.now() };
  terminal.line(workflowHead(view, style));
  for (const line of nodeLines(view, style)) terminal.line(line);
  if (livingStates.has(view.state)) {
    const { state, session_id } = await client.view(session);
    sayWaiting(terminal, state, { session: session_id });
  }
  if (view.reason !== null) terminal.line(`reason: ${neutral(view.reason)}`);
  for (const [name, value] of Object.entries(view.outputs ?? {})) {
    terminal.line(`${name}: ${typeof value === "string" ? neutral(value) : neutralJson(value)}`);
  }
  return 0;
}

export async function changeWorkflow(
  context: Context,
  input: Input,
  { change, session, file }: {
    change: "pause" | "resume" | "edit" | "cancel";
    session: string;
    file?: string;
  },
): Promise<number> {
  const client = await context.client();
  const { session_id: id, state } = await client.view(session);
  const { workflow } = await workflowOf(client, { session: id, named: input.text("workflow") });
  const before = state.summary.seq;
  const definition = file === undefined
    ? undefined
    : await checkedFile(client, file, state.summary.workspace);
  // A definition that was checked is JSON.
  const body: JsonObject = definition === undefined
    ? {}
    : { definition: JSON.parse(JSON.stringify(definition)) };
  await client.changeWorkflow(id, workflow, change, body);
  context.terminal.talk(`${done[change]}: ${neutralLine(workflow)} in session ${id}`);
  if (change !== "resume" || input.flag("detach")) return 0;
  return await followWorkflow(context, client, {
    session: id,
    workflow,
    after: before,
    unattended: input.flag("unattended"),
  });
}

const done = { pause: "Paused", resume: "Resumed", edit: "Edited", cancel: "Cancelling" } as const;
