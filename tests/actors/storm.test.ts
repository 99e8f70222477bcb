// A storm of commands in a random order, with forks and restarts in between: every session comes to rest, whole.
import { afterEach, expect, it } from "vitest";
import { createTranscript } from "../../machines/transcript.ts";
import type { Command } from "../../src/protocol/commands.ts";
import { type Fact, isCallFact } from "../../src/protocol/facts.ts";
import { checkWholeConversation } from "../../src/providers/whole_conversation.ts";
import { pause, seeded, until } from "../support/daemon.ts";
import { openTestRuntime, script, type TestRuntime } from "../support/runtime.ts";

const steps = 60;
const forksMax = 3;

let test: TestRuntime;
afterEach(() => test.close());

const bash = (command: string) => ({ name: "Bash", args: { command } });
const read = { name: "Read", args: { file_path: "a" } };
const inner = script({ calls: [read, bash("sleep 0.02")] }, { text: "inner" });
const agent = { name: "Agent", args: { description: "sub", prompt: inner } };
const prompts = [
  "help",
  script({ calls: [read, bash("sleep 0.03"), read] }, { text: "done" }),
  script({ calls: [agent, bash("true")] }, { calls: [read] }, { text: "done" }),
  script({ text: "slowly said", delay_ms: 20 }),
  script({ calls: [agent, agent] }, { text: "done" }),
];

const send = (message: string, delivery: "steer" | "queue"): Command => ({
  type: "message.send",
  message,
  delivery,
});

/** Refusals are answers too: a cancel finds no turn, an approval was answered before. */
async function ask(id: string, command: Command): Promise<void> {
  await test.runtime.command(id, command, "storm").catch((thrown) => {
    expect(thrown).toMatchObject({ code: expect.stringMatching(/^(conflict|not_found)$/) });
  });
}

async function answerAll(id: string, decision: "allow_once" | "reject_once"): Promise<void> {
  for (const { call_id } of await test.runtime.approvals(id)) {
    await ask(id, { type: "call.answer", call_id, decision });
  }
}

async function isAtRest(id: string): Promise<boolean> {
  const { state } = await test.runtime.view(id);
  const busy = /^(thinking|acting|waiting_for_approval|cancelling)$/.test(state.summary.status);
  return !busy && Object.keys(state.effects).length + Object.keys(state.calls).length === 0;
}

function expectWhole(facts: readonly Fact[]): void {
  const transcript = createTranscript();
  const results = new Map<string, number>();
  for (const fact of facts) {
    if (fact.type === "model.called") checkWholeConversation(transcript.forRequest(fact.actor));
    transcript.apply(fact);
    if (fact.type === "call.proposed") {
      expect(results.has(fact.data.call_id)).toBe(false);
      results.set(fact.data.call_id, 0);
    } else if (/^call\.(finished|failed|denied|interrupted)$/.test(fact.type) && isCallFact(fact)) {
      results.set(fact.data.call_id, (results.get(fact.data.call_id) ?? 0) + 1);
    }
  }
  expect([...results].filter(([, count]) => count !== 1)).toEqual([]);
  // Nothing that was said waits any more.
  expect(transcript.forRequest("main")).toEqual(transcript.messages("main"));
  const said = facts.filter((fact) => fact.type === "message.received").length;
  expect(transcript.messages("main").filter((message) => message.role === "user")).toHaveLength(said);
}

for (const seed of [1, 2, 3, 4]) {
  it(`any order of commands, forks and restarts ends in rest, with whole conversations (seed ${seed})`, async () => {
    test = await openTestRuntime();
    const random = seeded(seed);
    const pick = <T>(items: readonly T[]): T | undefined => items[Math.floor(random() * items.length)];
    const ids = [await test.session(seed % 2 === 0 ? "default" : "bypassPermissions")];
    for (let step = 0; step < steps; step++) {
      const id = pick(ids) ?? "";
      const dice = random();
      if (dice < 0.4) await ask(id, send(pick(prompts) ?? "help", random() < 0.6 ? "steer" : "queue"));
      else if (dice < 0.55) await ask(id, { type: "turn.cancel" });
      else if (dice < 0.7) await answerAll(id, random() < 0.7 ? "allow_once" : "reject_once");
      else if (dice < 0.78) await ask(id, { type: "tool.run", tool_call: bash("sleep 0.01") });
      else if (dice < 0.84 && ids.length <= forksMax) ids.push((await test.runtime.fork(id)).session_id);
      else if (dice < 0.88) await test.restart();
      else await pause(Math.floor(random() * 40));
    }
    for (const id of ids) {
      await until(`the rest of a session`, async () => {
        await answerAll(id, "allow_once");
        return await isAtRest(id) || null;
      });
      expectWhole(await test.facts(id));
      expect((await test.turn(id, "help")).outcome).toBe("completed");
    }
  });
}
