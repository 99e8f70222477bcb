// A workflow that is paused waits for a person: whoever looks is told so, with the command that lets it go on.
import { afterEach, beforeEach, expect, it } from "vitest";
import { join } from "node:path";
import { type AgentDesk, openAgentDesk } from "./agent_desk.ts";

let desk: AgentDesk;
beforeEach(async () => void (desk = await openAgentDesk()));
afterEach(() => desk.close());

it("a paused workflow is named by tree, status and sessions, once with all below it, and goes on as told", async () => {
  const ask = { kind: "question", question: "Shall I?", options: ["yes"] };
  const file = join(desk.workspace, "flow.json");
  const inner = { name: "inner", nodes: { ask } };
  await Deno.writeTextFile(
    file,
    JSON.stringify({ name: "my flow", nodes: { below: { kind: "workflow", definition: inner } } }),
  );
  const { stdout } = await desk.jamey(["workflow", "run", file, "--detach", "--json"]);
  const { session_id: id, workflow } = JSON.parse(stdout);
  const told = `my flow, paused: jamey workflow resume ${id} --workflow ${workflow}`;
  const looks = [["tree", id], ["status", id], ["workflow", "status", id]];
  for (const words of looks) expect((await desk.jamey(words)).stderr).not.toContain("paused");
  expect((await desk.jamey(["workflow", "pause", id])).code).toBe(0);
  for (const words of looks) {
    const { stderr } = await desk.jamey(words);
    expect(stderr.split("\n").filter((line) => line.includes("workflow resume"))).toEqual([`  ${told}`]);
  }
  expect((await desk.jamey(["sessions"])).stdout).toContain("idle, 2 ask");
  // As it was told, but for the wait for its end.
  const resumed = await desk.jamey([...told.slice(told.indexOf("workflow")).split(" "), "--detach"]);
  expect(resumed).toMatchObject({ code: 0, stderr: `Resumed: ${workflow} in session ${id}\n` });
  expect((await desk.jamey(["sessions"])).stdout).toContain("idle, 1 works, 1 asks");
});
