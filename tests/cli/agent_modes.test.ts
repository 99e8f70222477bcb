// Sessions with a mode at the command line: how they are made, what is shown of them, and what is refused.
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { approve, partsMessage, revise } from "../support/mode_session.ts";
import { testToken } from "../support/server.ts";
import { type AgentDesk, openAgentDesk } from "./agent_desk.ts";
import { hasScript, openScreen } from "./screen.ts";

let desk: AgentDesk;
beforeEach(async () => void (desk = await openAgentDesk()));
afterEach(() => desk.close());

const reviewed = partsMessage("Name a colour.", {
  author: [[{ text: "red" }], [{ text: "dark red" }]],
  x: [revise("too bright"), approve("good")],
});
const file = `agent_mode: review
rounds_max: 3
members:
  - name: author
  - name: x
    role: who looks at it
`;

async function modeFile(text: string): Promise<string> {
  const path = join(desk.workspace, "mode.yaml");
  await Deno.writeTextFile(path, text);
  return path;
}

it("run prints what the agents of a mode found together", async () => {
  const { code, stdout } = await desk.jamey(["run", "--mode-file", await modeFile(file), reviewed]);
  expect({ code, stdout }).toEqual({ code: 0, stdout: "dark red\n" });
});

it("run ends with 53 when a review is not approved, and still prints the work", async () => {
  const path = await modeFile(file.replace("rounds_max: 3", "rounds_max: 1"));
  const { code, stdout, stderr } = await desk.jamey(["run", "--mode-file", path, reviewed]);
  expect({ code, stdout }).toEqual({ code: 53, stdout: "red\n" });
  expect(stderr).toContain("after 1 round not all approve: x");
});

it("a mode works with its own members, without a key", async () => {
  for (const mode of ["sequential", "parallel", "debate", "review"]) {
    const { code, stderr } = await desk.jamey(["run", "--agent-mode", mode, "hello"]);
    expect({ mode, code, stderr: code === 0 ? "" : stderr }).toEqual({ mode, code: 0, stderr: "" });
  }
});

it("a mode file for another mode than --agent-mode says is refused, with both named", async () => {
  const path = await modeFile(file);
  for (const command of ["run", "new"]) {
    const words = [command, "--agent-mode", "debate", "--mode-file", path];
    const { code, stderr } = await desk.jamey([...words, ...command === "run" ? ["hello"] : []]);
    expect({ command, code }).toEqual({ command, code: 42 });
    expect(stderr).toContain(`${path}:1:13 agent_mode: is "review", but --agent-mode is "debate"`);
  }
  expect((await desk.jamey(["new", "--agent-mode", "review", "--mode-file", path])).code).toBe(0);
});

it.skipIf(!hasScript)("run at a terminal shows the answer of a mode", async () => {
  const path = await modeFile(file);
  const prompt = join(desk.workspace, "prompt");
  await Deno.writeTextFile(prompt, reviewed);
  const screen = openScreen(desk.dataDir, `run --mode-file ${path} "$(cat ${prompt})"`, {
    cwd: desk.workspace,
  });
  await screen.until("the mode ended, completed");
  await screen.until("\ndark red");
  expect(await screen.end()).toBe(0);
});

it("replay tells who said what", async () => {
  await desk.jamey(["new", "--name", "colours", "--mode-file", await modeFile(file)]);
  await desk.jamey(["run", "-r", "colours", reviewed]);
  const { stdout } = await desk.jamey(["replay", "colours"]);
  const summary = stdout.slice(stdout.indexOf("Who said what"));
  expect(summary.split("\n").map((line) => line.trim()).filter((line) => line !== "")).toEqual([
    "Who said what (review):",
    "author, round 1: answer — red",
    "x, round 1: review, revise — too bright VERDICT: REVISE",
    "round 1 ended: not all approve: x",
    "author, round 2: revision — dark red",
    "x, round 2: review, approve — good VERDICT: APPROVE",
    "round 2 ended: all approve",
    "ended, completed: approved by all after 2 rounds",
  ]);
});

it("chat shows who is speaking, in which round, and then the answer", async () => {
  const talk = desk.start(["chat", "--mode-file", await modeFile(file)]);
  await talk.type(reviewed.replaceAll("\n", " "));
  const shown = await talk.until("approved by all after 2 rounds");
  for (const line of ["author, round 1: answer", "x, round 1: review, revise", "author, round 2: revision"]) {
    expect(shown).toContain(line);
  }
  await talk.until("dark red");
  await talk.end();
});

it.each([
  [
    "rounds_max: 3\nmembers: [{name: a}]\n",
    ["parallel"],
    'mode.yaml:1:13 rounds_max: "parallel" has no rounds',
  ],
  [
    "members:\n  - name: a\n    part: judge\n",
    ["review"],
    'mode.yaml:3:11 members[0].part: "review" has no judge',
  ],
  [
    "members:\n  - name: a\n  - name: a\n",
    ["sequential"],
    'mode.yaml:3:11 members[1].name: "a" is taken already',
  ],
  ["members:\n  - name: a\n", ["debate"], '"debate" needs at least 2 "member", and there are 1'],
  [
    "members:\n  - nam: a\n",
    ["debate"],
    'mode.yaml:2:10 members[0].nam: is not known here, did you mean "name"?',
  ],
  ["members: [\n", ["debate"], "is not valid YAML"],
  ["members:\n  - name: a\n", [], 'names no "agent_mode": give it with --agent-mode'],
  ["rounds_max: 2\n", ["single"], '"single" has no members'],
])("a mode file that does not fit is refused with file, line and field: %j", async (text, mode, why) => {
  const flags = mode.flatMap((one) => ["--agent-mode", one]);
  const { code, stderr } = await desk.jamey(["new", "--mode-file", await modeFile(text), ...flags]);
  expect(code).not.toBe(0);
  expect(stderr).toContain(why);
});

it("what is wrong with settings over HTTP is named by its field, and no session is made", async () => {
  const body = { agent_mode: "review", mode_settings: { members: [{ name: "x" }] } };
  const response = await fetch(`${desk.server.url}/sessions`, {
    method: "POST",
    headers: { Authorization: `Bearer ${testToken}`, "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  expect(response.status).toBe(400);
  expect(await response.text()).toContain(
    '\\"mode_settings.members\\": \\"review\\" needs exactly 1 \\"author\\", and there are 0',
  );
});
