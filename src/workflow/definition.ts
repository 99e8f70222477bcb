// The format of a workflow: what stands in its YAML or JSON file, and what a run of it is made from. The checks that need
// more than one place of it are in check.ts.
import { z } from "zod";
import { actorBudget } from "../protocol/agent_facts.ts";
import { type JsonValue, jsonValue } from "../protocol/json.ts";
import { common, condition, fieldName, limits, nodeId, simpleKinds } from "./nodes.ts";

/** An input without a default is required, unless it says `required: false`: then it is null. */
export const inputSpec = z.strictObject({
  type: z.enum(["string", "number", "boolean", "json"]),
  description: z.string().max(2_000).optional(),
  default: jsonValue.optional(),
  required: z.boolean().optional(),
});
export type InputSpec = z.infer<typeof inputSpec>;

const subWorkflow = {
  kind: z.literal("workflow"),
  /** From the folder of the file that names it. After the check, `definition` holds what it says. */
  file: z.string().min(1).max(1_000).optional(),
  definition: z.lazy((): z.ZodType<WorkflowDefinition> => workflowDefinition).optional(),
  /** Templates may stand in any text; a template that is one expression keeps its type. */
  inputs: z.record(fieldName, jsonValue).default({}),
};

/** What `each` does once for each item. */
export const innerNode = z.discriminatedUnion("kind", [
  z.strictObject({ ...simpleKinds.agent, ...common }),
  z.strictObject({ ...simpleKinds.tool, ...common }),
  z.strictObject({ ...simpleKinds.question, ...common }),
  z.strictObject({ ...simpleKinds.condition, ...common }),
  z.strictObject({ ...simpleKinds.team, ...common }),
  z.strictObject({ ...subWorkflow, ...common }),
]);
export type InnerNode = z.infer<typeof innerNode>;

/** Fan-out and join in one: its output is the list of the outputs, in the order of the items. */
const each = {
  kind: z.literal("each"),
  /** A template that gives a list. */
  over: z.string().min(1).max(limits.templateChars),
  /** What the item is called in the templates of `node`; `index` counts them from 0. */
  as: fieldName.default("item"),
  node: innerNode,
  max_parallel: z.number().int().min(1).max(limits.parallel).optional(),
  /** `fail`: the first item that fails ends it, as a failure. `null`: null stands in its place. */
  on_item_failure: z.enum(["fail", "null"]).default("fail"),
};

const placed = {
  ...common,
  /** The same as an edge from each of these. */
  needs: z.array(nodeId).max(limits.nodes).optional(),
  /**
   * Of several incoming edges. `all`: it starts when each was taken or can no longer be, because nothing that still runs
   * leads to it; `any`: with the first, and the others count for nothing. An edge that closes a loop starts it by itself.
   */
  join: z.enum(["all", "any"]).default("all"),
  /** Starts in one run; one more is a failure of the workflow. Left out: 1, and in a loop as often as others allow. */
  max_visits: z.number().int().min(1).max(limits.visits).optional(),
};

export const workflowNode = z.discriminatedUnion("kind", [
  z.strictObject({ ...simpleKinds.agent, ...placed }),
  z.strictObject({ ...simpleKinds.tool, ...placed }),
  z.strictObject({ ...simpleKinds.question, ...placed }),
  z.strictObject({ ...simpleKinds.condition, ...placed }),
  z.strictObject({ ...simpleKinds.team, ...placed }),
  z.strictObject({ ...subWorkflow, ...placed }),
  z.strictObject({ ...each, ...placed }),
]);
export type WorkflowNode = z.infer<typeof workflowNode>;
export type NodeKind = WorkflowNode["kind"];

export const edgeOn = z.enum(["success", "failure", "always"]);

/**
 * Whenever its node ends, every edge whose `on` fits and whose condition holds is taken; `else` is taken when none of the
 * others with the same `on` is. A failure that takes no edge fails the workflow.
 */
export const workflowEdge = z.strictObject({
  from: nodeId,
  to: nodeId,
  /** Left out: success. */
  on: edgeOn.default("success"),
  /** A condition; true and false are for the result of a node of kind `condition`. */
  when: z.union([condition, z.boolean()], { error: "is neither a condition nor true or false" }).optional(),
  else: z.literal(true).optional(),
  /** Times that it can be taken in one run; after that its condition does not hold. */
  max_visits: z.number().int().min(1).max(limits.visits).optional(),
});
export type WorkflowEdge = z.infer<typeof workflowEdge>;

const head = {
  name: z.string().min(1).max(200),
  description: z.string().max(10_000).optional(),
  version: z.literal(1).default(1),
  inputs: z.record(fieldName, inputSpec).default({}),
  /** Templates may stand in any text. A run that did not reach what one reads gives null there. */
  outputs: z.record(fieldName, jsonValue).default({}),
  budget: actorBudget.strict().optional(),
  /** At the end of the budget: ask whoever is there, or stop. */
  on_budget: z.enum(["ask", "stop"]).default("ask"),
  /** Nodes that run at once, items of `each` included. */
  max_parallel: z.number().int().min(1).max(limits.parallel).default(8),
  edges: z.array(workflowEdge).max(limits.edges).default([]),
  /** Left out: the nodes that no edge leads to. */
  start: z.union([nodeId, z.array(nodeId).min(1).max(limits.nodes)], {
    error: "is neither the name of a node nor a list of names",
  }).optional(),
};
const headSchema = z.strictObject(head);

/** A checked definition is JSON, and checking it again gives the same. */
export interface WorkflowDefinition extends z.infer<typeof headSchema> {
  nodes: Record<string, WorkflowNode>;
}
export const workflowDefinition = z.strictObject({ ...head, nodes: z.record(nodeId, workflowNode) });

/** All edges, those of `needs` included, in an order that stays the same for one definition. */
export function edgesOf(definition: WorkflowDefinition): WorkflowEdge[] {
  const needed = Object.entries(definition.nodes).flatMap(([to, { needs }]) =>
    (needs ?? []).map((from): WorkflowEdge => ({ from, to, on: "success" }))
  );
  return [...definition.edges, ...needed];
}

/** The nodes that a run begins with. */
export function startOf(definition: WorkflowDefinition): string[] {
  if (definition.start !== undefined) return [definition.start].flat();
  const led = new Set(edgesOf(definition).map(({ to }) => to));
  return Object.keys(definition.nodes).filter((id) => !led.has(id));
}

/** What a template or a condition may read. */
export interface Scope {
  inputs: Readonly<Record<string, JsonValue>>;
  /** Nodes that have ended at least once: the last output, or the last error. */
  nodes: Readonly<Record<string, NodeResult>>;
  /** The item of an `each` by its name, and `index`; in a condition of an edge `output` and `error` of the node it leaves. */
  locals?: Readonly<Record<string, JsonValue>>;
}
export interface NodeResult {
  output?: JsonValue;
  error?: string;
  visits: number;
}
