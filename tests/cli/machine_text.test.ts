// The machines of a session at a point of its past: in words for a person, whole with --json.
import { afterEach, beforeEach, expect, it } from "vitest";
import { z } from "zod";
import { actorWords, callWords, effectWords } from "../../src/cli/machine_text.ts";
import { type AgentDesk, call, openAgentDesk, script } from "./agent_desk.ts";

let desk: AgentDesk;
beforeEach(async () => void (desk = await openAgentDesk()));
afterEach(() => desk.close());

const facts = z.array(z.object({ seq: z.number(), type: z.string(), actor: z.string() }));

/** A session whose agent has another one run a command, and the first event of that command. */
async function withCommand(): Promise<{ id: string; at: number }> {
  const inner = script(call("Bash", { command: "echo hi" }), { text: "done" });
  const agent = { description: "says hi", prompt: inner, name: "speaker" };
  const { stdout } = await desk.jamey(["new", "--permission-mode", "bypassPermissions", "--json"]);
  const { session_id: id } = JSON.parse(stdout);
  await desk.jamey(["run", "--resume", id], { stdin: script(call("Agent", agent), { text: "said" }) });
  const lines = (await desk.jamey(["replay", id, "--json"])).stdout.trim().split("\n");
  const events = facts.parse(lines.map((line) => JSON.parse(line)));
  const started = events.find(({ type, actor }) => type === "call.started" && actor !== "main");
  return { id, at: started?.seq ?? 0 };
}

it("replay --at and --diff say in words how far every machine is; --json has all of it", async () => {
  const { id, at } = await withCommand();
  const { stdout } = await desk.jamey(["replay", id, "--at", String(at)]);
  expect(stdout.slice(stdout.indexOf("\nMachines")).trim().split("\n")).toEqual([
    "Machines",
    "  main: acting, running",
    "  main/agent:c2-1: running (task of main)",
    "",
    "Open calls",
    "  c2-1: Agent of main, running",
    expect.stringMatching(/^ {2}c\d+-1: Bash of main\/agent:c2-1, running$/),
    "",
    "Owed",
    "  call.review:c2-1: of main, begun once",
    expect.stringMatching(/^ {2}call\.review:c\d+-1: of main\/agent:c2-1, begun once$/),
  ]);
  const diff = await desk.jamey(["replay", id, "--diff", `1..${at}`]);
  expect(diff.stdout).toContain('~ state.actors.main: "idle" -> "acting, running"\n');
  expect(stdout + diff.stdout).not.toContain('"context"');
  const whole = JSON.parse((await desk.jamey(["replay", id, "--at", String(at), "--json"])).stdout);
  expect(whole.state.actors.main).toMatchObject({ value: { acting: "running" }, context: expect.anything() });
  const changes = await desk.jamey(["replay", id, "--diff", `1..${at}`, "--json"]);
  expect(changes.stdout).toContain("state.actors.main.context");
});

it("what is told in another form is shown as it is, and hostile names stay harmless", () => {
  expect(actorWords({ a: { odd: 1 }, b: 7, c: { value: { waiting_for: { a_person: "now" } } } })).toEqual({
    a: '{"odd":1}',
    b: "7",
    c: "waiting for, a person, now",
  });
  expect(callWords({ c: { name: "x\u001b]0;y\u0007", actor: "main", snapshot: { value: "done" } } }).c)
    .not.toContain("\u001b");
  expect(effectWords({ e: { kind: "k", actor: "main", attempts: 2 } })).toEqual({
    e: "of main, begun 2 times",
  });
});
