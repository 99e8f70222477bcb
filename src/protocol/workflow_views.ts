// What clients ask of workflows and are shown of them.
import { z } from "zod";
import { actorBudget } from "./agent_facts.ts";
import { jsonObject, jsonValue } from "./json.ts";
import { supervisorOutcome } from "./supervisor_facts.ts";

/** The id of a workflow in its session, or its path: `review`, `workflow:review`. */
export const workflowName = z.string().min(1).max(1_000);

export const startWorkflowBody = z.strictObject({
  /** As it stands in the file, with the definitions of workflows below it inside. */
  definition: jsonObject,
  inputs: jsonObject.default({}),
  /** The file it was read from, for people. */
  source: z.string().max(4_096).optional(),
  budget: actorBudget.strict().optional(),
  /** The same id twice is one workflow. */
  id: z.string().regex(/^[A-Za-z0-9_.:-]{1,128}$/).optional(),
});
export const pauseWorkflowBody = z.strictObject({ reason: z.string().max(2_000).optional() });
export const editWorkflowBody = z.strictObject({ definition: jsonObject });

export const workflowCommands = [
  z.strictObject({ type: z.literal("workflow.start"), ...startWorkflowBody.shape }),
  z.strictObject({ type: z.literal("workflow.pause"), workflow: workflowName, ...pauseWorkflowBody.shape }),
  z.strictObject({ type: z.literal("workflow.resume"), workflow: workflowName }),
  z.strictObject({ type: z.literal("workflow.edit"), workflow: workflowName, ...editWorkflowBody.shape }),
  z.strictObject({ type: z.literal("workflow.cancel"), workflow: workflowName }),
] as const;
export type WorkflowCommand = z.infer<(typeof workflowCommands)[number]>;

export const nodeState = z.enum(["pending", "running", "waiting", "finished", "failed"]);

export const workflowRunView = z.object({
  run: z.string(),
  visit: z.number().int(),
  attempt: z.number().int(),
  /** `waiting`: for its next attempt. */
  state: nodeState.exclude(["pending"]),
  started_at: z.string(),
  ended_at: z.string().nullable(),
  error: z.string().nullable(),
});

export const workflowNodeView = z.object({
  node: z.string(),
  kind: z.string(),
  /** That of its last visit. */
  state: nodeState,
  visits: z.number().int(),
  started_at: z.string().nullable(),
  ended_at: z.string().nullable(),
  /** Of the last visit, cut when it is long. */
  error: z.string().nullable(),
  output: jsonValue.nullable(),
  /** Of an `each`: its items. */
  items: z.object({ total: z.number().int(), ended: z.number().int(), failed: z.number().int() }).nullable(),
});

export const workflowView = z.object({
  workflow: z.string(),
  path: z.string(),
  parent: z.string(),
  name: z.string(),
  source: z.string().nullable(),
  /** `running`, `paused`, `stopping`, or how it ended. */
  state: z.enum(["running", "paused", "stopping", ...supervisorOutcome.options]),
  started_at: z.string(),
  ended_at: z.string().nullable(),
  reason: z.string().nullable(),
  inputs: jsonObject,
  outputs: jsonObject.nullable(),
  /** Edges by names, as they are drawn. */
  edges: z.array(z.tuple([z.string(), z.string()])),
  nodes: z.array(workflowNodeView),
});
export type WorkflowView = z.infer<typeof workflowView>;
export type WorkflowNodeView = z.infer<typeof workflowNodeView>;
