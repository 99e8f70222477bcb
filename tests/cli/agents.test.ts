// Agents from the command line: which are defined, writing to one of a session's, stopping one.
import { afterEach, expect, test } from "vitest";
import { join } from "node:path";
import { createAgentDefinitions } from "../../src/context/agent_definitions.ts";
import { until } from "../support/daemon.ts";
import { type AgentDesk, call, openAgentDesk, script } from "./agent_desk.ts";

let desk: AgentDesk;
afterEach(() => desk.close());

async function open(files: Record<string, string> = {}): Promise<void> {
  // The home is beside the workspace, and known only when the desk is there.
  let home = "/nowhere";
  desk = await openAgentDesk({ agents: (workspace) => createAgentDefinitions({ home })(workspace) });
  home = desk.folder;
  for (const [path, text] of Object.entries(files)) {
    await Deno.mkdir(join(desk.folder, path, ".."), { recursive: true });
    await Deno.writeTextFile(join(desk.folder, path), text);
  }
}

async function sessionWith(name: string): Promise<string> {
  const id = (await desk.jamey(["new", "--permission-mode", "bypassPermissions", "--json"])).stdout;
  const session = String(JSON.parse(id).session_id);
  const waits = script(
    call("Bash", { command: "for i in $(seq 500); do test -e go && exit 0; sleep 0.02; done" }),
    {
      text: "waited",
    },
  );
  const begin = script(call("Agent", { description: "wait", prompt: waits, name, background: true }), {
    text: "ok",
  });
  expect((await desk.jamey(["send", session, begin])).code).toBe(0);
  await until(
    "the agent",
    async () =>
      (await desk.view(session)).state.tree.find((actor) => actor.name === name && actor.calls.length > 0) ??
        null,
  );
  return session;
}

test("jamey agents lists what is defined, who brings it, and what is wrong with the rest", async () => {
  await open({
    "workspace/.agents/agents/reviewer.md":
      "---\ndescription: Reviews\\x1b[2J code\ntools: Read, Grep\nisolation: worktree\n---\nBe strict.\n",
    "workspace/.claude/agents/torn.md": "---\ndescription: x\ntools: Bash(rm *)\n---\n",
    ".claude/agents/mine.md": "---\ndescription: My own\nmodel: haiku\n---\nHelp.\n",
  });
  const { code, stdout } = await desk.jamey(["agents"]);
  expect(code).toBe(1);
  expect(stdout).toMatch(/^mine +yours +all tools, haiku +My own$/m);
  expect(stdout).toMatch(/^reviewer +this folder +Read Grep, a worktree +Reviews/m);
  expect(stdout).toMatch(/^broken .*torn\.md: "tools" must be names of tools/m);
  const json = JSON.parse((await desk.jamey(["agents", "--json"])).stdout);
  expect(json.agents.map(({ name }: { name: string }) => name)).toEqual(["mine", "reviewer"]);
  expect(json.agents[1]).not.toHaveProperty("instructions");
  expect((await desk.jamey(["doctor"])).stdout).toMatch(/warning +agents +.*torn\.md/);
  const chat = await desk.jamey(["chat"], { stdin: "/agents\n" });
  expect(chat.stdout).toContain("This session has no other agents");
  expect(chat.stdout).toMatch(/^reviewer +this folder/m);
});

test("without definitions it is said where they would be", async () => {
  await open();
  const { code, stdout } = await desk.jamey(["agents"]);
  expect(code).toBe(0);
  expect(stdout).toContain(".agents/agents/NAME.md");
});

test("a message and a cancel can be for one agent of a session; a name that nobody has is said to be none", async () => {
  await open();
  const session = await sessionWith("scout");
  expect((await desk.jamey(["send", session, "look", "left", "--to", "@scout"])).code).toBe(0);
  const nobody = await desk.jamey(["send", session, "x", "--to", "nobody"]);
  expect(nobody.code).toBe(1);
  expect(nobody.stderr).toContain("nobody of that name lives");
  expect(nobody.stderr).toContain("scout");
  expect((await desk.jamey(["cancel", session, "--actor", "scout"])).code).toBe(0);
  const ended = await until(
    "its end",
    async () =>
      (await desk.view(session)).state.tree.find(({ name, state }) =>
        name === "scout" && state === "stopped"
      ) ?? null,
  );
  expect(ended.path).toMatch(/^main\/agent:/);
  expect((await desk.jamey(["cancel", session, "--actor", "scout"])).code).toBe(1);
});

test("in a chat /agents shows them at work, /to writes to one and /stop ends one", async () => {
  await open();
  const session = await sessionWith("scout");
  const chat = await desk.jamey(["chat", "-s", session], {
    stdin: "/agents\n/to scout look right\n/to scout\n/stop\n/stop scout\n",
  });
  expect(chat.stdout).toMatch(/scout +working.*Bash.*\(wait\)/);
  expect(chat.stderr).toContain("Sent to scout");
  expect(chat.stderr).toContain("Name one and say something");
  expect(chat.stderr).toContain("Name one, as in: /stop scout");
  const { tree } = (await desk.view(session)).state;
  await until(
    "its end",
    async () =>
      (await desk.view(session)).state.tree.find(({ name, state }) =>
        name === "scout" && state === "stopped"
      ) ?? null,
  );
  const { events } = (await desk.server.call("GET", `/sessions/${session}/events?after=0&limit=1000`))
    .body as {
      events: { type: string; actor: string; data: { text?: string } }[];
    };
  const scout = tree.find(({ name }) => name === "scout")?.path;
  expect(
    events.filter(({ type, actor }) => type === "message.received" && actor === scout).map(({ data }) =>
      data.text
    ),
  )
    .toEqual(["look right"]);
});
