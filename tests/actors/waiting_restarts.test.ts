// What waits for a person outlasts any number of restarts: waiting is no crash.
import { afterEach, expect, it } from "vitest";
import { openTestRuntime, script, type Step, type TestRuntime } from "../support/runtime.ts";

let test: TestRuntime;
afterEach(() => test.close());

const restarts = 6;
const inSubAgent = (...steps: Step[]) =>
  script({ calls: [{ name: "Agent", args: { description: "sub", prompt: script(...steps) } }] }, {
    text: "ok",
  });
const question = { name: "AskUserQuestion", args: { questions: [{ question: "Which one?" }] } };
const bash = { name: "Bash", args: { command: "echo ran >> ledger" } };

async function restartOften(): Promise<void> {
  for (let n = 0; n < restarts; n++) await test.restart();
}

for (const [where, of] of [["the agent", script], ["a sub-agent", inSubAgent]] as const) {
  it(`a question of ${where} still waits after ${restarts} restarts, and its answer goes on`, async () => {
    test = await openTestRuntime();
    const id = await test.session("default");
    await test.send(id, of({ calls: [question] }, { text: "thank you" }));
    await test.fact(id, "question.asked");
    await restartOften();
    const [pending] = (await test.runtime.view(id)).state.questions;
    const answers = [{ selected: [], text: "This one" }];
    const call_id = pending?.call_id ?? "";
    await test.runtime.command(id, { type: "question.answer", call_id, answers }, "me");
    const ended = await test.fact(id, "turn.ended");
    expect(ended.data).toMatchObject({ outcome: "completed" });
  });

  it(`an approval for ${where} still waits after ${restarts} restarts, and the call runs once`, async () => {
    test = await openTestRuntime();
    const id = await test.session("default");
    await test.send(id, of({ calls: [bash] }, { text: "done" }));
    await test.fact(id, "call.approval_requested");
    await restartOften();
    const [pending] = await test.runtime.approvals(id);
    const call_id = pending?.call_id ?? "";
    await test.runtime.command(id, { type: "call.answer", call_id, decision: "allow_once" }, "me");
    expect((await test.fact(id, "turn.ended")).data).toMatchObject({ outcome: "completed" });
    expect(await Deno.readTextFile(`${test.workspace}/ledger`)).toBe("ran\n");
  });

  it(`a limit that ${where} met still waits after ${restarts} restarts`, async () => {
    test = await openTestRuntime({ limits: { repeat: 2 } });
    const id = await test.session();
    const same = { calls: [{ name: "Bash", args: { command: "echo same" } }] };
    await test.send(id, of(same, same, same, { text: "done" }));
    await test.fact(id, "budget.exceeded");
    await restartOften();
    expect((await test.runtime.view(id)).state.paused).toHaveLength(1);
    await test.runtime.command(id, { type: "budget.answer", decision: "continue" }, "me");
    expect((await test.fact(id, "turn.ended")).data).toMatchObject({ outcome: "completed" });
  });
}
