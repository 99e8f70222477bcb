// The worked examples through the real command line, with the offline provider and a daemon that it starts itself.
import { afterAll, beforeAll, expect, it } from "vitest";
import { join } from "node:path";
import { until, written } from "../support/daemon.ts";
import { examplesFolder } from "../support/workflow_files.ts";
import { workflowCommand } from "../../src/cli/workflow.ts";
import { expectActions } from "./help_actions.ts";
import { type Ended, interruptedAt, jamey, type RunOptions, startJamey } from "./program.ts";

let folder = "";
let work = "";
const dataDir = () => join(folder, "data");
const run = (words: string[], options: RunOptions = {}): Promise<Ended> =>
  jamey(dataDir(), words, { cwd: work, ...options, env: { HOME: folder, ...options.env } });
const example = (name: string) => join(examplesFolder, `${name}.yaml`);

beforeAll(async () => {
  folder = await Deno.makeTempDir({ prefix: "jamey-workflows-" });
  work = join(folder, "work");
  await Deno.mkdir(work);
  for (const name of ["a.md", "b.md"]) await Deno.writeTextFile(join(work, name), `about ${name}\n`);
});
afterAll(async () => {
  await run(["stop"]);
  await Deno.remove(folder, { recursive: true });
});

/** Answers the one question of the session that is being asked, when it comes. */
async function answer(session: string, label: string): Promise<void> {
  await until("the question", async () => {
    const { stdout } = await run(["answer", session, "--json"]);
    return stdout.includes("call_id") || null;
  });
  const call = /"call_id": ?"([^"]+)"/.exec((await run(["answer", session, "--json"])).stdout)?.[1] ?? "";
  expect((await run(["answer", session, call, label])).code).toBe(0);
}

it("fan_out: what every file is about, as text and as JSON", { timeout: 60_000 }, async () => {
  const text = await run(["workflow", "run", example("fan_out")]);
  expect(text).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('summaries: ["File 0 was read.","File 1 was read."]'),
  });
  expect(text.stderr).toContain("✓ summarise.1");
  const json = await run(["workflow", "run", example("fan_out"), "--json", "--input", "pattern=a.*"]);
  expect(JSON.parse(json.stdout)).toMatchObject({
    workflow: "fan-out",
    outcome: "completed",
    outputs: { summaries: ["File 0 was read."] },
  });
  const none = await run(["workflow", "run", example("fan_out"), "--json", "--input", "pattern=*.none"]);
  expect(JSON.parse(none.stdout).outputs).toEqual({
    files: "No files found",
    report: null,
    summaries: null,
  });
});

it("review: detached, looked at, answered from another terminal, and done", { timeout: 60_000 }, async () => {
  const begun = await run([
    "workflow",
    "run",
    example("review"),
    "--detach",
    "--json",
    "--input",
    "topic=tides",
  ]);
  const { session_id: session, workflow } = JSON.parse(begun.stdout);
  expect(workflow).toBe("review");
  await answer(session, "publish");
  const status = await until("the end", async () => {
    const view = JSON.parse((await run(["workflow", "status", session, "--json"])).stdout);
    return view.state === "completed" ? view : null;
  });
  expect(status.outputs).toEqual({ text: "tides", drafts: 2, decision: "publish" });
  expect((await run(["workflow", "status", session])).stdout).toMatch(/✓ write +agent +finished, .*visit 2/);
  expect((await run(["workflow", "list"])).stdout).toContain(`${session}  review`);
  expect((await run(["workflow", "pause", session])).code).toBe(1);
});

it(
  "release: a workflow below it, a second try, and the way back when nobody agrees",
  { timeout: 90_000 },
  async () => {
    const words = ["workflow", "run", example("release"), "--allowed-tools", "Bash"];
    const begun = await run([...words, "--detach", "--json", "--input", "version=2.0.0"]);
    const { session_id: session } = JSON.parse(begun.stdout);
    await answer(session, "yes");
    const view = await until("the end", async () => {
      const found = JSON.parse((await run(["workflow", "status", session, "--json"])).stdout);
      return found.ended_at === null ? null : found;
    });
    expect(view.outputs).toEqual({
      packed: "packed 2.0.0",
      notes: "2.0.0",
      checks: { go: true },
      undone: null,
    });
    // Nobody is here: the question is answered by nobody's yes, and the release is undone.
    const alone = await run([...words, "--unattended", "--json"]);
    expect(JSON.parse(alone.stdout)).toMatchObject({ outputs: { packed: null, undone: "undone" } });
  },
);

it("bad files and bad inputs are refused with file, line and field, and no session is made", {
  timeout: 60_000,
}, async () => {
  const before = (await run(["sessions", "--json"])).stdout;
  const bad = join(work, "bad.yaml");
  await Deno.writeTextFile(bad, "name: bad\nnodes:\n  a:\n    kind: tool\n    tool: Nope\n");
  const refused = await run(["workflow", "run", bad]);
  expect(refused.code).toBe(42);
  expect(refused.stderr).toContain(`${bad}:5:11 nodes.a.tool`);
  const unknown = await run(["workflow", "run", example("review"), "--input", "topik=x"]);
  expect(unknown).toMatchObject({ code: 42, stderr: expect.stringContaining('did you mean "topic"') });
  expect((await run(["workflow", "run"])).code).toBe(2);
  expect((await run(["sessions", "--json"])).stdout).toBe(before);
});

it("Ctrl-C ends the watching, not the workflow, and says how to look and how to cancel", {
  timeout: 60_000,
}, async () => {
  const elsewhere = join(folder, "elsewhere");
  await Deno.mkdir(elsewhere);
  const words = ["workflow", "run", example("review"), "--name", "watched", "--workspace", elsewhere];
  const child = startJamey(dataDir(), words, { cwd: work, env: { HOME: folder } });
  const { code, stdout, stderr } = await interruptedAt(child, "Answer with: ");
  const [, session] = /^Workflow review runs in session (\S+)$/m.exec(stderr) ?? [];
  const which = `${session} --workflow review`;
  expect({ code, stdout, last: stderr.trim().split("\n").at(-1) }).toEqual({
    code: 130,
    stdout: "",
    last: `Workflow review goes on: look with jamey workflow status ${which}, ` +
      `cancel it with jamey workflow cancel ${which}`,
  });
  const status = await run(["workflow", "status", "watched", "--json"]);
  expect(JSON.parse(status.stdout).state).toBe("running");
  const { sessions } = JSON.parse((await run(["sessions", "--json"])).stdout);
  expect(sessions.find(({ session_id }: { session_id: string }) => session_id === session).workspace)
    .toBe(await Deno.realPath(elsewhere));
  expect((await run(["workflow", "cancel", "watched", "--workflow", "review"])).code).toBe(0);
});

it("--help has a line for each action, each option belongs to one, and modes are no matter of workflows", async () => {
  const { stderr } = await run(["workflow", "dance"]);
  const [, known = ""] = /it is one of (.+)$/m.exec(stderr) ?? [];
  expectActions(workflowCommand, known.split(", "));
  const { stdout } = await run(["workflow", "--help"]);
  expect(stdout).toMatch(/^Actions:\n( {2}.+\n)* {2}edit SESSION FILE +\S/m);
  expect(await run(["workflow", "run", example("review"), "--agent-mode", "debate"])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('unknown option "--agent-mode"'),
  });
});

it("what a node asks is asked in the name of the workflow and the node, at every place", {
  timeout: 60_000,
}, async () => {
  const file = join(work, "ship.yaml");
  const args = '{ command: "touch built", outside_sandbox: true }';
  await Deno.writeTextFile(
    file,
    `name: ship\nnodes:\n  build: { kind: tool, tool: Bash, args: ${args} }\n` +
      "  decide: { kind: question, question: Ship it?, options: [yes, no] }\n",
  );
  const { session_id: session } = JSON.parse(
    (await run(["workflow", "run", file, "--detach", "--json"])).stdout,
  );
  const { approval } = await until("both", async () => {
    const { approvals } = JSON.parse((await run(["approve", session, "--json"])).stdout);
    const asked = (await run(["answer", session, "--json"])).stdout.includes("call_id");
    return approvals.length === 1 && asked ? { approval: approvals[0] } : null;
  });
  expect(approval).toMatchObject({ actor: "workflow:ship", node: "build" });
  expect((await run(["approve", session])).stdout).toContain("Bash asks to run for ship › build (");
  expect((await run(["answer", session])).stdout).toContain("ship › decide asks (");
  const tree = await run(["tree", session]);
  expect(tree.stdout).toMatch(/◐ workflow ship +waits for approval: build › Bash/);
  expect(tree.stderr).toContain("  ship › build, Bash: jamey approve");
  expect(tree.stderr).toContain("  ship › decide, Ship it?: jamey answer");
  // From the facts, and from the view of what waited before them.
  for (const after of [[], ["--after", String(approval.seq)], ["--after", String(approval.seq - 1)]]) {
    const child = startJamey(dataDir(), ["attach", session, ...after], { cwd: work, env: { HOME: folder } });
    const shown = await attached(child, "Ship it?", "jamey answer", "jamey approve");
    expect(shown).toContain("Bash asks to run for ship › build (");
    expect(shown).toContain("ship › decide asks (");
  }
  expect((await run(["deny", session, approval.call_id])).code).toBe(0);
});

/** What was shown until all of this had come. */
async function attached(child: Deno.ChildProcess, ...texts: string[]): Promise<string> {
  let shown = "";
  for await (const part of child.stdout.pipeThrough(new TextDecoderStream())) {
    shown += part;
    if (texts.every((text) => shown.includes(text))) break;
  }
  child.kill("SIGINT");
  await Promise.all([child.status, child.stderr.cancel(), child.stdin.close()]);
  return shown;
}

it(
  "a node that a stop of the daemon cut off: whoever runs it is told how it goes on, and unattended it is left so",
  {
    timeout: 60_000,
  },
  async () => {
    const file = join(work, "cut.yaml");
    await Deno.writeTextFile(
      file,
      "name: cut\nnodes:\n  build:\n    kind: tool\n    tool: Bash\n" +
        '    args: { command: "echo began >> cut.txt; [ $(wc -l < cut.txt) -gt 1 ] || sleep 30" }\n',
    );
    const words = ["workflow", "run", file, "--unattended", "--name", "cut", "--allowed-tools", "Bash"];
    const child = startJamey(dataDir(), words, { cwd: work, env: { HOME: folder } });
    const ended = child.output();
    await until("the command", () => written(join(work, "cut.txt")));
    expect((await run(["stop"])).code).toBe(0);
    expect((await run(["new"])).code).toBe(0);
    const { code, stderr } = await ended;
    const told = new TextDecoder().decode(stderr);
    const [, command = ""] = /^ {2}Begin it again with: jamey (.+)$/m.exec(told) ?? [];
    expect(command).toMatch(/^workflow resume \S+ --workflow cut$/);
    expect(told).toContain("build.1: it was interrupted: the daemon was stopped");
    expect(told).toContain("Paused: build.1 was cut off and may have done part of its work");
    expect({ code, last: told.trim().split("\n").at(-2) }).toEqual({
      code: 1,
      last: "The workflow is paused",
    });
    const resumed = await run(command.split(" "));
    expect(resumed).toMatchObject({ code: 0, stderr: expect.stringContaining("build.1 (attempt 2)") });
    expect(await Deno.readTextFile(join(work, "cut.txt"))).toBe("began\nbegan\n");
  },
);
