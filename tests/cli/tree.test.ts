// The tree of a session on the command line: shown at any point, followed live, one actor alone, and what changed for each.
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { treeView } from "../../src/protocol/tree_views.ts";
import { agent, call, nested } from "../support/tree_session.ts";
import { type AgentDesk, openAgentDesk, script } from "./agent_desk.ts";
import { jsonLines } from "./program.ts";
import { hasScript, openScreen, type Screen } from "./screen.ts";

let desk: AgentDesk;
beforeEach(async () => void (desk = await openAgentDesk()));
afterEach(() => desk.close());

const created = z.object({ session_id: z.string() });
const approvals = z.object({ approvals: z.array(z.object({ call_id: z.string(), seq: z.number() })) });

/** A session whose third agent, two levels down, waits for a person. */
async function waiting(): Promise<{ id: string; callId: string; asked: number }> {
  const { body } = await desk.server.call("POST", "/sessions", { name: "dig", workspace: desk.workspace });
  const id = created.parse(body).session_id;
  await desk.server.call("POST", `/sessions/${id}/messages`, { message: nested() });
  for (;;) {
    const [first] =
      approvals.parse((await desk.server.call("GET", `/sessions/${id}/approvals`)).body).approvals;
    if (first !== undefined) return { id, callId: first.call_id, asked: first.seq };
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const allow = (id: string, callId: string) =>
  desk.server.call("POST", `/sessions/${id}/approvals/${callId}`, { decision: "allow_once" });

describe("jamey tree", () => {
  test("shows who leads whom and what each does, now and earlier, as text and as JSON", async () => {
    const { id, callId, asked } = await waiting();
    const { code, stdout } = await desk.jamey(["tree", "dig"]);
    expect(code).toBe(0);
    expect(stdout).toContain("3 actors, 2 work, 1 waits");
    expect(stdout).toMatch(/● main +working: running Agent/);
    expect(stdout).toMatch(/└ ● foreman +working: running Agent · The work of foreman/);
    expect(stdout).toMatch(/ {2}└ ◐ digger +waits for approval: Bash/);
    expect((await desk.jamey(["status", id])).stdout.replaceAll(/\d+ s|\s+/g, "")).toBe(
      stdout.replaceAll(/\d+ s|\s+/g, ""),
    );

    await allow(id, callId);
    await desk.server.call("POST", `/sessions/${id}/messages?wait=true`, { message: "and now?" });
    const after = (await desk.jamey(["tree", id])).stdout;
    expect(after).toMatch(/✓ digger +done/);
    expect(after).toContain("3 actors, all rest");
    const before = treeView.parse(
      JSON.parse((await desk.jamey(["tree", id, "--at", String(asked), "--json"])).stdout),
    );
    expect(before.tree.map(({ name, state, waits_for }) => [name, state, waits_for])).toEqual([
      ["main", "working", undefined],
      ["foreman", "working", undefined],
      ["digger", "waiting", "approval"],
    ]);
    expect((await desk.jamey(["tree", id, "--at", "9999"])).code).toBe(42);
    expect((await desk.jamey(["tree"])).code).toBe(2);
  });

  test("what an agent has not read yet is shown below it", async () => {
    const { id } = await waiting();
    await desk.server.call("POST", `/sessions/${id}/messages`, { message: "hurry \x1b[2Jup" });
    const { stdout } = await desk.jamey(["tree", id]);
    expect(stdout).toMatch(/main .*✉ 1/);
    expect(stdout).toMatch(/✉ #\d+ from user: hurry \\x1b\[2Jup/);
  });

  test("a name that nobody has is refused with those there are", async () => {
    const { id } = await waiting();
    for (const words of [["attach", id, "--actor", "nobody"], ["replay", id, "--actor", "nobody"]]) {
      const { code, stderr } = await desk.jamey(words);
      expect(code).toBe(1);
      expect(stderr).toContain('Cannot find "nobody"');
      expect(stderr).toContain("main, foreman, digger");
    }
    expect((await desk.jamey(["replay", id, "--verify", "--actor", "digger"])).code).toBe(2);
    expect((await desk.jamey(["attach", id, "--tree", "--json"])).code).toBe(2);
  });
});

describe("jamey replay", () => {
  test("at any point every actor's state and mailbox is shown, or one of them alone with its conversation", async () => {
    const { id, callId, asked } = await waiting();
    const { stdout } = await desk.jamey(["replay", id, "--at", String(asked)]);
    expect(stdout).toContain("Tree (3 actors, 2 work, 1 waits)");
    expect(stdout).toMatch(/◐ digger +waits for approval: Bash/);
    const one = (await desk.jamey(["replay", id, "--at", String(asked), "--actor", "digger"])).stdout;
    expect(one).toMatch(/agent, below main\/agent:\S+, since #\d+/);
    expect(one).toContain("→ Bash");
    expect(one).toContain("Conversation (2 messages)");
    expect(one).not.toContain("foreman");

    await allow(id, callId);
    await desk.server.call("POST", `/sessions/${id}/messages?wait=true`, { message: "and now?" });
    const head = (await desk.view(id)).seq;
    const diff = (await desk.jamey(["replay", id, "--diff", `${asked}..${head}`])).stdout;
    expect(diff).toMatch(
      /~ digger \(main\/agent:\S+\): waits for approval: Bash -> done: dug.*; \+\d+ tokens/,
    );
    expect(diff).toMatch(/~ foreman \(main\/agent:\S+\): working: running Agent -> done/);
    const start = (await desk.jamey(["replay", id, "--diff", `2..${asked}`, "--actor", "digger"])).stdout;
    expect(start).toMatch(/^\+ digger \(main\/agent:\S+\): waits for approval: Bash; \+\d+ tokens\n$/);
    const json = JSON.parse((await desk.jamey(["replay", id, "--diff", `2..${asked}`, "--json"])).stdout);
    expect(json.actors.map(({ name, kind }: { name: string; kind: string }) => [name, kind])).toEqual([
      ["main", "changed"],
      ["foreman", "began"],
      ["digger", "began"],
    ]);
  });

  test("the story has a bar for each agent's life, and one agent's story stands for itself", async () => {
    const { id, callId } = await waiting();
    await allow(id, callId);
    await desk.server.call("POST", `/sessions/${id}/messages?wait=true`, { message: "and now?" });
    const whole = (await desk.jamey(["replay", id])).stdout;
    expect(whole).toMatch(/─+.* foreman The work of foreman finished/);
    expect(whole).toMatch(/▓+.* digger Bash finished/);
    const one = (await desk.jamey(["replay", id, "--actor", "digger"])).stdout;
    expect(one).toMatch(/Turn 1 #\d+\.\.#\d+ completed .*2 model calls, 1 tool call/);
    expect(one).not.toContain("foreman");
    const events = jsonLines((await desk.jamey(["replay", id, "--actor", "digger", "--json"])).stdout);
    expect(new Set(events.map(({ actor }) => actor)).size).toBe(1);
    expect(events.at(0)?.["type"]).toBe("agent.started");
  });
});

describe("jamey attach", () => {
  test("follows one actor by its name: its history, then what it does, and nothing of others", async () => {
    const { id, callId } = await waiting();
    const talk = desk.start(["attach", id, "--actor", "digger"]);
    await talk.until("call.approval_requested");
    await allow(id, callId);
    await talk.until("agent.finished");
    const { stdout } = await talk.end("SIGINT");
    const actors = [...stdout.matchAll(/^ *\d+ \d\d:\d\d:\d\d (\S+) /gm)].map(([, who]) => who);
    expect(new Set(actors)).toEqual(new Set(["digger"]));
    expect(stdout).toContain("agent.started");
  });

  test("without a terminal, --tree prints the tree and then a line for each actor that changed", async () => {
    const { id, callId } = await waiting();
    const talk = desk.start(["attach", id, "--tree"]);
    await talk.until("Answer with:");
    await talk.until("◐ digger");
    await allow(id, callId);
    await talk.until("tree: main idle");
    const { stdout } = await talk.end("SIGINT");
    expect(stdout).toMatch(/tree: main\/agent:\S+ done/);
    // deno-lint-ignore no-control-regex
    expect(stdout).not.toMatch(/\x1b/);
  });

  test("lines of several actors bear short names, two of one name are told apart", async () => {
    const { body } = await desk.server.call("POST", "/sessions", { workspace: desk.workspace });
    const id = created.parse(body).session_id;
    const dig = (text: string) => agent("digger", [{ text }]);
    await desk.server.call("POST", `/sessions/${id}/messages?wait=true`, {
      message: script(dig("one"), dig("two"), { text: "over" }),
    });
    const talk = desk.start(["attach", id]);
    await talk.until("turn.ended");
    await talk.until("over");
    const { stdout } = await talk.end("SIGINT");
    expect(stdout).toMatch(/ digger model\.replied[^\n]*\n +one/);
    expect(stdout).toMatch(/ digger~2 model\.replied[^\n]*\n +two/);
  });
});

describe.skipIf(!hasScript)("at a terminal", () => {
  const open = (args: string): Screen =>
    openScreen(desk.dataDir, args, { cwd: desk.workspace, env: { HOME: desk.folder }, columns: 80 });

  test("the tree stays at the bottom, follows what happens, and an approval is answered below it", async () => {
    const { id } = await waiting();
    const screen = open(`attach ${id} --tree`);
    await screen.until("session.created");
    await screen.until("── 3 actors, 2 work, 1 waits ─");
    await screen.until("digger");
    await screen.until("waits for approval: Bash");
    await screen.until("> ");
    await screen.type("y\r");
    await screen.until("call.approved");
    await screen.until("── 3 actors, all rest ─");
    await screen.until("✓ digger");
    await screen.type("\x03");
    expect(await screen.end()).toBe(130);
  });

  test("a chat says how many agents work and wait, and shows the tree", async () => {
    const screen = open("chat");
    await screen.until("> ");
    const slow = script({ text: "One word after the other", delay_ms: 700 });
    const ann = { name: "ann", description: "Rest", background: true, prompt: slow };
    await screen.type(`${script(call("Agent", ann), { text: "started" })}\r`);
    await screen.until("1 works > ");
    await screen.type("/tree\r");
    await screen.until("● ann");
    await screen.until("working: thinking");
    await screen.type("/follow ann\r");
    await screen.until("Following main/agent:");
    await screen.until("ann ▸ One word after the other");
    await screen.type("/quit\r");
    expect(await screen.end()).toBe(0);
  });
});
