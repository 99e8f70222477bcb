// Archiving a session in which something works is refused in words; once that is cancelled, or rests, it is put away.
import { afterEach, beforeEach, expect, it } from "vitest";
import { join } from "node:path";
import { until } from "../support/daemon.ts";
import { type AgentDesk, openAgentDesk, script } from "./agent_desk.ts";

let desk: AgentDesk;
beforeEach(async () => void (desk = await openAgentDesk()));
afterEach(() => desk.close());

const sleeps = script({ calls: [{ name: "Bash", args: { command: "sleep 30" } }] }, { text: "x" });
const free = ["--permission-mode", "bypassPermissions", "--json"];

async function begun(words: string[], body: unknown): Promise<string> {
  const file = join(desk.workspace, "file.json");
  await Deno.writeTextFile(file, JSON.stringify(body));
  const { stdout } = await desk.jamey([...words, file, "--detach", ...free]);
  return JSON.parse(stdout).session_id;
}

/** What is said names what works; the command it names ends that, and then the session can be put away. */
async function expectRefusedUntilCancelled(session: string, what: string): Promise<void> {
  expect((await desk.jamey(["sessions"])).stdout).toContain(`${session}  idle, 1 works  `);
  expect(await desk.jamey(["archive", session])).toEqual({
    code: 1,
    stdout: "",
    stderr: `error: Cannot archive session "${session}": "${what}" works in it\n` +
      `hint:  Cancel that first: jamey cancel ${session}\n`,
  });
  expect((await desk.jamey(["cancel", session])).code).toBe(0);
  await until("the end", async () => (await desk.jamey(["archive", session])).code === 0 || null);
}

it("a session is not archived while a team works in it", async () => {
  const session = await begun(["team", "run"], {
    name: "slow",
    goal: "take long",
    members: [{ name: "ann", prompt: sleeps }],
  });
  await expectRefusedUntilCancelled(session, "team:slow");
});

it("a session is not archived while a workflow works in it", async () => {
  const session = await begun(["workflow", "run"], {
    name: "slow",
    nodes: { wait: { kind: "tool", tool: "Bash", args: { command: "sleep 30" } } },
  });
  await expectRefusedUntilCancelled(session, "workflow:slow");
});

it("a session is not archived while an agent works in the background", async () => {
  const agent = { description: "slow", prompt: sleeps, name: "digger", background: true };
  const prompt = script({ calls: [{ name: "Agent", args: agent }] }, { text: "begun" });
  const { stdout } = await desk.jamey(["new", ...free]);
  const { session_id: session } = JSON.parse(stdout);
  await desk.jamey(["send", session, prompt]);
  await until("the end of the turn", async () => {
    const { state } = await desk.view(session);
    return state.summary.status === "idle" && state.tree.length === 2 || null;
  });
  await expectRefusedUntilCancelled(session, "main/agent:c2-1");
});

it("a session with a paused workflow is archived, and has it paused when it is restored", async () => {
  const session = await begun(["workflow", "run"], {
    name: "asks",
    nodes: {
      ask: { kind: "question", question: "Shall I?" },
      then: { kind: "condition", needs: ["ask"], when: "true" },
    },
  });
  expect((await desk.jamey(["workflow", "pause", session])).code).toBe(0);
  expect(await desk.jamey(["archive", session])).toMatchObject({
    code: 0,
    stderr: expect.stringContaining("Archived"),
  });
  expect((await desk.jamey(["restore", session])).code).toBe(0);
  const { stdout } = await desk.jamey(["workflow", "status", session, "--json"]);
  expect(JSON.parse(stdout)).toMatchObject({ state: "paused" });
});

it("who watches a paused workflow is told that its session was archived, and the way back", async () => {
  const file = join(desk.workspace, "asks.json");
  await Deno.writeTextFile(
    file,
    JSON.stringify({ name: "asks", nodes: { ask: { kind: "question", question: "Shall I?" } } }),
  );
  const watcher = desk.start(["workflow", "run", file, "--name", "watched"]);
  const session = await until("the question", async () => {
    const { stdout } = await desk.jamey(["workflow", "list", "--json"]);
    const id = stdout === "" ? undefined : JSON.parse(stdout).session_id;
    return id !== undefined && (await desk.view(id)).state.questions.length > 0 ? id : null;
  });
  expect((await desk.jamey(["workflow", "pause", "watched"])).code).toBe(0);
  expect((await desk.jamey(["archive", "watched"])).code).toBe(0);
  const { code, stderr } = await watcher.end();
  expect({ code, told: stderr.trim().split("\n").slice(-2) }).toEqual({
    code: 1,
    told: [
      `error: Cannot go on in session "${session}": it was archived`,
      `hint:  Bring it back with: jamey restore ${session}`,
    ],
  });
});
