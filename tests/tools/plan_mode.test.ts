// Plan mode from the agent's side: how it begins, how it ends, and what the person is shown.
import { afterEach, beforeEach, expect, test } from "vitest";
import { enterPlanModeTool } from "../../tools/enter_plan_mode.ts";
import { exitPlanModeTool, planCharsMax } from "../../tools/exit_plan_mode.ts";
import type { ToolSession } from "../../tools/contract.ts";
import { makeWorkspace, runTool, testSession, type TestWorkspace, textOf } from "./workspace.ts";

let space: TestWorkspace;
beforeEach(async () => void (space = await makeWorkspace()));
afterEach(() => space.remove());
const within = (overrides: Partial<ToolSession>) =>
  space.context({ session: testSession("c1-1", { planFile: "/plans/p.md", ...overrides }) });

test("entering plan mode says what is allowed and where drafts of the plan go", async () => {
  const outcome = await runTool(enterPlanModeTool, {}, within({}));
  expect(outcome).toMatchObject({
    facts: [{ type: "session.mode_changed", data: { permission_mode: "plan", by: "agent" } }],
  });
  expect(textOf(outcome)).toContain('"/plans/p.md"');
});

test("leaving plan mode asks in every mode and shows the whole plan, with hidden characters made visible", () => {
  expect(exitPlanModeTool).toMatchObject({ alwaysAsks: true, requiresConfirmation: true });
  const plan = `first ${"x".repeat(planCharsMax - 20)}\u202Elast`;
  const parsed = exitPlanModeTool.parse({ plan });
  if (!parsed.ok) throw new Error(parsed.error);
  expect(parsed.call.prompt).toContain("x\\u{202e}last");
  expect(parsed.call.prompt.length).toBeGreaterThan(plan.length);
  expect(parsed.call.allowedInPlan({ planFile: "", workspace: "" })).toBe(true);
});

test("an accepted plan ends plan mode", async () => {
  const outcome = await runTool(exitPlanModeTool, { plan: "1. do" }, within({ permissionMode: "plan" }));
  expect(outcome).toMatchObject({
    status: "finished",
    facts: [{ type: "session.mode_changed", data: { permission_mode: "default", by: "user" } }],
  });
});

test.each([["bypassPermissions", "bypassPermissions"], ["default", "default"], ["plan", "default"]] as const)(
  "when it was %s before planning, it is %s afterwards",
  async (modeBeforePlan, permission_mode) => {
    const planning = within({ permissionMode: "plan", modeBeforePlan });
    const outcome = await runTool(exitPlanModeTool, { plan: "1. do" }, planning);
    expect(outcome).toMatchObject({ facts: [{ data: { permission_mode } }] });
  },
);

test("plan mode is not entered twice, not left when it is off, and is no matter for sub-agents", async () => {
  expect(textOf(await runTool(enterPlanModeTool, {}, within({ permissionMode: "plan" })))).toContain(
    "already",
  );
  expect(textOf(await runTool(exitPlanModeTool, { plan: "p" }, within({})))).toBe(
    "Cannot leave plan mode: the session is not in it, begin the work",
  );
  const child = within({ actor: "main/agent:x", permissionMode: "plan" });
  expect(textOf(await runTool(exitPlanModeTool, { plan: "p" }, child))).toContain("a sub-agent may not");
  expect(textOf(await runTool(enterPlanModeTool, {}, within({ actor: "main/agent:x" })))).toContain(
    "a sub-agent",
  );
});

test(`a plan is not empty and has at most ${planCharsMax} characters`, () => {
  expect(exitPlanModeTool.parse({ plan: "x".repeat(planCharsMax) }).ok).toBe(true);
  expect(exitPlanModeTool.parse({ plan: "x".repeat(planCharsMax + 1) }).ok).toBe(false);
  expect(exitPlanModeTool.parse({ plan: " \n" })).toMatchObject({ ok: false });
});
