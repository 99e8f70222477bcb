// Commands about workflows: start, pause, resume, edit, cancel. Everything is checked before a fact is made.
import { lineOf } from "../machines/actor_tree.ts";
import { hasEnded, stateName } from "../machines/session_state.ts";
import type { Transcript } from "../machines/transcript.ts";
import { lostNodes } from "../machines/workflow_edit.ts";
import type { WorkflowContext } from "../machines/workflow_context.ts";
import type { AgentSet } from "../src/context/agent_definitions.ts";
import type { PermissionRules } from "../src/permission/contract.ts";
import type { Receipt } from "../src/protocol/commands.ts";
import { type FactDraft, mainActor } from "../src/protocol/facts.ts";
import type { JsonObject } from "../src/protocol/json.ts";
import { Problem } from "../src/protocol/problem.ts";
import type { WorkflowCommand } from "../src/protocol/workflow_views.ts";
import type { ProviderRegistry } from "../src/providers/contract.ts";
import { familyModel, isModelFamily } from "../src/providers/model_family.ts";
import { resolveModel } from "../src/providers/resolve_model.ts";
import { checkWorkflow } from "../src/workflow/check.ts";
import type { WorkflowDefinition } from "../src/workflow/definition.ts";
import { faultText } from "../src/workflow/faults.ts";
import { takeInputs } from "../src/workflow/inputs.ts";
import { planOf } from "../src/workflow/plan.ts";
import { freeId } from "./actor_names.ts";
import { checkRefused, likenessesOf } from "./refused_work.ts";
import { receiptOf } from "./receipt.ts";
import type { SessionActor } from "./session_port.ts";
import type { ToolRegistry } from "./tool_registry.ts";
import { edgesTaken } from "./workflow_edges.ts";
import { indexOf } from "./workflow_index.ts";
import { namesOf } from "./workflow_names.ts";
import { jsonOf } from "./workflow_starts.ts";

export interface WorkflowParts {
  who: { by: string };
  registry: ToolRegistry;
  providers: ProviderRegistry;
  rules: PermissionRules | undefined;
  agents?: ((workspace: string) => Promise<AgentSet>) | undefined;
}

type CommandOf<T extends WorkflowCommand["type"]> = Extract<WorkflowCommand, { type: T }>;

export async function carryOutWorkflow(
  session: SessionActor,
  command: WorkflowCommand,
  parts: WorkflowParts,
): Promise<Receipt> {
  const { by } = parts.who;
  if (command.type === "workflow.start") return await start(session, command, parts);
  const path = await workflowNamed(session, command.workflow);
  switch (command.type) {
    case "workflow.pause": {
      const { reason } = command;
      const data = { by, ...(reason === undefined ? {} : { reason }) };
      return await inAll(session, path, {
        what: "pause",
        from: "running",
        draft: { type: "workflow.paused", data },
      });
    }
    case "workflow.resume":
      return await inAll(session, path, {
        what: "resume",
        from: "paused",
        draft: { type: "workflow.resumed", data: { by } },
      });
    case "workflow.edit":
      return await edit(session, command, { path, parts });
    case "workflow.cancel": {
      const draft = { actor: path, type: "turn.cancelled", data: { by, outcome: "cancelled" } } as const;
      return receiptOf(session, await session.tell(draft), `cancel workflow "${command.workflow}" of`);
    }
  }
}

async function start(
  session: SessionActor,
  command: CommandOf<"workflow.start">,
  parts: WorkflowParts,
): Promise<Receipt> {
  const definition = await checked(session, command, parts);
  const taken = takeInputs(definition, command.inputs);
  if (!taken.ok) {
    throw new Problem(
      "bad_request",
      `Cannot start workflow "${definition.name}": ${taken.faults.join("; ")}`,
    );
  }
  const names = await namesIn(session, definition, parts);
  const { source, id } = command;
  const budget = command.budget ?? definition.budget;
  const draft = (transcript: Transcript): FactDraft => {
    const workflow = freeId(transcript.crew, "workflow", wordOf(definition.name));
    return {
      actor: `workflow:${workflow}`,
      type: "workflow.started",
      data: {
        workflow,
        name: definition.name,
        parent: mainActor,
        by: "user",
        definition: jsonOf(definition),
        plan: planOf(definition),
        names,
        inputs: taken.inputs,
        ...(source === undefined ? {} : { source }),
        ...(budget === undefined ? {} : { budget }),
      },
    };
  };
  if (session.state().meta?.archived === true) throw archived(session);
  const told = await session.tell(draft, id === undefined ? {} : { id });
  const receipt = receiptOf(session, told, "start a workflow in");
  return { ...receipt, workflow: await startedAt(session, receipt.seq) };
}

function archived(session: SessionActor): Problem {
  return new Problem("conflict", `Cannot start a workflow in session "${session.id}": it is archived`);
}

async function startedAt(session: SessionActor, seq: number): Promise<string> {
  for (const { start } of (await session.transcript()).crew.supervisors()) {
    if (start.seq === seq && start.type === "workflow.started") return start.data.workflow;
  }
  return "";
}

async function checked(
  session: SessionActor,
  { definition, source = "workflow" }: { definition: JsonObject; source?: string | undefined },
  { registry }: WorkflowParts,
): Promise<WorkflowDefinition> {
  const tools = await registry.of(session.state().meta?.workspace ?? "/");
  const found = await checkWorkflow(JSON.stringify(definition), source, {
    knownTools: [...tools.keys()],
    readFile: () => Promise.reject(new Error("the definition must stand in it")),
  });
  if (found.ok) return found.definition;
  const faults = found.faults.map(faultText).join("\n");
  throw new Problem("bad_request", `Cannot use the workflow:\n${faults}`, {
    hint: "See: jamey workflow check",
  });
}

async function namesIn(session: SessionActor, definition: WorkflowDefinition, parts: WorkflowParts) {
  const { workspace = "/", provider = "" } = session.state().meta ?? {};
  const { providers } = parts;
  await checkRefused(session.state().meta, parts, {
    what: `workflow "${definition.name}"`,
    likenesses: likenessesOf(definition),
  });
  return namesOf(definition, {
    agents: await parts.agents?.(workspace) ?? { agents: [], broken: [] },
    modelOf: (text) => resolveModel(providers, text, provider),
    familyOf: (text) => familyModel(text, providers.get(provider)?.kind ?? ""),
    isFamily: isModelFamily,
    provider,
  });
}

const idCharsMax = 40;

/** The name as a word that can stand in a path. */
function wordOf(name: string): string {
  const plain = name.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-").slice(0, idCharsMax).replaceAll(
    /^-|-$/g,
    "",
  );
  return plain === "" ? "workflow" : plain;
}

/** The path of a workflow; throws a Problem that says which there are. */
async function workflowNamed(
  session: Pick<SessionActor, "id" | "transcript">,
  name: string,
): Promise<string> {
  const { crew } = await session.transcript();
  const path = name.startsWith("workflow:") ? name : `workflow:${name}`;
  if (crew.supervisor(path)?.start.type === "workflow.started") return path;
  const known = [...crew.supervisors()].filter(({ start }) => start.type === "workflow.started");
  throw new Problem(
    "not_found",
    `Cannot find workflow "${name}": session "${session.id}" has none of that name`,
    {
      hint: known.length === 0
        ? "Start one with: jamey workflow run FILE"
        : `There are ${known.map((one) => one.path.slice("workflow:".length)).join(", ")}`,
    },
  );
}

/** What is said to a workflow is said to those below it as well. */
async function inAll(
  session: SessionActor,
  path: string,
  { what, from, draft }: {
    what: string;
    from: "running" | "paused";
    draft: Pick<Extract<FactDraft, { type: "workflow.paused" | "workflow.resumed" }>, "type" | "data">;
  },
): Promise<Receipt> {
  // Type and data come as one pair.
  const tell = (actor: string) => session.tell({ actor, ...draft } as FactDraft);
  const state = session.state();
  const below = Object.entries(state.supervisors)
    .filter(([other, one]) =>
      one.kind === "workflow" && !hasEnded(one) && stateName(one.snapshot) === from &&
      other !== path && [...lineOf(state, other)].includes(path)
    )
    .map(([other]) => other);
  const top = state.supervisors[path];
  // One below it may have paused by itself: that one is meant then.
  const first = top !== undefined && stateName(top.snapshot) !== from ? below.shift() ?? path : path;
  const receipt = receiptOf(
    session,
    await tell(first),
    `${what} workflow "${path.slice("workflow:".length)}" of`,
  );
  // One that has ended meanwhile needs no word.
  for (const other of below) await tell(other);
  return receipt;
}

async function edit(
  session: SessionActor,
  { definition: given, workflow }: CommandOf<"workflow.edit">,
  { path, parts }: { path: string; parts: WorkflowParts },
): Promise<Receipt> {
  const definition = await checked(session, { definition: given }, parts);
  const names = await namesIn(session, definition, parts);
  const plan = planOf(definition);
  const refuse = (why: string, hint?: string): Problem =>
    new Problem("conflict", `Cannot edit workflow "${workflow}": ${why}`, hint === undefined ? {} : { hint });
  const told = await session.tell((transcript) => {
    const snapshot = session.state().supervisors[path]?.snapshot;
    const supervisor = transcript.crew.supervisor(path);
    if (snapshot === undefined || supervisor?.start.type !== "workflow.started") {
      throw refuse("it is not there");
    }
    if (stateName(snapshot) !== "paused") {
      throw refuse(`it is ${stateName(snapshot)}`, "Pause it first: jamey workflow pause");
    }
    const index = indexOf(supervisor);
    const { inputs } = supervisor.start.data;
    const taken = takeInputs(definition, inputs);
    if (!taken.ok) throw refuse(`its inputs do not fit any more: ${taken.faults.join("; ")}`);
    // The machine's own context.
    const lost = new Set(lostNodes(snapshot.context as WorkflowContext, plan));
    for (const node of new Set(index.runs.values().map((run) => run.node))) {
      const [before, after] = [index.definition.nodes[node]?.kind, definition.nodes[node]?.kind];
      if (before !== undefined && before !== after) lost.add(node);
    }
    if (lost.size > 0) {
      const listed = [...lost].map((node) => `"${node}"`).join(", ");
      throw refuse(`these nodes have begun and must stay of their kind: ${listed}`);
    }
    const follows = Object.entries(index.nodes).flatMap(([node, result]) => {
      const ending = result.error === undefined ? { output: result.output ?? null } : { error: result.error };
      const scope = { inputs, nodes: index.nodes };
      const next = edgesTaken({ ...index, definition }, { node, ending, scope });
      const isNew = (to: string) => !Object.hasOwn(index.definition.nodes, to);
      return typeof next === "string" ? [] : next.filter(isNew).map((to): [string, string] => [node, to]);
    });
    const data = { by: parts.who.by, definition: jsonOf(definition), plan, names, follows };
    return { actor: path, type: "workflow.edited", data };
  });
  return receiptOf(session, told, `edit workflow "${workflow}" of`);
}
