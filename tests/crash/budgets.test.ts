// Budgets under SIGKILL: a limit holds over any number of daemons, and so does its extension.
// JAMEY_CRASH_KILLS=n kills n times (5 in CI); JAMEY_CRASH_SEED=n repeats one run.
import { afterEach, expect, it } from "vitest";
import { join } from "node:path";
import { type Fact, factData } from "../../src/protocol/facts.ts";
import type { SessionView, VerifyReport } from "../../src/protocol/http.ts";
import { createLedger } from "../../machines/ledger.ts";
import { type DaemonProcess, pause, seeded, startDaemonProcess, until } from "../support/daemon.ts";
import { answer } from "../support/model_plan.ts";
import { type ModelServer, startModelServer } from "../support/model_server.ts";

const kills = Number(Deno.env.get("JAMEY_CRASH_KILLS") ?? 5);
const seed = Number(Deno.env.get("JAMEY_CRASH_SEED") ?? 20_261_121);
const workers = 8;
const perCall = 3_000;
/** Enough for all kills to come in the middle of it. */
const tokens = 60_000 + kills * 20 * perCall;

let folder = "";
let daemon: DaemonProcess;
let model: ModelServer;
afterEach(async () => {
  await daemon.end("SIGKILL");
  await model.close();
  await Deno.remove(folder, { recursive: true });
});

const start = async () => {
  daemon = await startDaemonProcess({
    dataDir: join(folder, "data"),
    env: { OPENAI_API_KEY: "test-key-of-a-crash-test", LLM_BASE_URL: model.url, LLM_MODEL: "m" },
  });
};
const view = (id: string) => daemon.request<SessionView>("GET", `/sessions/${id}`);

async function facts(id: string): Promise<Fact[]> {
  const all: Fact[] = [];
  for (;;) {
    const after = all.at(-1)?.seq ?? 0;
    const page = await daemon.request<{ events: Fact[] }>(
      "GET",
      `/sessions/${id}/events?after=${after}&limit=1000`,
    );
    if (page.events.length === 0) return all;
    all.push(...page.events);
  }
}

const replies = async (id: string) => (await facts(id)).filter(({ type }) => type === "model.replied").length;

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
  folder = await Deno.makeTempDir({ prefix: "jamey-crash-" });
  await Deno.mkdir(join(folder, "work"));
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
  await start();
  const { session_id: id } = await daemon.request<{ session_id: string }>("POST", "/sessions", {
    workspace: join(folder, "work"),
    permission_mode: "bypassPermissions",
  });
  await daemon.request("POST", `/sessions/${id}/messages`, { message: "go" });
  for (let kill = 0; kill < kills; kill++) {
    const before = await replies(id);
    // Progress first: what is taken up three times without any is parked, as it should be.
    await until("progress", async () => await replies(id) > before + 2 || null);
    await pause(random() * 150);
    await daemon.end("SIGKILL");
    await start();
  }
  const allPaused = () =>
    until("all paused", async () => (await view(id)).state.paused.length === workers || null);
  await allPaused();
  const first = (await view(id)).state;
  expect(first.budgets).toMatchObject([{ limit: "tokens", used: tokens, reserved: 0, max: tokens }]);
  const seen = mostOf(await facts(id));
  expect(seen.most).toBeLessThanOrEqual(tokens + seen.dearest);

  await daemon.end("SIGKILL");
  await start();
  const again = (await view(id)).state;
  expect(again.budgets).toEqual(first.budgets);
  expect(again.paused).toEqual(first.paused);

  const asked = await replies(id);
  await daemon.request("POST", `/sessions/${id}/budget`, {
    decision: "continue",
    actor: again.paused[0]?.of,
  });
  await until("progress", async () => await replies(id) > asked + 2 || null);
  await daemon.end("SIGKILL");
  await start();
  await allPaused();
  expect((await view(id)).state.budgets).toMatchObject([{ used: 2 * tokens, reserved: 0, max: 2 * tokens }]);

  await daemon.request("POST", `/sessions/${id}/budget`, { decision: "stop" });
  const end = await until(
    "the end",
    async () =>
      (await facts(id)).find(({ type, actor }) => type === "turn.ended" && actor === "main") ?? null,
  );
  expect(end.data).toMatchObject({ outcome: "completed" });
  expect(model.orphans).toEqual([]);
  expect(await daemon.request<VerifyReport>("GET", `/sessions/${id}/verify`)).toMatchObject({ ok: true });
  console.log(
    `a budget of ${tokens} tokens held over ${kills + 2} kills; the largest call reserved ${seen.dearest}`,
  );
});
