// What a run of a node is given: its templates, filled in with what the workflow has so far. Throws a TemplateFault.
import type { JsonObject, JsonValue } from "../src/protocol/json.ts";
import type { InnerNode, Scope, WorkflowNode } from "../src/workflow/definition.ts";
import { workflowDefinition } from "../src/workflow/definition.ts";
import { boundsFault } from "../src/workflow/bounds.ts";
import { kindOf } from "../src/workflow/evaluate.ts";
import { takeInputs } from "../src/workflow/inputs.ts";
import { limits } from "../src/workflow/nodes.ts";
import { outputWords } from "../src/workflow/output.ts";
import { innerOf } from "../src/workflow/plan.ts";
import { fill, fillObject, fillText, TemplateFault } from "../src/workflow/template.ts";
import { itemOf, type WorkflowIndex } from "./workflow_index.ts";

/** What templates of a run may read. */
export function scopeOf(index: WorkflowIndex, inputs: JsonObject, at: { node: string; run: string }): Scope {
  const node = index.definition.nodes[at.node];
  const item = itemOf(index, at);
  if (node?.kind !== "each" || item === null) return { inputs, nodes: index.nodes };
  const items = Array.isArray(item.owner.input) ? item.owner.input : [];
  return {
    inputs,
    nodes: index.nodes,
    locals: { [node.as]: items[item.place] ?? null, index: item.place },
  };
}

/** The items of an `each`. */
export function itemsFor(node: WorkflowNode & { kind: "each" }, scope: Scope): JsonValue[] {
  const items = fill(node.over, scope);
  if (!Array.isArray(items)) throw new TemplateFault(`"over" gives ${kindOf(items)}, expected a list`, 0);
  if (items.length > limits.items) {
    throw new TemplateFault(`"over" gives ${items.length} items, the most are ${limits.items}`, 0);
  }
  const fault = boundsFault(items);
  if (fault !== null) throw new TemplateFault(`the items of "over" cannot be used: ${fault}`, 0);
  return items;
}

/** What the inner node of an `each`, or any other node, is given. */
export function inputFor(node: WorkflowNode, scope: Scope): JsonObject | undefined {
  const inner = innerOf(node);
  switch (inner.kind) {
    case "agent":
      return agentInput(inner, scope);
    case "tool":
      return { args: fillObject(inner.args, scope) };
    case "question":
      return { question: fillText(inner.question, scope) };
    case "condition":
      return undefined;
    case "team":
      return {
        goal: fillText(inner.goal, scope),
        members: inner.members.map(({ name, ...member }) => ({ name, ...wordsOf(member, scope) })),
      };
    case "workflow":
      return { inputs: subInputs(inner, scope) };
  }
}

function agentInput(inner: InnerNode & { kind: "agent" }, scope: Scope): JsonObject {
  const words = wordsOf(inner, scope);
  const more = outputWords(inner);
  return more === "" ? words : { ...words, prompt: `${words.prompt}\n\n${more}` };
}

interface Words {
  prompt: string;
  role?: string | undefined;
  instructions?: string | undefined;
}

function wordsOf({ prompt, role, instructions }: Words, scope: Scope): JsonObject & { prompt: string } {
  return {
    prompt: fillText(prompt, scope),
    ...(role === undefined ? {} : { role: fillText(role, scope) }),
    ...(instructions === undefined ? {} : { instructions: fillText(instructions, scope) }),
  };
}

function subInputs(inner: InnerNode & { kind: "workflow" }, scope: Scope): JsonObject {
  const taken = takeInputs(workflowDefinition.parse(inner.definition), fillObject(inner.inputs, scope));
  if (taken.ok) return taken.inputs;
  throw new TemplateFault(taken.faults.join("; "), 0);
}
