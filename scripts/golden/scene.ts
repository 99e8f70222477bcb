// What the golden scenes share: a model that fails where a scene says so, and ways to wait and to answer.
import type { Command } from "../../src/protocol/commands.ts";
import type { Fact, FactOf, FactType } from "../../src/protocol/facts.ts";
import type { Hooks } from "../../src/hooks/contract.ts";
import { registryOf } from "../../src/providers/resolve_model.ts";
import type { Provider } from "../../src/providers/contract.ts";
import { scriptedProvider } from "../../src/providers/scripted.ts";
import { until } from "../../tests/support/daemon.ts";
import type { TestRuntime } from "../../tests/support/runtime.ts";

/** Plays one session to its end and gives its id. */
export type Scene = (test: TestRuntime) => Promise<string>;

/** The offline provider, but an agent that a message says of "[NAME fails N]" cannot reach it the first N times. */
function failingProvider(): Provider {
  const scripted = scriptedProvider();
  return {
    ...scripted,
    stream: (request, options) => {
      const [, name] = /^You are called "([^"\n]+)"/m.exec(request.system) ?? [];
      const asked = request.messages.flatMap((message) => message.role === "user" ? [message.text] : []);
      const [, times = "0"] = new RegExp(`\\[${name} fails (\\d+)\\]`).exec(asked[0] ?? "") ?? [];
      return asked.length > Number(times) ? scripted.stream(request, options) : unreachable();
    },
  };
}

/** One hook that listens to the writing of todos. */
const hooks: Hooks = {
  listens: (event, _workspace, tool) => event === "PostToolUse" && tool === "TodoWrite",
  run: () => Promise.resolve([{ event: "PostToolUse", name: "golden", outcome: "passed", duration_ms: 1 }]),
};

/** What every runtime of the golden scenes is opened with. */
export const goldenParts = {
  hooks,
  providers: registryOf([failingProvider()]),
  agentLimits: { restart: { max: 1, backoff_ms: 20 } },
};

async function* unreachable(): ReturnType<Provider["stream"]> {
  yield await Promise.resolve({
    type: "failed",
    error: { code: "unavailable", message: "The endpoint cannot be reached" },
    text: "",
  });
}

export const tell = (test: TestRuntime, id: string, command: Command) =>
  test.runtime.command(id, command, "golden");

/** Waits for the nth fact of a type, from 1. */
export async function nth<T extends FactType>(
  test: TestRuntime,
  id: string,
  { type, count = 1 }: { type: T; count?: number },
): Promise<FactOf<T>> {
  const isMeant = (fact: Fact): fact is FactOf<T> => fact.type === type;
  return await until(
    `fact ${count} of type "${type}"`,
    async () => (await test.facts(id)).filter(isMeant)[count - 1] ?? null,
  );
}

/** Allows whatever asks next, once. */
export async function allowNext(test: TestRuntime, id: string): Promise<void> {
  const { call_id, digest } = await until(
    "an approval that waits",
    async () => (await test.runtime.approvals(id))[0] ?? null,
  );
  await tell(test, id, { type: "call.answer", call_id, decision: "allow_once", digest });
}
