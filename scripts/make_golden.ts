// Records the golden sessions of a release: `deno run -A scripts/make_golden.ts FOLDER`, with an empty FOLDER.
// Run once at a release, never again for the same one: golden logs are what old versions really wrote.
import { join } from "node:path";
import { version } from "../src/platform/version.ts";
import type { JsonObject } from "../src/protocol/json.ts";
import { openTestRuntime, script, type Step } from "../tests/support/runtime.ts";
import { until } from "../tests/support/daemon.ts";
import { withoutSandbox } from "../tools/sandbox/without.ts";
import { crewScenes } from "./golden/crew.ts";
import { graphScenes } from "./golden/graph.ts";
import { goldenParts, type Scene } from "./golden/scene.ts";

const bash = (command: string) => ({ name: "Bash", args: { command } });

/** One session each: together they hold every fact type that this version writes. */
const scenes: Record<string, Scene> = {
  tools: async (test) => {
    const id = await test.session();
    const write = { name: "Write", args: { file_path: "a.txt", content: "x".repeat(40_000) } };
    await test.turn(
      id,
      script({ text: "I look", calls: [{ name: "Glob", args: { pattern: "*" } }, bash("echo one")] }, {
        calls: [write],
      }, { text: "Done" }),
    );
    await test.turn(id, script({ calls: [bash("exit 3"), { name: "Nope", args: {} }] }, { text: "Failed" }));
    await test.runtime.command(id, { type: "session.rename", name: "golden tools" }, "golden");
    return id;
  },
  approvals: async (test) => {
    const id = await test.session("default");
    await test.send(id, script({ calls: [bash("true"), bash("false")] }, { text: "Done" }));
    await until("two questions", async () => (await test.runtime.approvals(id)).length === 2 || null);
    await test.restart(goldenParts);
    await test.runtime.command(
      id,
      { type: "call.answer", call_id: "c2-1", decision: "allow_session" },
      "golden",
    );
    await test.runtime.command(id, {
      type: "call.answer",
      call_id: "c2-2",
      decision: "reject_once",
      reason: "no",
    }, "golden");
    await test.fact(id, "turn.ended");
    return id;
  },
  agents: async (test) => {
    const id = await test.session();
    const inner = script({ calls: [bash("echo inner")] }, { text: "Inner done" });
    await test.turn(
      id,
      script({ calls: [{ name: "Agent", args: { description: "sub", prompt: inner } }] }, { text: "Done" }),
    );
    await test.send(
      id,
      script({
        calls: [{
          name: "Agent",
          args: { description: "sub", prompt: script({ calls: [bash("sleep 60")] }) },
        }],
      }, { text: "never" }),
    );
    await until(
      "the inner command",
      async () => (await test.facts(id)).filter((fact) => fact.type === "call.started").length === 4 || null,
    );
    await test.runtime.command(id, { type: "turn.cancel" }, "golden");
    await until(
      "the end",
      async () => (await test.runtime.view(id)).state.summary.status === "interrupted" || null,
    );
    return id;
  },
  fork: async (test) => {
    const id = await test.session();
    await test.turn(id, script({ calls: [bash("echo before")] }, { text: "Done" }));
    const { session_id } = await test.runtime.fork(id, 6, "golden fork");
    await test.turn(session_id, "help");
    await test.runtime.archive(session_id);
    await test.runtime.restore(session_id);
    return session_id;
  },
  work: async (test) => {
    const id = await test.session();
    const call = (name: string, args: JsonObject) => ({ name, args });
    const todos = [{ content: "first", status: "completed" }, { content: "second", status: "in_progress" }];
    const turns: Step[][] = [
      [{ calls: [call("TodoWrite", { todos }), call("TaskCreate", { subject: "a", description: "b" })] }],
      [{ calls: [call("TaskUpdate", { task_id: "t2-2", status: "in_progress" })] }],
      [{ calls: [call("Write", { file_path: "work.txt", content: "one" })] }],
      [{ calls: [call("Bash", { command: "true", run_in_background: true })] }],
      [{ calls: [call("Compact", { instructions: "keep it short" })] }],
      [{ calls: [call("EnterPlanMode", {})] }],
    ];
    for (const steps of turns) await test.turn(id, script(...steps, { text: "Done" }));
    await test.runtime.command(
      id,
      { type: "session.set_mode", permission_mode: "bypassPermissions" },
      "golden",
    );
    await test.runtime.command(id, { type: "session.set_model", model: "another" }, "golden");
    await test.turn(id, script({ calls: [call("EnterWorktree", { name: "golden" })] }, { text: "Done" }));
    await test.send(
      id,
      script({ calls: [call("Hook", { event: "PreToolUse", command: "true" })] }, { text: "Done" }),
    );
    const wanted = await test.fact(id, "call.approval_requested");
    const hookCall = wanted.type === "call.approval_requested" ? wanted.data.call_id : "";
    await test.runtime.command(
      id,
      { type: "call.answer", call_id: hookCall, decision: "allow_once" },
      "golden",
    );
    await test.fact(id, "turn.ended", wanted.seq);
    const question = { question: "Which?", options: [{ label: "this" }, { label: "that" }] };
    await test.send(
      id,
      script({ calls: [call("AskUserQuestion", { questions: [question] })] }, { text: "Done" }),
    );
    const asked = await test.fact(id, "question.asked");
    const call_id = asked.type === "question.asked" ? asked.data.call_id : "";
    const answers = [{ selected: ["that"] }];
    await test.runtime.command(id, { type: "question.answer", call_id, answers }, "golden");
    await test.fact(id, "turn.ended", asked.seq);
    return id;
  },
  limits: async (test) => {
    const id = await test.session();
    await test.send(
      id,
      script(...Array.from({ length: 8 }, () => ({ calls: [bash("echo same")] })), { text: "Done" }),
    );
    const met = await test.fact(id, "budget.exceeded");
    await test.runtime.command(id, { type: "budget.answer", decision: "continue" }, "golden");
    await test.fact(id, "turn.ended", met.seq);
    return id;
  },
  waiting: async (test) => {
    const id = await test.session("default");
    await test.send(id, script({ calls: [bash("true")] }, { text: "never" }));
    await test.fact(id, "call.approval_requested");
    return id;
  },
  ...crewScenes,
  ...graphScenes,
  // The last scene: it leaves the runtime without a sandbox, and says so.
  rules: async (test) => {
    await test.restart({ ...goldenParts, sandbox: withoutSandbox({ status: "off", reason: "golden" }) });
    const id = await test.session("dontAsk");
    const rules = { allow: ["Bash(echo:*)"], ask: ["Edit"], deny: ["Bash(rm:*)"] };
    await test.runtime.command(id, { type: "session.set_rules", ...rules }, "golden");
    await test.turn(id, script({ calls: [bash("echo one"), bash("rm one")] }, { text: "Done" }));
    return id;
  },
};

async function gitRepository(folder: string): Promise<void> {
  const as = ["-c", "user.name=golden", "-c", "user.email=golden@localhost"];
  for (const args of [["init", "-q"], [...as, "commit", "-q", "--allow-empty", "-m", "first"]]) {
    const { success } = await new Deno.Command("git", { args, cwd: folder }).output();
    if (!success) throw new Error(`git ${args.join(" ")} failed`);
  }
}

async function main(folder: string): Promise<void> {
  const test = await openTestRuntime({ folder, ...goldenParts });
  await gitRepository(test.workspace);
  const target = new URL(`../tests/fixtures/golden/${version}/`, import.meta.url).pathname;
  const expected: Record<string, unknown> = {};
  const ids: Record<string, string> = {};
  for (const [name, scene] of Object.entries(scenes)) {
    const begin = performance.now();
    ids[name] = await scene(test);
    console.error(`${name}: ${Math.round(performance.now() - begin)} ms`);
  }
  for (const [name, id] of Object.entries(ids)) {
    const { seq, state } = await test.runtime.view(id);
    expected[name] = {
      id,
      seq,
      digest: state.digest,
      status: state.summary.status,
      types: await test.types(id),
    };
  }
  await test.close();
  for (const [name, id] of Object.entries(ids)) {
    await copySession(join(test.dataDir, "sessions", id), join(target, name));
  }
  await Deno.writeTextFile(join(target, "expected.json"), `${JSON.stringify(expected, null, 2)}\n`);
}

/** The log and its blobs; all else of a session is made anew from them. */
async function copySession(from: string, to: string): Promise<void> {
  await Deno.mkdir(to, { recursive: true });
  for (const { name, isFile } of Deno.readDirSync(from)) {
    if (isFile) await Deno.copyFile(join(from, name), join(to, name));
    else if (name === "blobs") await copySession(join(from, name), join(to, name));
  }
}

if (import.meta.main) await main(Deno.args[0] ?? "");
