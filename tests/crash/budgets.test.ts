// Budgets under SIGKILL: a limit holds over any number of daemons, and so does its extension.
import { afterEach, expect, it } from "vitest";
import { type Fact, factData } from "../../src/protocol/facts.ts";
import { createLedger } from "../../machines/ledger.ts";
import { type CrashDaemon, kills, openCrashDaemon, seedOr } from "../support/crash_daemon.ts";
import { pause, seeded, until } from "../support/daemon.ts";
import { answer } from "../support/model_plan.ts";
import { type ModelServer, startModelServer } from "../support/model_server.ts";

const seed = seedOr(20_261_121);
const workers = 8;
const perCall = 3_000;
/** Time for as many calls as a budget allows. */
const pauseMsMax = 60_000;
/** Enough for all kills to come in the middle of it. */
const tokens = 60_000 + kills * 20 * perCall;

let daemon: CrashDaemon;
let model: ModelServer;
afterEach(async () => {
  await daemon.close();
  await model.close();
});

/** Waits until models have answered so often after what is in the log now. */
async function untilReplies(id: string, count: number): Promise<void> {
  const { seq } = await daemon.view(id);
  await until(`${count} answers`, async () => {
    const later = await daemon.events(id, seq);
    return later.filter(({ type }) => type === "model.replied").length >= count || null;
  });
}

/** What every model call was held back for, at every moment of the log. */
function mostOf(all: readonly Fact[]): { most: number; dearest: number } {
  const ledger = createLedger();
  let [most, dearest] = [0, 0];
  for (const fact of all) {
    ledger.apply(fact);
    if (fact.type === "model.called") {
      dearest = Math.max(dearest, factData["model.called"].parse(fact.data).reserved?.tokens ?? 0);
    }
    for (const { used, reserved } of ledger.rows(0)) most = Math.max(most, used + reserved);
  }
  return { most, dearest };
}

it(`a budget of ${workers} agents holds over ${kills} SIGKILLs, and its extension does (seed ${seed})`, {
  timeout: 60_000 + kills * 20_000,
}, async () => {
  const random = seeded(seed);
  const agent = (name: string, prompt: string, more: Record<string, unknown> = {}) => ({
    name: "Agent",
    args: { description: name, name, prompt, ...more },
  });
  model = startModelServer({
    reply: ({ messages }) => {
      const first = String(messages.find(({ role }) => role === "user")?.content ?? "");
      const round = messages.filter(({ role }) => role === "assistant").length;
      const usage = { prompt_tokens: perCall - 100, completion_tokens: 100 };
      if (first === "go" && round === 0) {
        return answer({ calls: [agent("boss", "lead", { budget: { tokens } })], usage });
      }
      if (first === "lead" && round === 0) {
        return answer({
          calls: Array.from({ length: workers }, (_, n) => agent(`w${n}`, `work ${n}`)),
          usage,
        });
      }
      if (!first.startsWith("work")) return answer({ text: "done", usage });
      return answer({ calls: [{ name: "Bash", args: { command: `sleep 0.02; echo ${round}` } }], usage });
    },
  });
  daemon = await openCrashDaemon({
    OPENAI_API_KEY: "test-key-of-a-crash-test",
    LLM_BASE_URL: model.url,
    LLM_MODEL: "m",
  });
  const id = await daemon.session();
  await daemon.post(id, "/messages", { message: "go" });
  for (let kill = 0; kill < kills; kill++) {
    // Progress first: what is taken up three times without any is parked, as it should be.
    await untilReplies(id, 3);
    await pause(random() * 150);
    await daemon.killAndStart();
  }
  const allPaused = () =>
    until(
      "all paused",
      async () => (await daemon.view(id)).state.paused.length === workers || null,
      pauseMsMax,
    );
  await allPaused();
  const first = (await daemon.view(id)).state;
  expect(first.budgets).toMatchObject([{ limit: "tokens", used: tokens, reserved: 0, max: tokens }]);
  const seen = mostOf(await daemon.events<Fact>(id));
  expect(seen.most).toBeLessThanOrEqual(tokens + seen.dearest);

  await daemon.killAndStart();
  const again = (await daemon.view(id)).state;
  expect(again.budgets).toEqual(first.budgets);
  expect(again.paused).toEqual(first.paused);

  await daemon.post(id, "/budget", {
    decision: "continue",
    actor: again.paused[0]?.of,
  });
  await untilReplies(id, 3);
  await daemon.killAndStart();
  await allPaused();
  expect((await daemon.view(id)).state.budgets).toMatchObject([{
    used: 2 * tokens,
    reserved: 0,
    max: 2 * tokens,
  }]);

  await daemon.post(id, "/budget", { decision: "stop" });
  const end = await daemon.turnEnd(id);
  expect(end.data).toMatchObject({ outcome: "completed" });
  expect(model.orphans).toEqual([]);
  await daemon.expectProven(id);
  console.log(
    `a budget of ${tokens} tokens held over ${kills + 2} kills; the largest call reserved ${seen.dearest}`,
  );
});
