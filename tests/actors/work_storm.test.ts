// A storm over everything a session can wait for or do beside its turns: questions, limits, background commands, hooks of
// every mind, modes, compactions in a small window, sub-agents, archives, forks and restarts. All ends in rest, whole.
import { afterEach, expect, it } from "vitest";
import { fromPlainSession, sessionDigest, toPlainSession } from "../../machines/plain_session.ts";
import { stepSession } from "../../machines/session.ts";
import { emptySession, isResting, type SessionState } from "../../machines/session_state.ts";
import { createTranscript, type Transcript } from "../../machines/transcript.ts";
import type { Hooks } from "../../src/hooks/contract.ts";
import type { Command } from "../../src/protocol/commands.ts";
import type { Message } from "../../src/protocol/conversation.ts";
import { type Fact, isCallFact } from "../../src/protocol/facts.ts";
import { openaiProvider } from "../../src/providers/openai.ts";
import { registryOf } from "../../src/providers/resolve_model.ts";
import { checkWholeConversation } from "../../src/providers/whole_conversation.ts";
import { pause, seeded, until } from "../support/daemon.ts";
import { answer, type PlannedCall, refuse } from "../support/model_plan.ts";
import { type ModelServer, startModelServer, type WireRequest } from "../support/model_server.ts";
import { openTestRuntime, type TestRuntime } from "../support/runtime.ts";

const steps = 200;
const forksMax = 3;
const seeds = [1, 2, 3];

let test: TestRuntime;
let server: ModelServer;
afterEach(async () => {
  await test.close();
  await server.close();
});

type Random = () => number;
const pick = <T>(random: Random, items: readonly T[]): T | undefined =>
  items[Math.floor(random() * items.length)];

/** A model that does as it likes until it is told to be calm. */
function wildModel(random: Random): { server: ModelServer; calm(): void } {
  let isCalm = false;
  let n = 0;
  const calls = (): PlannedCall[] => [
    { name: "Read", args: { file_path: "a" } },
    {
      name: "Bash",
      args: { command: `echo ${n++}; head -c ${Math.floor(random() * 4_000)} /dev/zero | tr '\\0' x` },
    },
    { name: "Bash", args: { command: "echo same" } },
    { name: "Bash", args: { command: `sleep ${random() * 0.05}` } },
    { name: "Bash", args: { command: `sleep ${random() * 0.2}; echo back`, run_in_background: true } },
    { name: "AskUserQuestion", args: { questions: [{ question: "Which one?" }] } },
    { name: "Agent", args: { description: "sub", prompt: `sub task ${n++}` } },
    { name: "Write", args: { file_path: `w${n % 3}`, content: `${n++}` } },
    { name: "EnterPlanMode", args: {} },
    { name: "ExitPlanMode", args: { plan: "the plan" } },
    { name: "TodoWrite", args: { todos: [{ content: "something", status: "pending" }] } },
    { name: "Nothing", args: {} },
  ];
  const made = startModelServer({
    reply: async (request: WireRequest) => {
      if (request.messages[0]?.content?.startsWith("You summarise")) {
        await pause(Math.floor(random() * 30));
        return !isCalm && random() < 0.3 ? refuse(400, "no summary") : answer({ text: "A summary" });
      }
      await pause(Math.floor(random() * 10));
      if (isCalm || random() < 0.3) return answer({ text: `said ${n++}` });
      const count = 1 + Math.floor(random() * 3);
      return answer({
        calls: Array.from({ length: count }, () => pick(random, calls()) ?? { name: "x", args: {} }),
      });
    },
  });
  return { server: made, calm: () => isCalm = true };
}

function moodyHooks(random: Random): Hooks {
  const objects = ["PreToolUse", "UserPromptSubmit", "PreCompact", "Stop", "PostToolUse"];
  return {
    listens: () => true,
    run: async (event) => {
      await pause(Math.floor(random() * 4));
      const dice = random();
      const outcome = dice < 0.1 && objects.includes(event)
        ? "blocked"
        : dice < 0.2 && event === "PreToolUse"
        ? "asked"
        : "passed";
      const context = dice > 0.7 ? { context: `words of ${event}` } : {};
      return [{ event, name: "moody", outcome, duration_ms: 1, reason: "a mood", ...context }];
    },
  };
}

/** Refusals are answers too. */
async function ask(id: string, command: Command): Promise<void> {
  await test.runtime.command(id, command, "storm").catch((thrown) => {
    expect(thrown).toMatchObject({ code: expect.stringMatching(/^(conflict|not_found|forbidden)$/) });
  });
}

async function attend(id: string, decide: () => "allow_once" | "reject_once"): Promise<void> {
  const { state } = await test.runtime.view(id);
  for (const { call_id } of state.approvals) {
    await ask(id, { type: "call.answer", call_id, decision: decide() });
  }
  for (const { call_id } of state.questions) {
    await ask(id, { type: "question.answer", call_id, answers: [{ selected: [], text: "this" }] });
  }
  const decision = decide() === "allow_once" ? "continue" : "stop";
  if (state.paused.length > 0) await ask(id, { type: "budget.answer", decision });
}

async function isAtRest(id: string): Promise<boolean> {
  const { state } = await test.runtime.view(id);
  const busy = /^(thinking|acting|waiting_for_approval|cancelling|paused)$/.test(state.summary.status);
  return !busy && Object.keys(state.effects).length + Object.keys(state.calls).length === 0;
}

function expectWhole(facts: readonly Fact[]): void {
  const transcript = createTranscript();
  const results = new Map<string, number>();
  let state = emptySession;
  let said = 0;
  for (const fact of facts) {
    if (fact.type === "model.called") {
      const request = transcript.forRequest(fact.actor);
      checkWholeConversation(request);
      expect([fact.seq, request[0]?.role, request.at(-1)?.role]).not.toContain("assistant");
      expect([fact.seq, request[0]?.role]).toEqual([fact.seq, "user"]);
    }
    transcript.apply(fact);
    const step = stepSession(state, fact);
    if (step.ignored) throw new Error(step.why);
    state = restored(step.state);
    expect(sessionDigest(state)).toBe(sessionDigest(step.state));
    if (fact.type === "message.received") said += 1;
    expectAgreement(state, transcript, said);
    if (fact.type === "call.proposed") results.set(fact.data.call_id, 0);
    else if (/^call\.(finished|failed|denied|interrupted)$/.test(fact.type) && isCallFact(fact)) {
      results.set(fact.data.call_id, (results.get(fact.data.call_id) ?? 0) + 1);
    }
  }
  expect([...results].filter(([, count]) => count !== 1)).toEqual([]);
  expect(transcript.messages("main").filter(isSaid)).toHaveLength(said);
}

const isSaid = (message: Message) => message.role === "user" && message.message_id !== undefined;

/** As a snapshot gives it back. */
function restored(state: SessionState): SessionState {
  return fromPlainSession(JSON.parse(JSON.stringify(toPlainSession(state))));
}

/** What the machine holds to be waiting for a later call or turn is in no request yet, and nothing else is left out. */
function expectAgreement(state: SessionState, transcript: Transcript, said: number): void {
  const main = state.agents.main;
  if (main === undefined || isResting(main)) return;
  const { steering, queued } = main.context;
  const unheard = said - transcript.messages("main").filter(isSaid).length;
  if (unheard > steering + queued || unheard < queued) {
    throw new Error(`${state.seq}: ${unheard} messages wait, ${steering} to steer and ${queued} for later`);
  }
}

const modes = ["default", "plan", "bypassPermissions"] as const;

async function storm(random: Random, ids: string[]): Promise<void> {
  for (let step = 0; step < steps; step++) {
    const id = pick(random, ids) ?? "";
    const dice = random();
    const delivery = random() < 0.5 ? "steer" : "queue";
    if (dice < 0.22) await ask(id, { type: "message.send", message: `message ${step}`, delivery });
    else if (dice < 0.25) await ask(id, { type: "turn.cancel" });
    else if (dice < 0.56) {
      for (const one of ids) await attend(one, () => random() < 0.8 ? "allow_once" : "reject_once");
    } else if (dice < 0.6) await ask(id, { type: "session.compact" });
    else if (dice < 0.66) {
      await ask(id, { type: "session.set_mode", permission_mode: pick(random, modes) ?? "default" });
    } else if (dice < 0.7) {
      await ask(id, { type: "tool.run", tool_call: { name: "Bash", args: { command: "true" } } });
    } else if (dice < 0.74) {
      const { state } = await test.runtime.view(id);
      for (const { background_id } of state.background) {
        await ask(id, { type: "background.end", background_id });
      }
    } else if (dice < 0.78 && ids.length <= forksMax) ids.push((await test.runtime.fork(id)).session_id);
    else if (dice < 0.81) await test.restart(options());
    else if (dice < 0.85) {
      const archived = await test.runtime.archive(id).then(() => true, () => false);
      if (archived) await test.runtime.restore(id);
    } else await pause(Math.floor(random() * 60));
  }
}

let options: () => Parameters<typeof openTestRuntime>[0] & object;

it.each(seeds)("anything in any order ends in rest, with whole conversations (seed %i)", async (seed) => {
  const random = seeded(seed);
  const model = wildModel(random);
  server = model.server;
  const models = { m: { window: 10_000, outputMax: 500 } };
  options = () => ({
    providers: registryOf([
      openaiProvider({ apiKey: "test-key", baseUrl: server.url, model: "m", models, retries: 0 }),
    ]),
    hooks: moodyHooks(random),
    prompt: async () => {
      await pause(Math.floor(random() * 40));
      return "You are a test";
    },
    limits: { steps: 6, repeat: 3 },
  });
  test = await openTestRuntime(options());
  const ids = [await test.session(seed % 2 === 0 ? "default" : "bypassPermissions")];
  await storm(random, ids);
  model.calm();
  const kinds = new Set<string>();
  for (const id of ids) {
    await until(`the rest of a session`, async () => {
      await attend(id, () => "allow_once");
      return await isAtRest(id) || null;
    });
    const facts = await test.facts(id);
    for (const { type } of facts) kinds.add(type);
    expectWhole(facts);
  }
  expect(server.orphans).toEqual([]);
  expect(test.reports).toEqual([]);
  console.log(
    `storm ${seed}: ${ids.length} sessions, ${kinds.size} kinds of facts, ${server.requests.length} requests`,
  );
}, 60_000);
