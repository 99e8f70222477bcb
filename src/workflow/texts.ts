// Where templates stand in a node, and what each of them is for.
import type { JsonValue } from "../protocol/json.ts";
import type { InnerNode } from "./definition.ts";
import type { Path } from "./faults.ts";

export interface TemplateText {
  path: Path;
  text: string;
  /** `condition`: the whole text is an expression that gives true or false. */
  is: "template" | "condition";
}

/** Of a node without the `each` around it, in the order of its fields. */
export function textsOf(node: InnerNode): TemplateText[] {
  switch (node.kind) {
    case "agent":
      return fieldsOf(node, ["prompt", "role", "instructions"]);
    case "tool":
      return textsIn(node.args, ["args"]);
    case "question":
      return fieldsOf(node, ["question"]);
    case "condition":
      return [{ path: ["when"], text: node.when, is: "condition" }];
    case "team":
      return [
        ...fieldsOf(node, ["goal"]),
        ...node.members.flatMap((member, index) =>
          fieldsOf(member, ["prompt", "role", "instructions"]).map((found) => ({
            ...found,
            path: ["members", index, ...found.path],
          }))
        ),
      ];
    case "workflow":
      return textsIn(node.inputs, ["inputs"]);
  }
}

/** Every text inside a value. */
export function textsIn(value: JsonValue, path: Path): TemplateText[] {
  if (typeof value === "string") return [{ path, text: value, is: "template" }];
  if (typeof value !== "object" || value === null) return [];
  const entries = Array.isArray(value) ? [...value.entries()] : Object.entries(value);
  return entries.flatMap(([key, item]) => textsIn(item, [...path, key]));
}

function fieldsOf<Name extends string>(
  fields: { [Key in Name]?: string | undefined },
  names: readonly Name[],
): TemplateText[] {
  return names.flatMap((name): TemplateText[] => {
    const text = fields[name];
    return text === undefined ? [] : [{ path: [name], text, is: "template" }];
  });
}
