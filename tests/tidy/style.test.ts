// The rules of style that can be checked: CONTRIBUTING.md says what they are for.
import { basename } from "node:path";
import { expect, it } from "vitest";
import { isRecord, lineOf, type Node, readSources, type Source, wordOf } from "./source.ts";

const program = readSources(["src", "actors", "machines", "tools", "bin"]);
const others = readSources(["tests", "bench", "scripts"]);
const all = [...program, ...others];
const tests = others.filter(({ path }) => path.startsWith("tests/"));

const fileLinesMax = 300;
const functionLinesMax = 70;
/** How far above a cast its reason may stand: one comment may serve a few casts of one kind. */
const commentLinesMax = 5;
const functionKinds = ["FunctionDeclaration", "FunctionExpression", "ArrowFunctionExpression"];
const headerLinesMax = 3;
/** Notes to oneself belong in the list of issues. Put together here, so that this file does not find itself. */
const notes = new RegExp(`(//|/\\*|^\\s*\\*).*\\b(${["TO" + "DO", "FIX" + "ME", "XX" + "X"].join("|")})\\b`);
const silencers = new RegExp(`@ts-(${["ig" + "nore", "no" + "check", "expect-" + "error"].join("|")})`);
/** Folders of one person's machine, or of one run of a program. */
const homes = new RegExp(`["'\`( ](/${["ro" + "ot", "wo" + "rk", "tmp/[^/ ]*[0-9A-Z][^/ ]*"].join("/|/")}/)`);
const emptyNames = /^(utils?|helpers?|common|manager|service|base|misc|index)$/;

/** Places as `path:line`, so that the report of a failure can be followed. */
function places(sources: readonly Source[], isWrong: (node: Node, source: Source) => boolean): string[] {
  return sources.flatMap((source) =>
    source.nodes.filter((node) => isWrong(node, source)).map((node) =>
      `${source.path}:${lineOf(source, node)}`
    )
  );
}

function linesThat(sources: readonly Source[], isWrong: (line: string) => boolean): string[] {
  return sources.flatMap(({ path, lines }) =>
    lines.flatMap((line, index) => isWrong(line) ? [`${path}:${index + 1}`] : [])
  );
}

it(`no file has more than ${fileLinesMax} lines`, () => {
  const long = all.filter(({ lines }) => lines.length - 1 > fileLinesMax);
  expect(long.map(({ path, lines }) => `${path}: ${lines.length - 1}`)).toEqual([]);
});

it(`no function of the program has more than ${functionLinesMax} lines of its own`, () => {
  const long = program.flatMap((source) => {
    const functions = source.nodes.filter(({ type }) => functionKinds.includes(type)).map((node) => ({
      node,
      from: lineOf(source, node),
      to: source.text.slice(0, Number(node.fields["end"])).split("\n").length,
    }));
    // The functions inside are counted for themselves: a closure with state is made of them, as a class is of methods.
    return functions.filter((outer) => {
      const inner = functions.filter(({ from, to }) => from > outer.from && to <= outer.to);
      const own = range(outer.from, outer.to).filter((line) =>
        !inner.some(({ from, to }) => from <= line && line <= to)
      );
      return own.length > functionLinesMax;
    }).map(({ from }) => `${source.path}:${from}`);
  });
  expect(long).toEqual([]);
});

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}

it("every module opens with one to three lines that say what it is", () => {
  // A test's titles say it; everything else needs words.
  const modules = all.filter(({ path }) => !path.endsWith(".test.ts"));
  const bare = modules.filter(({ lines }) => {
    const first = lines[0]?.startsWith("#!") ? 1 : 0;
    const header = lines.slice(first).findIndex((line) => !line.startsWith("// "));
    return header < 1 || header > headerLinesMax;
  });
  expect(bare.map(({ path }) => path)).toEqual([]);
});

it("file names are snake_case and say what is inside", () => {
  const wrong = all.filter(({ path }) => {
    const name = basename(path).replace(/(\.test)?\.ts$/, "");
    return !/^[a-z0-9]+(_[a-z0-9]+)*$/.test(name) || emptyNames.test(name);
  });
  expect(wrong.map(({ path }) => path)).toEqual([]);
});

it("nothing is of type any, and no null is argued away", () => {
  expect(places(all, ({ type }) => type === "TSAnyKeyword" || type === "TSNonNullExpression")).toEqual([]);
});

it("no check is silenced and no note to oneself is left", () => {
  expect(linesThat(all, (line) => silencers.test(line) || notes.test(line))).toEqual([]);
});

it("a cast in the program is `as const`, or has a comment that says why it is right", () => {
  const wrong = places(program, (node, source) => {
    if (node.type !== "TSAsExpression" && node.type !== "TSTypeAssertion") return false;
    const { typeAnnotation: type, expression } = node.fields;
    // `{} as T` among a machine's types: a value that nobody reads, there for its type only.
    if (isRecord(expression) && expression["type"] === "ObjectExpression") {
      const { properties } = expression;
      if (Array.isArray(properties) && properties.length === 0) return false;
    }
    const name = isRecord(type) ? wordOf(type["typeName"]) : "";
    if (name === "const") return false;
    const line = lineOf(source, node);
    return !source.lines.slice(Math.max(0, line - 1 - commentLinesMax), line + 1).some((text) =>
      /\/\/|\*/.test(text)
    );
  });
  expect(wrong).toEqual([]);
});

it("modules only define: none but an entry does anything when it is imported", () => {
  const entries = ["bin/", "src/node_globals.ts"];
  const library = program.filter(({ path }) => !entries.some((entry) => path.startsWith(entry)));
  const statements = [
    "ExpressionStatement",
    "ForStatement",
    "ForOfStatement",
    "WhileStatement",
    "TryStatement",
  ];
  expect(places(library, ({ type, parent }) => parent === "Program" && statements.includes(type))).toEqual(
    [],
  );
});

it("no test is left out and none runs alone", () => {
  const left = places(tests, ({ type, fields }) => {
    if (type !== "MemberExpression" || !["it", "test", "describe"].includes(wordOf(fields["object"]))) {
      return false;
    }
    return ["only", "skip", "todo", "fails"].includes(wordOf(fields["property"]));
  });
  expect(left).toEqual([]);
});

it("no test asserts how long something took, unless a comment above says that this time is the promise", () => {
  const clocks = /\b(Date\.now\(\)|performance\.now\(\)|elapsed|tookMs|durationMs|duration_ms)/;
  const bounds = /\.to(BeLessThan|BeLessThanOrEqual|BeGreaterThan|BeGreaterThanOrEqual|BeCloseTo)\(/;
  const timed = tests.flatMap(({ path, lines }) =>
    lines.flatMap((line, index) => {
      const isExplained = /^\s*\/\/.*\bpromise/.test(lines[index - 1] ?? "");
      return clocks.test(line) && bounds.test(line) && !isExplained ? [`${path}:${index + 1}`] : [];
    })
  );
  expect(timed).toEqual([]);
});

it("no file names a folder of somebody's machine", () => {
  expect(linesThat(all, (line) => homes.test(line))).toEqual([]);
});

it("every module in a folder of tests is a test, or is used by one", () => {
  const used = new Set(
    tests.flatMap(({ text }) => [...text.matchAll(/["'`/]([\w.]+\.ts)["'`]/g)].map(([, name]) => name)),
  );
  const idle = tests.filter(({ path }) => !path.endsWith(".test.ts") && !used.has(basename(path)));
  expect(idle.map(({ path }) => path)).toEqual([]);
});
