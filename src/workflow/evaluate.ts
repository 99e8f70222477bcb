// What an expression gives for the values of a run. Strict: what is not there, and what cannot be compared, is a fault that
// names it, because a workflow that goes on with nothing does harm far from its cause.
import { compilePattern } from "../../tools/pattern_matcher.ts";
import type { JsonValue } from "../protocol/json.ts";
import { messageOf } from "../protocol/problem.ts";
import type { Scope } from "./definition.ts";
import { type Comparison, type Expression, parseExpression } from "./expression.ts";
import { applyFilter } from "./filters.ts";
import { TemplateFault } from "./tokens.ts";

/** Whether the condition holds; throws a TemplateFault when it cannot be told. */
export function holds(condition: string, scope: Scope): boolean {
  return truth(parseExpression(condition), scope);
}

/** Throws a TemplateFault. */
export function evaluate(expression: Expression, scope: Scope): JsonValue {
  switch (expression.kind) {
    case "literal":
      return expression.value;
    case "list":
      return expression.items.map((item) => evaluate(item, scope));
    case "path":
      return read(expression, scope);
    case "not":
      return !truth(expression.of, scope);
    case "and":
      return truth(expression.left, scope) && truth(expression.right, scope);
    case "or":
      return truth(expression.left, scope) || truth(expression.right, scope);
    case "compare":
      return compare(expression, evaluate(expression.left, scope), evaluate(expression.right, scope));
    case "filter": {
      const args = expression.args.map((arg) => evaluate(arg, scope));
      if (expression.name === "default") return orDefault(expression.of, scope) ?? args[0] ?? null;
      return applyFilter(expression.name, evaluate(expression.of, scope), args, expression.at);
    }
  }
}

/** A path as it is written. */
export function pathText({ root, keys }: { root: string; keys: readonly (string | number)[] }): string {
  const plain = /^[A-Za-z_][A-Za-z0-9_-]*$/;
  const steps = keys.map((key) =>
    typeof key === "string" && plain.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`
  );
  return root + steps.join("");
}

/** "a text", "a list": for messages, which never repeat values. */
export function kindOf(value: JsonValue): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  const kinds: Record<string, string> = {
    string: "a text",
    number: "a number",
    boolean: "true or false",
    object: "an object",
  };
  return kinds[typeof value] ?? "something else";
}

export function isSame(left: JsonValue, right: JsonValue): boolean {
  if (left === right) return true;
  if (typeof left !== "object" || typeof right !== "object" || left === null || right === null) return false;
  if (Array.isArray(left) || Array.isArray(right)) {
    return Array.isArray(left) && Array.isArray(right) && left.length === right.length &&
      left.every((item, index) => isSame(item, right[index] ?? null));
  }
  const keys = Object.keys(left);
  return keys.length === Object.keys(right).length &&
    keys.every((key) => Object.hasOwn(right, key) && isSame(left[key] ?? null, right[key] ?? null));
}

function read(path: Expression & { kind: "path" }, scope: Scope): JsonValue {
  const { found, rest, name } = rootOf(path, scope);
  let here: JsonValue | undefined = found;
  for (const [index, key] of rest.entries()) {
    const before = pathText({
      root: path.root,
      keys: path.keys.slice(0, path.keys.length - rest.length + index),
    });
    if (typeof here !== "object" || here === null) {
      const what = here === undefined ? "is not there" : `is ${kindOf(here)}, which has no parts`;
      throw missing(
        path,
        `"${before}" ${what}${
          typeof here === "string" ? " (to read JSON, say `output: json` at the node)" : ""
        }`,
      );
    }
    here = partOf(here, key);
    if (here === undefined) {
      throw missing(path, `"${before}" has no ${typeof key === "number" ? `item ${key}` : `"${key}"`}`);
    }
  }
  if (here === undefined) throw missing(path, name);
  return here;
}

/** A place below 0 counts from the end of the list. */
function partOf(
  value: JsonValue[] | { [key: string]: JsonValue },
  key: string | number,
): JsonValue | undefined {
  if (Array.isArray(value)) return typeof key === "number" ? value.at(key) : undefined;
  return Object.hasOwn(value, key) ? value[key] : undefined;
}

interface Root {
  found: JsonValue | undefined;
  rest: readonly (string | number)[];
  /** What to say when it is not there. */
  name: string;
}

function rootOf(
  { root, keys, at }: Expression & { kind: "path" },
  { inputs, nodes, locals = {} }: Scope,
): Root {
  const [first, second] = keys;
  if (Object.hasOwn(locals, root)) return { found: locals[root], rest: keys, name: root };
  if (root === "inputs" && first !== undefined) {
    const found = Object.hasOwn(inputs, first) ? inputs[first] : undefined;
    return { found, rest: keys.slice(1), name: `there is no input "${first}"` };
  }
  if (root === "nodes" && first !== undefined && second !== undefined) {
    const result = Object.hasOwn(nodes, first) ? nodes[first] : undefined;
    const name = result === undefined
      ? `the node "${first}" has not run`
      : `the node "${first}" has no ${second}`;
    if (second === "visits") return { found: result?.visits ?? 0, rest: keys.slice(2), name };
    if (second === "output" || second === "error") {
      return { found: result?.[second], rest: keys.slice(2), name };
    }
  }
  throw new TemplateFault(`"${pathText({ root, keys })}" names nothing that can be read`, at, {
    isMissing: true,
  });
}

function missing({ at }: Expression, what: string): TemplateFault {
  return new TemplateFault(what, at, { isMissing: true });
}

function orDefault(of: Expression, scope: Scope): JsonValue {
  try {
    return evaluate(of, scope);
  } catch (thrown) {
    if (thrown instanceof TemplateFault && thrown.isMissing) return null;
    throw thrown;
  }
}

function truth(expression: Expression, scope: Scope): boolean {
  const value = evaluate(expression, scope);
  if (typeof value === "boolean") return value;
  throw new TemplateFault(
    `a condition must give true or false, this gives ${kindOf(value)}: compare it with something`,
    expression.at,
  );
}

function compare({ how, at }: Expression & { how: Comparison }, left: JsonValue, right: JsonValue): boolean {
  switch (how) {
    case "==":
      return isSame(left, right);
    case "!=":
      return !isSame(left, right);
    case "contains":
      return contains(left, right, at);
    case "in":
      return contains(right, left, at);
    case "not in":
      return !contains(right, left, at);
    case "matches":
      return matches(left, right, at);
    default:
      return inOrder(how, left, right, at);
  }
}

function inOrder(how: "<" | "<=" | ">" | ">=", left: JsonValue, right: JsonValue, at: number): boolean {
  const bothNumbers = typeof left === "number" && typeof right === "number";
  if (!bothNumbers && !(typeof left === "string" && typeof right === "string")) {
    throw new TemplateFault(
      `"${how}" compares two numbers or two texts, not ${kindOf(left)} and ${kindOf(right)}`,
      at,
    );
  }
  if (how === "<") return left < right;
  if (how === "<=") return left <= right;
  return how === ">" ? left > right : left >= right;
}

function contains(whole: JsonValue, part: JsonValue, at: number): boolean {
  if (Array.isArray(whole)) return whole.some((item) => isSame(item, part));
  if (typeof whole === "string" && typeof part === "string") return whole.includes(part);
  throw new TemplateFault(
    `a list contains values and a text contains texts; here ${kindOf(part)} is looked for in ${
      kindOf(whole)
    }`,
    at,
  );
}

/** The pattern is followed in time that grows with the text only, so no pattern can hang the runtime. */
function matches(text: JsonValue, pattern: JsonValue, at: number): boolean {
  if (typeof text !== "string" || typeof pattern !== "string") {
    throw new TemplateFault(
      `"matches" needs a text and a pattern, not ${kindOf(text)} and ${kindOf(pattern)}`,
      at,
    );
  }
  const verdict = compiled(pattern, at)(text);
  if (verdict === "too costly") {
    throw new TemplateFault("the pattern is too costly for this text, make it simpler", at);
  }
  return verdict === "fits";
}

/** Throws a TemplateFault for what is no pattern. */
export function compiled(pattern: string, at: number): ReturnType<typeof compilePattern> {
  try {
    return compilePattern(pattern, { ignoreCase: false });
  } catch (thrown) {
    throw new TemplateFault(`it is no pattern: ${messageOf(thrown)}`, at);
  }
}
