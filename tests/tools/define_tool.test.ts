// What every tool gets from defineTool: arguments in words, limits, outcomes instead of throws, recovery defaults.
import { afterEach, beforeEach, expect, test } from "vitest";
import { z } from "zod";
import { Problem } from "../../src/protocol/problem.ts";
import type { ToolContext, ToolDefinition, ToolOutcome } from "../../tools/contract.ts";
import { defineTool } from "../../tools/define_tool.ts";
import { allTools } from "../../tools/list.ts";
import { makeWorkspace, prepareTool, recoverTool, runTool, type TestWorkspace } from "./workspace.ts";

let space: TestWorkspace;
beforeEach(async () => void (space = await makeWorkspace()));
afterEach(() => space.remove());

const parameters = z.strictObject({ count: z.number().int().min(1).max(9), note: z.string().optional() });
type Args = z.infer<typeof parameters>;
const make = (
  run: (args: Args, context: ToolContext) => Promise<ToolOutcome>,
  more: Partial<ToolDefinition<Args>> = {},
) =>
  defineTool<Args>({
    name: "Count",
    description: "Counts",
    parameters,
    effect: "pure",
    requires_confirmation: false,
    limits: { timeoutMs: 5000, outputCharsMax: 100 },
    run,
    ...more,
  });
const done = (output: string): Promise<ToolOutcome> =>
  Promise.resolve({ status: "finished", output, truncated: false });
const run = (tool: ReturnType<typeof make>, context = space.context()) =>
  runTool(tool, { count: 1 }, context);

test("each wrong, missing and unknown argument is named in words", () => {
  const error = (args: Parameters<ReturnType<typeof make>["parse"]>[0]) => {
    const parsed = make(() => done("")).parse(args);
    return parsed.ok ? "" : parsed.error;
  };
  expect(error({})).toBe('Cannot run Count: "count" is missing');
  expect(error({ count: "x", nots: 1 })).toContain('"count" is wrong, expected number, received string');
  expect(error({ count: 1, nots: 1 })).toBe(
    'Cannot run Count: "nots" is not an argument (known: "count", "note")',
  );
  expect(error({ count: 10 })).toContain('"count" is wrong, Too big');
  expect(error("{broken")).toContain("not a JSON object");
});

test("models get a closed JSON Schema for every tool", () => {
  const names = allTools.map((tool) => tool.name);
  expect(new Set(names).size).toBe(names.length);
  for (const tool of allTools) {
    expect(tool.spec.parameters).toMatchObject({ type: "object", additionalProperties: false });
    expect(tool.spec.parameters).not.toHaveProperty("$schema");
  }
  const unasked = allTools.filter((tool) => tool.effect !== "pure" && !tool.requiresConfirmation);
  // What the agent began itself it may end; Undo is a person's own.
  expect(unasked.map((tool) => tool.name)).toEqual(["KillShell", "Undo"]);
});

test("a thrown problem, system error or bug becomes a failure without a stack trace", async () => {
  const failing = (thrown: unknown) => run(make(() => Promise.reject(thrown)));
  expect(await failing(new Problem("not_found", "Cannot x: y", { hint: "do z" }))).toEqual({
    status: "failed",
    error: "Cannot x: y; do z",
  });
  expect(await run(make(async () => await done(await Deno.readTextFile("/missing"))))).toMatchObject({
    error: expect.stringContaining("it does not exist"),
  });
  expect(await failing(new TypeError("oops"))).toEqual({
    status: "failed",
    error: "Cannot finish Count: unexpected error, oops",
  });
});

test("output beyond the limit is cut in the middle and marked", async () => {
  const outcome = await run(make(() => done("a".repeat(100) + "b".repeat(100))));
  expect(outcome).toEqual({
    status: "finished",
    output: `${"a".repeat(50)}\n[... 100 characters left out of 200 ...]\n${"b".repeat(50)}`,
    truncated: true,
  });
  expect(await run(make(() => done("a".repeat(100))))).toMatchObject({ truncated: false });
});

/** Waits for its signal, as a well-behaved tool does. */
const untilAborted = (_: Args, context: ToolContext): Promise<ToolOutcome> =>
  new Promise((_resolve, reject) => {
    context.signal.addEventListener("abort", () => reject(context.signal.reason), { once: true });
    if (context.signal.aborted) reject(context.signal.reason);
  });

test("a tool past its time limit fails, a cancelled one is interrupted", async () => {
  const slow = make(untilAborted, { limits: { timeoutMs: 50, outputCharsMax: 100 } });
  expect(await run(slow)).toEqual({
    status: "failed",
    error: "Cannot finish Count: it ran longer than 50 ms",
  });
  const cancel = new AbortController();
  const running = run(make(untilAborted), space.context({ signal: cancel.signal }));
  cancel.abort();
  expect(await running).toEqual({ status: "interrupted", reason: "cancelled" });
});

test("a call with a prepared effect is under the time limit too", async () => {
  const tool = make(untilAborted, {
    run: undefined,
    prepare: (args, context) =>
      Promise.resolve({
        evidence: 1,
        run: () => untilAborted(args, context),
        abandon: () => Promise.resolve(),
      }),
    limits: { timeoutMs: 50, outputCharsMax: 100 },
  });
  expect(await run(tool)).toMatchObject({
    status: "failed",
    error: expect.stringContaining("longer than 50 ms"),
  });
});

test("after a crash reads run again, unsafe calls do not", async () => {
  const recovered = (effect: "pure" | "idempotent" | "unsafe") =>
    recoverTool(make(() => done(""), { effect }), { count: 1 }, null, space.context());
  expect(await recovered("pure")).toBe("again");
  expect(await recovered("idempotent")).toBe("again");
  expect(await recovered("unsafe")).toMatchObject({ status: "interrupted" });
});

test("a prepared call cannot be used twice", async () => {
  const prepared = await prepareTool(make(() => done("x")), { count: 1 }, space.context());
  await prepared.run();
  await expect(prepared.run()).rejects.toThrow("used twice");
  await expect(prepared.abandon()).rejects.toThrow("used twice");
});

test("a tool without its own prompt shows all of its arguments", () => {
  const parsed = make(() => done("")).parse({ count: 3, note: "\u001b[2J" });
  expect(parsed.ok && parsed.call.prompt).toContain('"count": 3');
  expect(parsed.ok && parsed.call.prompt).toContain("\\u001b");
});
