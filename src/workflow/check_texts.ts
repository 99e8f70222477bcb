// Checks every template and condition of a definition: what it reads must exist, can have run before, and fit its use.
import {
  edgesOf,
  type InnerNode,
  startOf,
  type WorkflowDefinition,
  type WorkflowNode,
} from "./definition.ts";
import { parseExpression } from "./expression.ts";
import type { Complaint, Path } from "./faults.ts";
import { previousOf, reachedFrom } from "./graph.ts";
import { infer, mustBeTruth, type View } from "./infer.ts";
import { fits, isRequired, typeWords, unknownInput } from "./inputs.ts";
import {
  inputShape,
  mapValues,
  outputShape,
  type Shape,
  shapeWords,
  textShape,
  unknownShape,
} from "./shapes.ts";
import { onlyExpression, parseTemplate, TemplateFault } from "./template.ts";
import { type TemplateText, textsIn, textsOf } from "./texts.ts";

/** For a definition whose edges and start name nodes that exist, with its sub-workflows in place. */
export function checkTexts(definition: WorkflowDefinition): Complaint[] {
  const { inputs, nodes, outputs } = definition;
  const previous = previousOf(edgesOf(definition));
  const starts = new Set(startOf(definition));
  const known = {
    inputs: mapValues(inputs, inputShape),
    nodes: mapValues(nodes, outputShape),
  };
  const all: View = { ...known, locals: {}, canHaveRun: () => true };
  /** What has ended when a node begins: whatever leads to it. */
  const viewOf = (id: string): View => {
    let before: Set<string> | undefined;
    const canHaveRun = (other: string) => {
      before ??= reachedFrom([id], previous, { withStart: false });
      return before.has(other);
    };
    return { ...known, locals: {}, canHaveRun };
  };
  return [
    ...Object.entries(inputs).flatMap(([name, spec]) => checkDefault(spec, ["inputs", name])),
    ...Object.entries(nodes).flatMap(([id, node]) => checkNode(node, ["nodes", id], viewOf(id))),
    ...definition.edges.flatMap((edge, index) => {
      if (typeof edge.when !== "string") return [];
      const before = viewOf(edge.from);
      const output = known.nodes[edge.from] ?? unknownShape;
      const locals: Record<string, Shape> = edge.on === "success"
        ? { output }
        : edge.on === "failure"
        ? { error: textShape }
        : { output, error: textShape };
      const view = {
        ...before,
        locals,
        canHaveRun: (id: string) => id === edge.from || before.canHaveRun(id),
      };
      return checkText({ path: ["edges", index, "when"], text: edge.when, is: "condition" }, view).complaints;
    }),
    ...textsIn(outputs, ["outputs"]).flatMap((text) => checkText(text, all).complaints),
    ...(starts.size === 0
      ? [{
        path: ["nodes"],
        what: "there is nothing to begin with, an edge leads to every node: name one in `start`",
      }]
      : []),
  ];
}

function checkDefault(spec: WorkflowDefinition["inputs"][string], path: Path): Complaint[] {
  const { default: preset, required, type } = spec;
  if (preset === undefined) return [];
  if (required === true) {
    return [{
      path: [...path, "required"],
      what: "an input with a default is never missing, drop one of both",
    }];
  }
  return fits(spec, preset)
    ? []
    : [{ path: [...path, "default"], what: `is not of the type "${type}", expected ${typeWords[type]}` }];
}

const taken: readonly string[] = [
  "inputs",
  "nodes",
  "index",
  "and",
  "or",
  "not",
  "in",
  "contains",
  "matches",
  "true",
  "false",
  "null",
];

function checkNode(node: WorkflowNode, path: Path, view: View): Complaint[] {
  if (node.kind !== "each") return checkInner(node, path, view);
  const { shape, complaints } = checkText({ path: [...path, "over"], text: node.over, is: "template" }, view);
  const isList = shape.is === "list" || shape.is === "unknown";
  const item = shape.is === "list" ? shape.of : unknownShape;
  return [
    ...complaints,
    ...(complaints.length > 0 || isList ? [] : [{
      path: [...path, "over"],
      what: `gives ${
        shapeWords[shape.is]
      }, expected a list: one template such as {{ inputs.files }}, or a text split by the filter "lines"`,
    }]),
    ...(taken.includes(node.as)
      ? [{ path: [...path, "as"], what: `"${node.as}" has a meaning of its own, use another name` }]
      : []),
    ...checkInner(node.node, [...path, "node"], {
      ...view,
      locals: { [node.as]: item, index: { is: "number" } },
    }),
  ];
}

function checkInner(node: InnerNode, path: Path, view: View): Complaint[] {
  const texts = textsOf(node).flatMap((text) =>
    checkText({ ...text, path: [...path, ...text.path] }, view).complaints
  );
  return node.kind === "workflow" ? [...texts, ...checkGiven(node, path, view)] : texts;
}

/** What a sub-workflow is given: names it knows, types that fit, nothing missing. */
function checkGiven(
  { inputs, definition }: InnerNode & { kind: "workflow" },
  path: Path,
  view: View,
): Complaint[] {
  if (definition === undefined) return [];
  const specs = definition.inputs;
  const missing = Object.entries(specs).flatMap(([name, spec]) =>
    isRequired(spec) && !Object.hasOwn(inputs, name)
      ? [{
        path: [...path, "inputs"],
        what: `the input "${name}" of "${definition.name}" is missing, give ${typeWords[spec.type]}`,
      }]
      : []
  );
  const wrong = Object.entries(inputs).flatMap(([name, value]) => {
    const at = [...path, "inputs", name];
    const spec = Object.hasOwn(specs, name) ? specs[name] : undefined;
    if (spec === undefined) {
      return [{ path: at, what: `in "${definition.name}" ${unknownInput(name, Object.keys(specs))}` }];
    }
    const wanted = { path: at, what: `is not of the type "${spec.type}", expected ${typeWords[spec.type]}` };
    if (typeof value !== "string") return fits(spec, value) ? [] : [wanted];
    const { shape } = checkText({ path: at, text: value, is: "template" }, view);
    const is = shape.is === "text" ? "string" : shape.is;
    return is === "unknown" || spec.type === "json" || is === spec.type ? [] : [wanted];
  });
  return [...missing, ...wrong];
}

function checkText({ path, text, is }: TemplateText, view: View): { shape: Shape; complaints: Complaint[] } {
  try {
    if (is === "condition") return { shape: mustBeTruth(parseExpression(text), view), complaints: [] };
    const parts = parseTemplate(text);
    const shapes = parts.flatMap((part) => typeof part === "string" ? [] : [infer(part, view)]);
    return {
      shape: onlyExpression(parts) === undefined ? textShape : shapes[0] ?? textShape,
      complaints: [],
    };
  } catch (thrown) {
    if (!(thrown instanceof TemplateFault)) throw thrown;
    const what = `${thrown.message} (at character ${thrown.at + 1} of the ${is})`;
    return { shape: unknownShape, complaints: [{ path, what }] };
  }
}
