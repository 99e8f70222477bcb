// Facts of workflows: nodes that begin and end, edges that are taken. The actor is `workflow:<id>`.
import { z } from "zod";
import { jsonObject, jsonValue } from "./json.ts";
import { actorBudget, agentProfile } from "./agent_facts.ts";
import { decisionKey, restartPolicy, supervisorOutcome } from "./supervisor_facts.ts";

/**
 * The graph alone, as small as it can be: what the machine of a run decides by. Nodes are places in `ids`, edges pairs of
 * places. It is made from the definition (src/workflow/plan.ts), which the machine never sees.
 */
export const workflowPlan = z.object({
  ids: z.array(z.string()),
  /** How each is carried out: by an agent, a call (tools and questions), a supervisor, or at once. */
  kinds: z.array(z.enum(["agent", "call", "team", "workflow", "value"])),
  starts: z.array(z.number().int()),
  to: z.array(z.array(z.number().int())),
  /** Edges that lead back to a node before them: they start it by themselves. */
  loops: z.array(z.tuple([z.number().int(), z.number().int()])),
  max_parallel: z.number().int(),
  /** What differs from a node that is visited once, waits for all its edges and has one attempt without a time limit. */
  more: z.record(
    z.string(),
    z.object({
      any: z.literal(true).optional(),
      /** 0: as often as others allow. */
      max_visits: z.number().int().optional(),
      retry: restartPolicy.optional(),
      timeout_ms: z.number().int().optional(),
      /** Once for each item: the kind of the node is that of the inner one. */
      each: z.object({
        max_parallel: z.number().int(),
        goes_on: z.boolean(),
        retry: restartPolicy.optional(),
        timeout_ms: z.number().int().optional(),
      }).optional(),
    }),
  ),
});
export type WorkflowPlan = z.infer<typeof workflowPlan>;

const chosenModel = z.object({ provider: z.string(), model: z.string() });

/** What names in a definition meant when it was checked: models, and agents by the names of their definitions. */
export const workflowNames = z.object({
  models: z.record(z.string(), chosenModel).optional(),
  agents: z.record(z.string(), agentProfile).optional(),
});
export type WorkflowNames = z.infer<typeof workflowNames>;

export const workflowFacts = {
  "workflow.started": z.object({
    workflow: z.string(),
    name: z.string(),
    /** The path of the actor that it reports to: `main`, or the workflow whose node it is. */
    parent: z.string(),
    call_id: z.string().optional(),
    by: z.enum(["model", "user"]),
    /** The checked definition, whole: what it runs by from now on. */
    definition: jsonObject,
    plan: workflowPlan,
    names: workflowNames.optional(),
    inputs: jsonObject,
    /** The file it was read from. */
    source: z.string().optional(),
    budget: actorBudget.optional(),
  }),
  /** `run` names one visit of one node (and one item of a fan-out); it never begins again once it has finished. */
  "workflow.node_started": z.object({
    ...decisionKey,
    node: z.string(),
    run: z.string(),
    visit: z.number().int(),
    attempt: z.number().int(),
    /** What it was given, templates filled in; of an `each` its items. */
    input: jsonValue.optional(),
    /** Of an `each`: how many. */
    items: z.number().int().optional(),
  }),
  "workflow.node_finished": z.object({
    ...decisionKey,
    node: z.string(),
    run: z.string(),
    output: jsonValue,
    /** Names of the nodes that come next, by the edges whose conditions hold. */
    next: z.array(z.string()),
  }),
  "workflow.node_failed": z.object({
    ...decisionKey,
    node: z.string(),
    run: z.string(),
    attempt: z.number().int(),
    error: z.string(),
    /** It begins again after `after_ms`; else the workflow goes on by `next`, or ends. */
    retries: z.boolean(),
    after_ms: z.number().int(),
    /** Nobody knows how far it came: the workflow pauses, and it begins again when a person lets it go on. */
    pauses: z.literal(true).optional(),
    next: z.array(z.string()),
  }),
  "workflow.paused": z.object({ by: z.string(), reason: z.string().optional() }),
  "workflow.resumed": z.object({ by: z.string() }),
  /** Edited while paused: nodes that have finished stay finished. */
  "workflow.edited": z.object({
    /** Edges from nodes that had ended to nodes that are new: taken at once, by names. */
    follows: z.array(z.tuple([z.string(), z.string()])),
    by: z.string(),
    definition: jsonObject,
    plan: workflowPlan,
    names: workflowNames.optional(),
  }),
  "workflow.finished": z.object({
    ...decisionKey,
    workflow: z.string(),
    outcome: supervisorOutcome,
    reason: z.string(),
    outputs: jsonObject,
  }),
} as const;
