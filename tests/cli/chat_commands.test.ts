// The commands inside a chat, typed at a real agent.
import { afterEach, beforeEach, expect, test } from "vitest";
import { join } from "node:path";
import { permissionMode } from "../../src/protocol/facts.ts";
import { type AgentDesk, call, openAgentDesk, script, type Talk } from "./agent_desk.ts";
import { openOutside } from "./outside_file.ts";

let desk: AgentDesk;
let chat: Talk;
beforeEach(async () => void (desk = await openAgentDesk()));
afterEach(() => desk.close());

async function chatting(
  lines: string[],
  mode = "bypassPermissions",
): Promise<{ stdout: string; stderr: string }> {
  const ended = await desk.jamey(["chat", "--permission-mode", mode], {
    stdin: lines.map((line) => `${line}\n`).join(""),
  });
  expect(ended.code, ended.stderr).toBe(0);
  return ended;
}

test("/help names every command, and an unknown one is said to be none", async () => {
  const { stdout, stderr } = await chatting(["/help", "/nonsense"]);
  const named = [...stdout.matchAll(/^ {2}\/([a-z]+)/gm)].map(([, name]) => name);
  expect(named).toEqual([
    ...[
      "help",
      "new",
      "sessions",
      "session",
      "attach",
      "cancel",
      "continue",
      "replay",
      "cost",
      "status",
      "tools",
      "tree",
      "follow",
    ],
    ...[
      "model",
      "mode",
      "plan",
      "compact",
      "trust",
      "todos",
      "tasks",
      "background",
      "kill",
      "undo",
      "image",
      "agents",
      "to",
      "stop",
      "commands",
      "quit",
    ],
  ]);
  expect(stdout).toContain("!COMMAND");
  expect(stderr).toContain('There is no command "/nonsense"; see /help');
  // None that is named is missing.
  const all = await chatting(
    named.filter((name) => !["help", "new", "quit"].includes(name ?? "")).map((name) => `/${name}`),
  );
  expect(all.stderr).not.toContain("There is no command");
});

test("/model and /mode show what holds and what there is, and change it from the next message on", async () => {
  const { stdout, stderr } = await chatting(
    [
      "/model",
      "/model scripted/other",
      "/mode",
      "/plan",
      "/mode bypassPermissions",
      "/mode yolo",
      "/session",
    ],
    "default",
  );
  expect(stdout).toContain("The model is scripted/");
  expect(stdout).toMatch(/scripted\/\S+ +scripted, \d+ tokens, .*the default/);
  expect(stdout).toContain("the model is scripted/other now (user)");
  expect(stdout).toContain(`The mode is default; there are: ${permissionMode.options.join(", ")}\n`);
  expect(stdout).toContain("the mode is plan now (user)");
  expect(stdout).toContain("the mode is bypassPermissions now (user)");
  expect(stdout).toMatch(/model +scripted\/other\npermissions bypassPermissions/);
  expect(stderr).toContain('There is no mode "yolo"');
});

test("todos are boxes, tasks say which are ready and which are blocked", async () => {
  const todos = [
    { content: "Dig", status: "completed" },
    { content: "Sow \x1b[2J", status: "in_progress" },
    { content: "Reap", status: "pending" },
  ];
  chat = desk.start(["chat", "--permission-mode", "bypassPermissions"]);
  for (const line of ["/todos", "/tasks"]) await chat.type(line);
  await chat.until("the list of todos is empty");
  await chat.until("There are no tasks");
  const build = call("TaskCreate", { subject: "Build", description: "b" });
  await chat.type(script(call("TodoWrite", { todos }), build, { text: "Listed" }));
  await chat.until("todos: 1 of 3 done\n    [x] Dig\n    [>] Sow \\x1b[2J\n    [ ] Reap\n");
  const id = /task (\S+) created: Build/.exec(await chat.until("Listed"))?.[1] ?? "";
  const ship = call("TaskCreate", { subject: "Ship", description: "s", blocked_by: [id] });
  await chat.type(script(ship, { text: "Planned" }));
  for (const line of ["/todos", "/tasks"]) await chat.type(line);
  const { stdout } = await chat.end();
  expect(stdout).toContain("\ntodos: 1 of 3 done\n[x] Dig\n");
  expect(stdout).toMatch(new RegExp(`^\\[ \\] ${id} +ready +Build$`, "m"));
  expect(stdout).toMatch(new RegExp(`^\\[\\.\\] \\S+ +blocked +Ship \\(after ${id}\\)$`, "m"));
});

test("a background command is listed, ended with /kill, and its end is told", async () => {
  chat = desk.start(["chat", "--permission-mode", "bypassPermissions"]);
  await chat.type("/background");
  await chat.until("Nothing runs in the background");
  await chat.type(
    script(call("Bash", { command: "sleep 300", run_in_background: true }), { text: "Started" }),
  );
  const text = await chat.until("Started");
  const id = /background (\S+) started: sleep 300/.exec(text)?.[1] ?? "";
  expect(id).not.toBe("");
  await chat.type("/background");
  await chat.until("running");
  await chat.type(`/kill ${id}`);
  await chat.until(`background ${id} ended: killed`);
  expect((await chat.end()).code).toBe(0);
});

test("!cmd runs a command of one's own: shown whole, and asked for where commands are asked for", async () => {
  const { stdout } = await chatting(["!touch made", "y", "!touch never", "n not that"], "default");
  expect(stdout).toContain("Bash denied: not that");
  expect([await exists("made"), await exists("never")]).toEqual([true, false]);
  const bypassed = await chatting(["!seq 1 20", "hello"]);
  // Whole, and before the next line of a script is read.
  expect(bypassed.stdout).toMatch(/ {4}19\n {4}20\n(.*\n)*.*hello/);
});

async function exists(name: string): Promise<boolean> {
  return await Deno.stat(join(desk.workspace, name)).then(() => true, () => false);
}

test("/undo takes back a change, by the newest or by the call, and says so", async () => {
  const write = (content: string) => call("Write", { file_path: "a.txt", content });
  const { stdout } = await chatting([script(write("one"), { text: "w1" }), "/undo"]);
  expect(stdout).toContain("created a.txt".replace("a.txt", join(desk.workspace, "a.txt")));
  expect(stdout).toMatch(/removed .*a\.txt \(undid c\d+-1\)/);
  expect(await exists("a.txt")).toBe(false);
  const none = await chatting(["/undo c99-1"]);
  expect(none.stdout).toContain("Undo failed");
});

test("/cost says what the session, each agent and each model have used, in columns", async () => {
  const { stdout } = await chatting([
    script(call("Agent", { description: "child", prompt: "hello" }), { text: "done" }),
    "/cost",
  ]);
  const rows = stdout.split("\n").slice(-6);
  expect(rows[0]).toMatch(/^ +TOKENS IN +CACHED +OUT +COST$/);
  expect(rows[1]).toMatch(/^session +\d+ +- +\d+ +\$0\.0000$/);
  expect(rows.slice(2, 5).map((row) => row.split(" ")[0])).toEqual([
    "main",
    expect.stringMatching(/^c\d+-1$/),
    expect.stringMatching(/^scripted\//),
  ]);
  expect(new Set(rows.slice(0, 5).map((row) => row.length)).size).toBe(1);
});

test("/compact has the past summarised before the next answer, with what is to be kept", async () => {
  const { stdout, stderr } = await chatting(["hello", "hello again", "/compact keep the names", "and now?"]);
  expect(stderr).toContain("The past becomes a summary before the next answer");
  expect(stdout).toMatch(/context compacted \((summary|cut)\): \d+ -> \d+ tokens/);
});

test("/continue lets a session go on that met a limit, and a script's next line is a message again", async () => {
  const bash = call("Bash", { command: "echo same" });
  const { stdout } = await chatting([
    script(...Array.from({ length: 6 }, () => bash), { text: "Enough" }),
    "/continue",
    "hello",
  ]);
  expect(stdout).toContain("Paused: it repeats itself");
  expect(stdout).toContain("Enough");
  expect(stdout).toContain("You wrote:\n\nhello");
});

test("/image sends the files that are named, and the rest as words", async () => {
  await Deno.writeFile(join(desk.workspace, "a.gif"), new TextEncoder().encode("GIF89a..."));
  const { stdout, stderr } = await chatting(["/image a.gif What is a.gif?", "/image nothing.png look"]);
  expect(stdout).toContain("You wrote:\n\nWhat is a.gif?");
  expect(stdout).toContain("1 image ");
  expect(stderr).toContain("Name a file, as in: /image");
});

test("/trust shows everything that a folder brings along, and /trust yes approves what was shown and nothing else", async () => {
  const folder = await Deno.makeTempDir({ dir: desk.folder });
  const outside = await openOutside(folder);
  await outside.write("evil\x1b[2J");
  const other = await openAgentDesk({ outside });
  const first = await other.jamey(["chat"], { stdin: "/trust yes\n" });
  expect(first.stdout).toContain("evil\\x1b[2J");
  expect(await outside.standings(other.workspace)).toEqual(["unknown"]);
  chat = other.start(["chat"]);
  await chat.type("/trust");
  await chat.until("unknown   PreToolUse hook");
  await outside.write("worse");
  for (const line of ["/trust yes", "/trust"]) await chat.type(line);
  await chat.until("worse");
  expect(await outside.standings(other.workspace)).toEqual(["unknown"]);
  await chat.type("/trust yes");
  const { stderr } = await chat.end();
  expect(stderr).toContain("is not what was shown");
  expect(stderr).toContain("Approved; a change of any of it asks again");
  expect(await outside.standings(other.workspace)).toEqual(["approved"]);
  await other.close();
});

test("a chat whose input is empty makes no session, and says so", async () => {
  const { code, stderr } = await desk.jamey(["chat"]);
  expect(code).toBe(0);
  expect(stderr).toContain("The input is empty");
  expect(JSON.parse((await desk.jamey(["sessions", "--json"])).stdout).sessions).toEqual([]);
});

test("commands and skills of the folder are listed, and said with their arguments put in", async () => {
  const prompts = join(desk.workspace, ".jamey", "prompts");
  const skill = join(desk.workspace, ".agents", "skills", "greet");
  await Deno.mkdir(prompts, { recursive: true });
  await Deno.mkdir(skill, { recursive: true });
  await Deno.writeTextFile(
    join(prompts, "say-2.md"),
    "---\ndescription: Says it\n---\nSay this: $ARGUMENTS\n",
  );
  await Deno.writeTextFile(
    join(skill, "SKILL.md"),
    "---\nname: greet\ndescription: Greets\n---\nGreet $1 warmly\n",
  );
  const { stdout } = await chatting(["/commands", "/say-2 hello there", "/greet Ada"]);
  expect(stdout).toMatch(/\/say-2 +Says it \(command, workspace\)/);
  expect(stdout).toMatch(/\/greet +Greets \(skill, workspace\)/);
  expect(stdout).toContain("Say this: hello there");
  expect(stdout).toContain("Greet Ada warmly");
});

test("the answer of an agent comes once: with the call that waits for it, or when it ends in the background", async () => {
  const agent = (name: string, more: object) =>
    call("Agent", { name, description: "child", prompt: script({ text: `words of ${name}` }), ...more });
  const { stdout } = await chatting([script(agent("ann", {}), { text: "done" })]);
  // In what the call was given, and as its result.
  expect(stdout.split("words of ann").length - 1).toBe(2);
  expect(stdout).toMatch(/^ +agent ann finished$/m);
  expect(stdout).toMatch(/^ {4}words of ann$/m);
  const waits = script(agent("ben", { background: true }), call("AgentWait", { agents: ["ben"] }), {
    text: "ok",
  });
  expect((await chatting([waits])).stdout).toContain("agent ben finished: words of ben");
});
