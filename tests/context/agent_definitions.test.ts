// Definitions of agents in folders: which are found, which win, what their heads may say, which are broken and why.
import { afterEach, beforeEach, expect, test } from "vitest";
import { mkdir, symlink } from "node:fs/promises";
import { agentBytesMax, agentsMax, createAgentDefinitions } from "../../src/context/agent_definitions.ts";
import { noSecrets } from "../../src/permission/secret_places.ts";
import { makeFolder, type TestFolder } from "./folder.ts";

let folder: TestFolder;
beforeEach(async () => {
  folder = await makeFolder();
  await mkdir(folder.at("repo/.git/refs"), { recursive: true });
});
afterEach(() => folder.remove());

const file = (head: string, body = "Do it.") => `---\n${head}\n---\n${body}\n`;
const about = (name: string, more = "") => file(`name: ${name}\ndescription: About ${name}${more}`);
const find = (workspace = folder.workspace) => createAgentDefinitions(folder)(workspace);

test("agents are found in the folder, up to the top of the repository, and with the user; the closer one counts", async () => {
  await folder.put({
    "repo/a/.agents/agents/deep.md": about("deep"),
    "repo/a/.claude/agents/both.md": file("description: closest"),
    "repo/.claude/agents/both.md": file("description: top"),
    "repo/.agents/agents/notes.txt": "no agent",
    "home/.claude/agents/mine.md": about("mine"),
    "home/.agents/agents/both.md": file("description: user"),
    ".agents/agents/outside.md": about("outside"),
  });
  const { agents, broken } = await find(folder.at("repo/a"));
  expect(broken).toEqual([]);
  expect(agents.map(({ name, source, description }) => [name, source, description])).toEqual([
    ["both", "workspace", "closest"],
    ["deep", "workspace", "About deep"],
    ["mine", "user", "About mine"],
  ]);
  expect(agents[1]).toEqual({
    name: "deep",
    description: "About deep",
    source: "workspace",
    path: folder.at("repo/a/.agents/agents/deep.md"),
    instructions: "Do it.",
  });
});

test("a head says what an agent has, in the spellings that users know", async () => {
  await folder.put({
    "repo/.agents/agents/all.md": file(
      "name: all\ndescription: x\ntools: Read, Grep,Task\ndisallowedTools: [Bash]\nmodel: sonnet\npermissionMode: plan\n" +
        "isolation: worktree\nbackground: true\nmaxTurns: 7\nbudget: {tokens: 1000, cost_usd: 0.5, wall_minutes: 2, model_calls: 9}\n" +
        "color: red\nmcpServers: [x]",
    ),
    "repo/.agents/agents/snake.md": file(
      'description: x\ntools: ["*"]\ndisallowed_tools: Bash\nmodel: inherit\npermission_mode: plan\nmax_turns: 3',
    ),
  });
  const { agents, broken } = await find();
  expect(broken).toEqual([]);
  expect(agents[0]).toMatchObject({
    tools: ["Read", "Grep", "Agent"],
    disallowed_tools: ["Bash"],
    model: "sonnet",
    permission_mode: "plan",
    isolation: "worktree",
    background: true,
    max_turns: 7,
    budget: { tokens: 1000, cost_usd: 0.5, wall_ms: 120_000, model_calls: 9 },
  });
  expect(agents[0]).not.toHaveProperty("color");
  const { name, description, source, path, instructions, ...rest } = agents[1] ?? {};
  expect([name, description, source, instructions]).toEqual(["snake", "x", "workspace", "Do it."]);
  expect(path).toContain("snake.md");
  expect(rest).toEqual({ disallowed_tools: ["Bash"], permission_mode: "plan", max_turns: 3 });
});

test("all that a head forbids is forbidden, in both spellings, and * is everything", async () => {
  await folder.put({
    "repo/.agents/agents/a.md": file("description: x\ndisallowedTools: Bash\ndisallowed_tools: Write"),
    "repo/.agents/agents/b.md": file('description: x\ntools: Read\ndisallowedTools: "*"'),
  });
  const { agents } = await find();
  expect(agents[0]?.disallowed_tools).toEqual(["Bash", "Write"]);
  expect(agents[1]?.tools).toEqual([]);
});

test.each([
  ["no head", "just text", '"description" is missing in its head'],
  ["open head", "---\nname: x\n", 'its head has no closing "---"'],
  ["bad YAML", file("name: [x"), "its head is not valid YAML"],
  ["no description", file("name: x"), '"description" is missing in its head'],
  ["blank description", file('name: x\ndescription: " "'), '"description" is empty'],
  ["bad name", file("name: ../x\ndescription: x"), '"name" must be 1 to 64 letters'],
  ["a tool with more", file("description: x\ntools: Bash(git *)"), '"tools" must be names of tools'],
  [
    "forbidden with more",
    file("description: x\ndisallowedTools: Bash(rm *)"),
    '"disallowedTools" must be names of tools',
  ],
  ["tools of a wrong kind", file("description: x\ntools: 7"), '"tools" must be names of tools'],
  ["bad mode", file("description: x\npermissionMode: free"), '"permissionMode" is wrong'],
  ["bad isolation", file("description: x\nisolation: vm"), '"isolation" must be "worktree"'],
  ["bad turns", file("description: x\nmaxTurns: 0"), '"maxTurns"'],
  ["bad budget", file("description: x\nbudget: {dollars: 1}"), '"budget" has no "dollars"'],
  ["negative budget", file("description: x\nbudget: {tokens: -1}"), '"budget.tokens"'],
  ["too large", file("description: x", "x".repeat(agentBytesMax)), `it has more than ${agentBytesMax} bytes`],
  ["binary", "---\ndescription: \0\n---\n", "it is a binary file"],
])("a broken definition is named with what is wrong: %s", async (_, text, why) => {
  await folder.put({ "repo/.agents/agents/bad.md": text, "repo/.agents/agents/good.md": about("good") });
  const { agents, broken } = await find();
  expect(agents.map(({ name }) => name)).toEqual(["good"]);
  expect(broken).toEqual([{
    path: folder.at("repo/.agents/agents/bad.md"),
    why: expect.stringContaining(why),
  }]);
});

test("two of one name in one place: the second is named as broken", async () => {
  await folder.put({ "repo/.agents/agents/a.md": about("same"), "repo/.agents/agents/b.md": about("same") });
  const { agents, broken } = await find();
  expect(agents.map(({ path }) => path)).toEqual([folder.at("repo/.agents/agents/a.md")]);
  expect(broken).toMatchObject([{ why: '"name" is "same", as in "a.md"' }]);
});

test("a folder's definition that leads out of it, or to a secret, is not read; the user's own may be a link", async () => {
  await folder.put({
    "elsewhere/real.md": about("linked"),
    "repo/.env": "description: s3cret",
    "repo/.agents/agents/keep.md": about("keep"),
  });
  await symlink(folder.at("elsewhere/real.md"), folder.at("repo/.agents/agents/out.md"));
  await symlink(folder.at("repo/.env"), folder.at("repo/.agents/agents/secret.md"));
  await mkdir(folder.at("home/.agents/agents"), { recursive: true });
  await symlink(folder.at("elsewhere/real.md"), folder.at("home/.agents/agents/linked.md"));
  const secrets = {
    ...noSecrets,
    reasonFor: (path: string) => path.endsWith(".env") ? "an .env file" : null,
  };
  const { agents, broken } = await createAgentDefinitions({ home: folder.home, secrets })(folder.workspace);
  expect(agents.map(({ name }) => name)).toEqual(["keep", "linked"]);
  expect(broken.map(({ why }) => why)).toEqual([
    expect.stringContaining("it leads out of"),
    expect.stringContaining("it is kept from models"),
  ]);
  expect(JSON.stringify([agents, broken])).not.toContain("s3cret");
});

test("what did not change is the same set, and a changed file is read again", async () => {
  await folder.put({ "repo/.agents/agents/a.md": about("a") });
  const agents = createAgentDefinitions(folder);
  await new Promise((resolve) => setTimeout(resolve, 150));
  const first = await agents(folder.workspace);
  expect(await agents(folder.workspace)).toBe(first);
  await folder.put({ "repo/.agents/agents/a.md": about("a", "\nmodel: other") });
  expect((await agents(folder.workspace)).agents[0]).toMatchObject({ model: "other" });
});

test("a folder with more definitions than can be meant is cut", async () => {
  const names = Array.from({ length: agentsMax + 5 }, (_, n) => `a${n}`);
  await folder.put(Object.fromEntries(names.map((name) => [`repo/.agents/agents/${name}.md`, about(name)])));
  expect((await find()).agents).toHaveLength(agentsMax);
});
