// Facts of workflows: nodes that begin and end, edges that are taken. The actor is `workflow:<id>`.
import { z } from "zod";
import { jsonObject, jsonValue } from "./json.ts";
import { actorBudget } from "./agent_facts.ts";
import { decisionKey, supervisorOutcome } from "./supervisor_facts.ts";

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
    /** What it was given, templates filled in. */
    input: jsonValue.optional(),
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
    next: z.array(z.string()),
  }),
  "workflow.paused": z.object({ by: z.string(), reason: z.string().optional() }),
  "workflow.resumed": z.object({ by: z.string() }),
  /** Edited while paused: nodes that have finished stay finished. */
  "workflow.edited": z.object({ by: z.string(), definition: jsonObject }),
  "workflow.finished": z.object({
    ...decisionKey,
    workflow: z.string(),
    outcome: supervisorOutcome,
    reason: z.string(),
    outputs: jsonObject,
  }),
} as const;
