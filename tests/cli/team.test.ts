// Teams on the command line: a file is checked, run and watched, a team is shown, written to and cancelled.
import { afterEach, beforeEach, expect, test } from "vitest";
import { join, resolve } from "node:path";
import { type AgentDesk, openAgentDesk, script } from "./agent_desk.ts";
import { teamCommand } from "../../src/cli/team.ts";
import { expectActions } from "./help_actions.ts";
import { interruptedAt } from "./program.ts";

let desk: AgentDesk;
beforeEach(async () => void (desk = await openAgentDesk()));
afterEach(() => desk.close());

const example = resolve("examples/team.yaml");

async function file(name: string, text: string): Promise<string> {
  const path = join(desk.workspace, name);
  await Deno.writeTextFile(path, text);
  return path;
}

const slowTeam = () =>
  file(
    "slow.json",
    JSON.stringify({
      name: "slow",
      goal: "take long",
      members: [
        {
          name: "ann",
          prompt: script({ calls: [{ name: "Bash", args: { command: "sleep 30" } }] }, { text: "x" }),
        },
        { name: "ben", role: "waits", prompt: "hello" },
      ],
    }),
  );

test("the example runs to its end offline: what came out is on stdout, what happened on stderr", async () => {
  const { code, stdout, stderr } = await desk.jamey(["team", "run", example]);
  expect({ code, lines: stdout.trim().split("\n") }).toEqual({
    code: 0,
    lines: [
      "scout (done): I listed the files and told the writer",
      "writer (done): A folder with files, as folders are",
      "reader (done): A stranger can follow it",
    ],
  });
  expect(stderr).toContain('scout has reached "looked"');
  expect(stderr).toContain("writer to reader: A folder with files");
  const shown = await desk.jamey(["team", "show", "last"]);
  expect(shown.stdout).toContain("team:tour completed");
  expect(shown.stdout).toContain("[x] looked (scout)");
  const tree = await desk.jamey(["tree", "last", "--json"]);
  expect(JSON.parse(tree.stdout).tree[0]).toMatchObject({ path: "main", description: "mail from reader" });
});

test("a bad file is refused before anything runs, with file, line and field of all that is wrong", async () => {
  const bad = await file(
    "bad.yaml",
    [
      "name: bad name",
      "goal: g",
      "wait: hybrid",
      "members:",
      "  - name: ann",
      "    prompt: p",
      "  - name: ann",
      "    promt: p",
      "restart: { max: many, backoff_ms: 1 }",
    ].join("\n"),
  );
  const { code, stderr } = await desk.jamey(["team", "check", bad]);
  expect(code).toBe(42);
  expect(stderr).toContain("bad.yaml:1:7 name: ");
  expect(stderr).toMatch(/bad\.yaml:8:5 members\[1\]\.promt: is not known here, did you mean "prompt"\?/);
  expect(stderr).toMatch(/bad\.yaml:\d+:\d+ members\[1\]\.prompt: is missing/);
  expect(stderr).toMatch(/bad\.yaml:9:17 restart\.max: /);
  expect((await desk.jamey(["team", "run", bad])).code).toBe(42);
  const broken = await file("broken.yaml", "name: [x\n");
  expect((await desk.jamey(["team", "check", broken])).stderr).toContain("broken.yaml:");
  const twice = await file(
    "twice.yaml",
    "name: t\ngoal: g\nmembers:\n  - {name: a, prompt: p}\n  - {name: a, prompt: p}\n",
  );
  expect((await desk.jamey(["team", "check", twice])).stderr).toContain(
    'twice.yaml:5:12 members[1].name: "a" is taken already',
  );
  expect((await desk.jamey(["team", "check", join(desk.workspace, "none.yaml")])).code).toBe(42);
  expect((await desk.jamey(["team", "dance"])).code).toBe(2);
  expect(JSON.parse((await desk.jamey(["sessions", "--json"])).stdout).sessions).toEqual([]);
});

test("a folder and an endless file are no team file and no mode file, two lines are no name, and a second team says its own", async () => {
  for (const path of [desk.workspace, "/dev/zero"]) {
    for (const words of [["team", "check", path], ["new", "--mode-file", path]]) {
      expect(await desk.jamey(words)).toEqual({
        code: 42,
        stdout: "",
        stderr: `error: Cannot read "${path}": it is no plain file\n`,
      });
    }
  }
  const words = ["team", "run", await slowTeam(), "--detach"];
  const twoLines = await desk.jamey([...words, "--name", "a\nb"]);
  expect(twoLines).toMatchObject({
    code: 2,
    stderr: 'error: Cannot run "jamey team run": "--name" is "a\\nb", but a name must be one line ' +
      "without control characters\n",
  });
  const first = await desk.jamey(words);
  const second = await desk.jamey([...words, "-s", first.stdout.trim()]);
  expect(second.stderr).toContain("Team slow-2 works in session");
});

test("a team is begun and left alone, shown, written to by a person, and cancelled", async () => {
  const begun = await desk.jamey([
    "team",
    "run",
    await slowTeam(),
    "--detach",
    "--permission-mode",
    "bypassPermissions",
    "--json",
  ]);
  const { session_id, team } = JSON.parse(begun.stdout);
  expect(team).toBe("team:slow");
  const shown = async () =>
    JSON.parse((await desk.jamey(["team", "show", session_id, "--json"])).stdout).teams[0];
  expect(await shown()).toMatchObject({
    state: "running",
    members: [{ name: "ann", state: "working" }, { name: "ben", role: "waits" }],
  });
  const sent = await desk.jamey(["team", "send", session_id, "ben", "are", "you", "there?"]);
  expect(sent).toMatchObject({ code: 0 });
  expect((await desk.jamey(["team", "send", session_id, "nobody", "x"])).stderr).toContain(
    "nobody of that name",
  );
  expect((await desk.jamey(["team", "cancel", session_id])).code).toBe(0);
  for (let state = "running"; state === "running";) state = (await shown()).state;
  expect(await shown()).toMatchObject({
    state: "stopped",
    members: [{ state: "stopped" }, { state: "stopped" }],
  });
  expect((await desk.jamey(["team", "cancel", session_id])).stderr).toContain("no team works");
});

test("Ctrl-C ends the watching, not the team, and says how to look and how to cancel", async () => {
  const words = ["team", "run", await slowTeam(), "--name", "long", "--permission-mode", "bypassPermissions"];
  const { code, stdout, stderr } = await interruptedAt(desk.spawn(words), "ann begins");
  const [, session] = /^Team slow works in session (\S+)$/m.exec(stderr) ?? [];
  expect({ code, stdout, last: stderr.trim().split("\n").at(-1) }).toEqual({
    code: 130,
    stdout: "",
    last: `Team slow goes on: look with jamey team show ${session}, ` +
      `cancel it with jamey team cancel ${session} team:slow`,
  });
  const { teams } = JSON.parse((await desk.jamey(["team", "show", "long", "--json"])).stdout);
  expect(teams).toMatchObject([{ path: "team:slow", state: "running" }]);
  expect((await desk.jamey(["team", "cancel", "long", "team:slow"])).code).toBe(0);
});

test("--help has a line for each action, and each option belongs to one", async () => {
  const { stderr } = await desk.jamey(["team", "dance"]);
  const [, known = ""] = /the action is one of (.+)$/m.exec(stderr) ?? [];
  expectActions(teamCommand, known.split(", "));
  const { stdout } = await desk.jamey(["team", "--help"]);
  expect(stdout).toMatch(/^Actions:\n( {2}.+\n)* {2}send SESSION NAME TEXT\.\.\. +\S/m);
});
