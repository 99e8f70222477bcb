// Budgets at the command line: what is used of them, and letting exactly one of them go on.
import { afterAll, beforeAll, expect, test } from "vitest";
import { until } from "../support/daemon.ts";
import { type AgentDesk, openAgentDesk, script } from "./agent_desk.ts";

let desk: AgentDesk;
beforeAll(async () => void (desk = await openAgentDesk()));
afterAll(() => desk.close());

const paused = async (id: string) => (await desk.view(id)).state.paused;

test("jamey usage shows what is used of each budget, and jamey extend --actor lets one of them go on", async () => {
  const bash = (n: number) => ({ name: "Bash", args: { command: `echo ${n}` } });
  const inner = script({ calls: [bash(1)] }, { calls: [bash(2)] }, { text: "through" });
  const agent = (name: string) => ({
    name: "Agent",
    args: { description: name, name, prompt: inner, budget: { model_calls: 2 } },
  });
  const { stdout } = await desk.jamey(["new", "--permission-mode", "bypassPermissions"]);
  const id = stdout.trim();
  const message = script({ calls: [agent("one"), agent("two")] }, { text: "done" });
  await desk.server.call("POST", `/sessions/${id}/messages`, { message });
  const [first, second] = await until("two pauses", async () => {
    const all = await paused(id);
    return all.length === 2 ? all : null;
  });
  const shown = await desk.jamey(["usage", id]);
  expect(shown.stdout).toContain(`${first?.actor}: 2 model calls of 2 model calls (100 %)`);
  const { budgets } = JSON.parse((await desk.jamey(["usage", id, "--json"])).stdout);
  expect(budgets).toHaveLength(2);

  expect((await desk.jamey(["extend", id, "--actor", "nobody"])).stderr).toContain(
    "nobody of that name lives",
  );
  expect((await desk.jamey(["extend", id, "--actor", first?.actor ?? ""])).code).toBe(0);
  await until("one pause", async () => (await paused(id)).length === 1 || null);
  expect(await paused(id)).toMatchObject([{ actor: second?.actor, of: second?.actor }]);
  const again = await desk.jamey(["extend", id, "--actor", "main"]);
  expect(again.stderr).toContain('nothing of "main" waits at a limit');
  expect((await desk.jamey(["extend", id, "--stop"])).code).toBe(0);
  await until("the end", async () => (await desk.view(id)).state.summary.status === "idle" || null);
  const story = await desk.jamey(["replay", id, "--speed", "1000"]);
  expect(story.stdout).toContain("is used up: 2 model calls of 2 model calls");
});
