// Sessions that are put away while they wait: what comes back is what was there, and whoever waits for a time is not put away.
import { afterEach, expect, it } from "vitest";
import { join } from "node:path";
import { idleSessionsMax } from "../../actors/sessions.ts";
import type { JsonObject } from "../../src/protocol/json.ts";
import { until } from "../support/daemon.ts";
import { openTestRuntime, script, type TestRuntime } from "../support/runtime.ts";

let test: TestRuntime;
afterEach(() => test.close());

/** A node that fails until there is a file, and begins again after a while. */
const definition: JsonObject = {
  name: "w",
  nodes: {
    first: {
      kind: "tool",
      tool: "Bash",
      args: { command: "[ -e there ]" },
      retry: { max: 1, backoff_ms: 4_500 },
    },
    last: { kind: "tool", tool: "Bash", args: { command: "echo last" }, needs: ["first"] },
  },
};

async function waitingWorkflow(): Promise<string> {
  const id = await test.session();
  await test.runtime.command(id, { type: "workflow.start", definition, inputs: {} }, "me");
  await test.fact(id, "workflow.node_failed");
  return id;
}

/** More sessions than are kept open, and the time after which the oldest idle ones go. */
async function crowd(): Promise<void> {
  for (let n = 0; n <= idleSessionsMax; n++) await test.session();
  await new Promise((resolve) => setTimeout(resolve, 3_000));
}

/** How often the session was opened again from its log. */
const openings = async (id: string) =>
  (await test.types(id)).filter((type) => type === "session.owned").length;

it(
  "a workflow that waits for a time stays until it comes, a paused one is put away and goes on when it is resumed",
  {
    timeout: 60_000,
  },
  async () => {
    test = await openTestRuntime();
    const waits = await waitingWorkflow();
    const paused = await waitingWorkflow();
    await test.runtime.command(paused, { type: "workflow.pause", workflow: "w" }, "me");
    await Deno.writeTextFile(join(test.workspace, "there"), "");
    // Both have a time to wait for: neither goes.
    await crowd();
    await until("the time to come", async () => {
      const types = await test.types(waits);
      return types.includes("workflow.finished") && (await test.types(paused)).includes("timer.fired") ||
        null;
    });
    expect(await openings(waits)).toBe(0);
    await crowd();
    expect((await test.runtime.workflows(paused))[0]?.state).toBe("paused");
    expect((await test.runtime.tree(paused)).tree.map(({ path }) => path)).toContain("workflow:w");
    await test.runtime.command(paused, { type: "workflow.resume", workflow: "w" }, "me");
    expect((await test.fact(paused, "workflow.finished")).data).toMatchObject({ outcome: "completed" });
    expect(await openings(paused)).toBe(1);
  },
);

it("who waits for a person at any depth is put away, and goes on with the answer", {
  timeout: 60_000,
}, async () => {
  test = await openTestRuntime();
  const ids: string[] = [];
  for (let n = 0; n < 2; n++) {
    const id = await test.session("default");
    const inner = script({ calls: [{ name: "Bash", args: { command: `touch done-${n}` } }] }, {
      text: "inner",
    });
    const agent = (prompt: string) => ({
      calls: [{
        name: "Agent",
        args: { description: "a", prompt, budget: { model_calls: n === 0 ? 9 : 1 } },
      }],
    });
    await test.send(id, script(agent(script(agent(inner), { text: "middle" })), { text: "all" }));
    ids.push(id);
  }
  const [asks = "", paused = ""] = ids;
  const approval = await until("the approval", async () => (await test.runtime.approvals(asks))[0] ?? null);
  await until("the limit", async () => (await test.runtime.view(paused)).state.paused[0] ?? null);
  await crowd();
  expect((await test.runtime.view(paused)).state.paused).toHaveLength(1);
  await test.runtime.command(asks, {
    type: "call.answer",
    call_id: approval.call_id,
    decision: "allow_once",
  }, "me");
  await test.runtime.command(paused, { type: "budget.answer", decision: "stop" }, "me");
  for (const id of ids) {
    await until("the end", async () => {
      const facts = await test.facts(id);
      return facts.find(({ type, actor }) => type === "turn.ended" && actor === "main") ?? null;
    });
    expect(await openings(id)).toBe(1);
  }
  expect(await Deno.stat(join(test.workspace, "done-0"))).toBeDefined();
});
