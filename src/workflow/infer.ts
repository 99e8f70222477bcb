// Reads an expression without values: what it will give, and everything in it that can be known to fail.
import { nearest } from "../config/nearest.ts";
import { compiled, pathText } from "./evaluate.ts";
import type { Comparison, Expression } from "./expression.ts";
import { filterArguments } from "./filters.ts";
import { type Shape, shapeWords, textShape, unknownShape } from "./shapes.ts";
import { TemplateFault } from "./tokens.ts";

/** What can be read where the expression stands. */
export interface View {
  inputs: Readonly<Record<string, Shape>>;
  /** Outputs of all nodes. */
  nodes: Readonly<Record<string, Shape>>;
  /** Whether the node can have ended before this is read. */
  canHaveRun(node: string): boolean;
  locals: Readonly<Record<string, Shape>>;
}

/** Throws a TemplateFault at the first thing that cannot work. */
export function infer(expression: Expression, view: View): Shape {
  switch (expression.kind) {
    case "literal":
      return literalShape(expression.value);
    case "list": {
      const shapes = expression.items.map((item) => infer(item, view));
      const first = shapes[0] ?? unknownShape;
      return { is: "list", of: shapes.every(({ is }) => is === first.is) ? first : unknownShape };
    }
    case "path":
      return readShape(expression, view);
    case "not":
      return mustBeTruth(expression.of, view);
    case "and":
    case "or":
      mustBeTruth(expression.left, view);
      return mustBeTruth(expression.right, view);
    case "compare":
      checkComparison(expression, infer(expression.left, view), infer(expression.right, view));
      return { is: "boolean" };
    case "filter":
      return filterShape(expression, view);
  }
}

/** As `infer`, for what must be true or false. */
export function mustBeTruth(expression: Expression, view: View): Shape {
  const shape = infer(expression, view);
  if (shape.is === "boolean" || shape.is === "unknown") return { is: "boolean" };
  throw new TemplateFault(
    `a condition must give true or false, this gives ${shapeWords[shape.is]}: compare it with something`,
    expression.at,
  );
}

function literalShape(value: unknown): Shape {
  if (value === null) return { is: "null" };
  if (typeof value === "number") return { is: "number" };
  return typeof value === "boolean" ? { is: "boolean" } : textShape;
}

function readShape(path: Expression & { kind: "path" }, view: View): Shape {
  const { root, keys } = path;
  if (Object.hasOwn(view.locals, root)) return inside(path, view.locals[root] ?? unknownShape, 0);
  if (root === "inputs") return readInput(path, view);
  if (root === "nodes") return readNode(path, view);
  const known = ["inputs", "nodes", ...Object.keys(view.locals)];
  const bare = Object.hasOwn(view.inputs, root)
    ? `inputs.${root}`
    : Object.hasOwn(view.nodes, root)
    ? `nodes.${root}.output`
    : nearest(root, known);
  const help = bare === undefined
    ? `what can be read here is ${known.join(", ")}`
    : `did you mean "${bare}"?`;
  throw nothing(path, `"${pathText({ root, keys })}" reads nothing, ${help}`);
}

function readInput(path: Expression & { kind: "path" }, { inputs }: View): Shape {
  const [name] = path.keys;
  if (name === undefined) throw nothing(path, 'name an input, as in "inputs.NAME"');
  if (Object.hasOwn(inputs, name)) return inside(path, inputs[name] ?? unknownShape, 1);
  throw nothing(
    path,
    `there is no input "${name}", ${help(String(name), Object.keys(inputs), "declare it under inputs")}`,
  );
}

function readNode(path: Expression & { kind: "path" }, { nodes, canHaveRun }: View): Shape {
  const [id, what] = path.keys;
  if (id === undefined) throw nothing(path, 'name a node, as in "nodes.NAME.output"');
  if (!Object.hasOwn(nodes, id)) {
    throw nothing(
      path,
      `there is no node "${id}", ${help(String(id), Object.keys(nodes), "correct the name")}`,
    );
  }
  if (what !== "output" && what !== "error" && what !== "visits") {
    throw nothing(path, `of a node "output", "error" and "visits" can be read, as in "nodes.${id}.output"`);
  }
  if (what === "visits") return inside(path, { is: "number" }, 2);
  if (!canHaveRun(String(id))) {
    throw nothing(
      path,
      `the node "${id}" cannot have run before this is read, add an edge that leads from it to here`,
    );
  }
  return inside(path, what === "error" ? textShape : nodes[id] ?? unknownShape, 2);
}

function inside(path: Expression & { kind: "path" }, from: Shape, done: number): Shape {
  let here = from;
  for (const [index, key] of path.keys.entries()) {
    if (index < done) continue;
    if (here.is === "unknown" || (here.is === "object" && here.fields === undefined)) return unknownShape;
    const before = pathText({ root: path.root, keys: path.keys.slice(0, index) });
    if (here.is === "list") {
      if (typeof key !== "number") throw nothing(path, `"${before}" is a list, use a place such as [0]`);
      here = here.of;
    } else if (here.is === "object") {
      const fields = here.fields ?? {};
      if (!Object.hasOwn(fields, key)) {
        throw nothing(
          path,
          `"${before}" has no "${key}", ${help(String(key), Object.keys(fields), "declare it")}`,
        );
      }
      here = fields[key] ?? unknownShape;
    } else {
      const fix = here.is === "text" ? ": to read JSON, say `output: json` at the node" : "";
      throw nothing(path, `"${before}" is ${shapeWords[here.is]}, which has no parts${fix}`);
    }
  }
  return here;
}

function help(name: string, known: readonly string[], otherwise: string): string {
  const near = nearest(name, known);
  return near === undefined ? otherwise : `did you mean "${near}"?`;
}

function nothing({ at }: Expression, what: string): TemplateFault {
  return new TemplateFault(what, at);
}

function checkComparison(
  { how, at, right: pattern }: Expression & { how: Comparison; right: Expression },
  left: Shape,
  right: Shape,
): void {
  if (how === "matches" && pattern.kind === "literal" && typeof pattern.value === "string") {
    compiled(pattern.value, pattern.at);
  }
  if (left.is === "unknown" || right.is === "unknown") return;
  const both = `${shapeWords[left.is]} and ${shapeWords[right.is]}`;
  const fits = (...pairs: [Shape["is"], Shape["is"]][]) =>
    pairs.some(([a, b]) => a === left.is && b === right.is);
  switch (how) {
    case "==":
    case "!=":
      if (left.is === right.is || left.is === "null" || right.is === "null") return;
      throw new TemplateFault(`${both} are never the same`, at);
    case "contains":
      if (left.is === "list" || fits(["text", "text"])) return;
      throw new TemplateFault(`"contains" needs a list and a value, or two texts, not ${both}`, at);
    case "in":
    case "not in":
      if (right.is === "list" || fits(["text", "text"])) return;
      throw new TemplateFault(`"${how}" needs a value and a list, or two texts, not ${both}`, at);
    case "matches":
      if (fits(["text", "text"])) return;
      throw new TemplateFault(`"matches" needs a text and a pattern, not ${both}`, at);
    default:
      if (fits(["number", "number"], ["text", "text"])) return;
      throw new TemplateFault(`"${how}" compares two numbers or two texts, not ${both}`, at);
  }
}

const filters: Readonly<Record<string, { takes: readonly Shape["is"][]; gives: Shape }>> = {
  json: { takes: [], gives: textShape },
  parse: { takes: ["text"], gives: unknownShape },
  trim: { takes: ["text"], gives: textShape },
  lines: { takes: ["text"], gives: { is: "list", of: textShape } },
  join: { takes: ["list"], gives: textShape },
  length: { takes: ["text", "list"], gives: { is: "number" } },
};

function filterShape({ name, of, args, at }: Expression & { kind: "filter" }, view: View): Shape {
  const counts = Object.hasOwn(filterArguments, name) ? filterArguments[name] : undefined;
  if (counts === undefined) {
    throw new TemplateFault(
      `there is no filter "${name}", known are ${Object.keys(filterArguments).join(", ")}`,
      at,
    );
  }
  if (args.length < counts[0] || args.length > counts[1]) {
    throw new TemplateFault(
      `the filter "${name}" takes ${counts[1] === 0 ? "no value" : "one value"} in brackets`,
      at,
    );
  }
  const shape = infer(of, view);
  const [first] = args.map((arg) => infer(arg, view));
  if (name === "default") return first?.is === shape.is ? shape : unknownShape;
  const { takes, gives } = filters[name] ?? { takes: [], gives: unknownShape };
  if (takes.length === 0 || shape.is === "unknown" || takes.includes(shape.is)) return gives;
  const wanted = takes.map((is) => shapeWords[is]).join(" or ");
  throw new TemplateFault(`the filter "${name}" needs ${wanted}, this is ${shapeWords[shape.is]}`, at);
}
