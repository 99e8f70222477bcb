// What a value will be, as far as it is known before anything runs: so that a template that reads nothing, and a comparison
// that can never hold, are found by the check.
import type { InnerNode, InputSpec, WorkflowNode } from "./definition.ts";
import { givesJson } from "./output.ts";

export type Shape =
  | { is: "unknown" }
  | { is: "text" }
  | { is: "number" }
  | { is: "boolean" }
  | { is: "null" }
  | { is: "list"; of: Shape }
  | { is: "object"; fields?: Readonly<Record<string, Shape>> };

export const unknownShape: Shape = { is: "unknown" };
export const textShape: Shape = { is: "text" };

/** "a text": for messages. */
export const shapeWords: Readonly<Record<Shape["is"], string>> = {
  unknown: "something",
  text: "a text",
  number: "a number",
  boolean: "true or false",
  null: "null",
  list: "a list",
  object: "an object",
};

export function inputShape({ type, required }: InputSpec): Shape {
  // Nothing may stand there, so that comparing it with null makes sense.
  if (type === "json" || required === false) return unknownShape;
  return type === "string" ? textShape : { is: type };
}

/** Of the output of a node whose sub-workflows have been read. */
export function outputShape(node: WorkflowNode | InnerNode): Shape {
  switch (node.kind) {
    case "agent":
      return node.fields === undefined
        ? textOrJson(node)
        : { is: "object", fields: fieldShapes(node.fields) };
    case "tool":
      return textOrJson(node);
    case "question":
      return node.multi ? { is: "list", of: textShape } : textShape;
    case "condition":
      return { is: "boolean" };
    case "team":
      return teamShape;
    case "workflow":
      return node.definition === undefined
        ? unknownShape
        : { is: "object", fields: mapValues(node.definition.outputs, () => unknownShape) };
    case "each":
      return { is: "list", of: node.on_item_failure === "null" ? unknownShape : outputShape(node.node) };
  }
}

const memberShape: Shape = {
  is: "object",
  fields: { name: textShape, state: textShape, summary: textShape },
};
const teamShape: Shape = {
  is: "object",
  fields: { outcome: textShape, reason: textShape, members: { is: "list", of: memberShape } },
};

function textOrJson(node: InnerNode & { kind: "agent" | "tool" }): Shape {
  return givesJson(node) ? unknownShape : textShape;
}

function fieldShapes(fields: NonNullable<(InnerNode & { kind: "agent" })["fields"]>): Record<string, Shape> {
  return mapValues(fields, (type): Shape => {
    if (Array.isArray(type) || type === "string") return textShape;
    if (type === "any") return unknownShape;
    if (type === "array") return { is: "list", of: unknownShape };
    return { is: type };
  });
}

export function mapValues<From, To>(
  values: Readonly<Record<string, From>>,
  change: (value: From) => To,
): Record<string, To> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, change(value)]));
}
