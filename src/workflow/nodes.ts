// The kinds of nodes that a workflow is made of, as they are written in its file. Which texts may be templates: texts.ts.
import { z } from "zod";
import { actorBudget } from "../protocol/agent_facts.ts";
import { jsonValue } from "../protocol/json.ts";
import { permissionMode } from "../protocol/permission_mode.ts";
import { restartPolicy } from "../protocol/supervisor_facts.ts";
import { memberName } from "../protocol/team_spec.ts";

export const limits = {
  fileChars: 1_000_000,
  templateChars: 100_000,
  nodes: 2_000,
  edges: 10_000,
  /** Visits of one node in one run. */
  visits: 1_000,
  /** Items of one `each`. */
  items: 10_000,
  parallel: 64,
  retries: 20,
  timeMs: 7 * 24 * 3_600_000,
  /** Files that a workflow is put together from, and how deep they lie in each other. */
  files: 64,
  depth: 8,
} as const;

/** No dots or digits first: names stand in templates (`nodes.review.output`) and in the paths of actors. */
export const nodeId = z.string().regex(
  /^[A-Za-z][A-Za-z0-9_-]{0,63}$/,
  "is no name: use a letter, then letters, digits, _ and -, at most 64",
);
export const fieldName = z.string().regex(
  /^[A-Za-z][A-Za-z0-9_]{0,63}$/,
  "is no name: use a letter, then letters, digits and _, at most 64",
);
const template = z.string().min(1).max(limits.templateChars);
/** A condition of src/workflow/expression.ts. */
export const condition = z.string().min(1).max(limits.templateChars);
const duration = z.number().int().min(1).max(limits.timeMs);

/** `text`: as it came. `json`: it must be JSON, and its parts can be read by templates. */
const output = z.enum(["text", "json"]);

/** What a field of an agent's JSON must be: a type, or one of these texts. */
export const fieldType = z.union([
  z.enum(["string", "number", "boolean", "array", "object", "any"]),
  z.array(z.string().max(200)).min(1).max(50),
], { error: "is neither string, number, boolean, array, object, any nor a list of texts" });

/** What any run of anything may have; a run that fails begins again, at most `max` times. */
const attempts = {
  description: z.string().max(2_000).optional(),
  retry: restartPolicy.extend({
    max: z.number().int().min(1).max(limits.retries),
    backoff_ms: restartPolicy.shape.backoff_ms.default(1_000),
  }).optional(),
  /** Of one attempt, waiting for answers included. */
  timeout_ms: duration.optional(),
};

/** How an agent differs from the session's main one. */
const profile = {
  /** The name of a definition, as in .claude/agents. */
  agent: z.string().min(1).max(64).optional(),
  role: template.optional(),
  instructions: template.optional(),
  /** `provider/model`, or a model of the session's provider. */
  model: z.string().min(1).max(200).optional(),
  tools: z.array(z.string().min(1).max(200)).max(200).optional(),
  disallowed_tools: z.array(z.string().min(1).max(200)).max(200).optional(),
  permission_mode: permissionMode.optional(),
  max_turns: z.number().int().min(1).max(10_000).optional(),
  budget: actorBudget.strict().optional(),
};

const agent = {
  kind: z.literal("agent"),
  prompt: template,
  ...profile,
  output: output.default("text"),
  /** Fields that the JSON must have; they make the output JSON. */
  fields: z.record(fieldName, fieldType).optional(),
};

const tool = {
  kind: z.literal("tool"),
  tool: z.string().min(1).max(200),
  /** Templates may stand in any text of it. */
  args: z.record(z.string(), jsonValue).default({}),
  output: output.default("text"),
};

const questionOption = z.strictObject({
  label: z.string().min(1).max(200),
  description: z.string().max(1_000).optional(),
});

/** Its output is the answer; a list of answers with `multi`. */
const question = {
  kind: z.literal("question"),
  question: z.string().min(1).max(2_000),
  header: z.string().max(40).optional(),
  options: z.array(
    z.union([questionOption.shape.label, questionOption], {
      error: "is neither a text nor `{label, description}`",
    }),
  ).max(8).default([]),
  multi: z.boolean().default(false),
};

/** Its output is true or false. */
const conditionNode = { kind: z.literal("condition"), when: condition };

const member = z.strictObject({
  name: memberName,
  prompt: template,
  ...profile,
});

/** Its output: `{outcome, reason, members: [{name, state, summary}]}`. */
const team = {
  kind: z.literal("team"),
  goal: template,
  members: z.array(member).min(1).max(100),
  restart: restartPolicy.default({ max: 1, backoff_ms: 1_000 }),
  budget: actorBudget.strict().optional(),
};

/** What is inside another node has no edges of its own. */
export const simpleKinds = { agent, tool, question, condition: conditionNode, team };
export const common = attempts;
