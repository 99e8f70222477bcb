// The model server is what other tests rely on, so it is tested itself: orphans, and scenarios in a process of their own.
import { fileURLToPath } from "node:url";
import { afterEach, expect, test } from "vitest";
import { z } from "zod";
import type { Message } from "../../src/protocol/conversation.ts";
import { openaiProvider } from "../../src/providers/openai.ts";
import { answer } from "../support/model_plan.ts";
import { findOrphans, startModelServer, type WireMessage } from "../support/model_server.ts";
import { ask, resulted, runModel } from "./contract.ts";

const call = (...ids: string[]): WireMessage => ({
  role: "assistant",
  tool_calls: ids.map((id) => ({ id, function: { name: "Bash", arguments: "{}" } })),
});
const result = (tool_call_id: string): WireMessage => ({ role: "tool", tool_call_id, content: "ok" });
const user: WireMessage = { role: "user", content: "hi" };

test.each([
  ["a call and its result", [user, call("a"), result("a")], 0],
  ["two calls, results in any order", [user, call("a", "b"), result("b"), result("a"), user], 0],
  ["the same id in another round", [user, call("a"), result("a"), call("a"), result("a")], 0],
  ["a call without a result", [user, call("a", "b"), result("a")], 1],
  ["a late result", [user, call("a"), user, result("a")], 2],
  ["a result without a call", [user, result("a")], 1],
  ["two results", [user, call("a"), result("a"), result("a")], 1],
  ["two calls with one id", [user, call("a", "a"), result("a")], 1],
])("orphans are found: %s", (_, messages, count) => {
  expect(findOrphans(messages)).toHaveLength(count);
});

test("a conversation with an orphan is refused and kept on record", async () => {
  const server = startModelServer({ reply: () => answer({ text: "hi" }) });
  const messages = [user, call("a")];
  const response = await fetch(`${server.url}/chat/completions`, {
    method: "POST",
    body: JSON.stringify({ model: "m", messages }),
  });
  expect([response.status, (await response.json()).error.message]).toEqual([
    400,
    'request 0: call "a" has no result before message 2',
  ]);
  expect(server.orphans).toHaveLength(1);
  await server.close();
});

const children: Deno.ChildProcess[] = [];
afterEach(async () => {
  for (const child of children.splice(0)) {
    child.kill("SIGKILL");
    await child.stdout.cancel();
    await child.status;
  }
});

async function startScenario(scenario: unknown): Promise<string> {
  const main = fileURLToPath(new URL("../support/model_server_main.ts", import.meta.url));
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", main, JSON.stringify(scenario)],
    stdin: "null",
    stdout: "piped",
  }).spawn();
  children.push(child);
  const reader = child.stdout.getReader();
  const { value } = await reader.read();
  reader.releaseLock();
  return z.object({ url: z.string() }).parse(JSON.parse(new TextDecoder().decode(value))).url;
}

test("a scenario in its own process answers by the conversation alone, also after it was killed", async () => {
  const scenario = { rounds: 2, calls_per_round: 2, args: { command: "echo {round}.{call}" } };
  const messages: Message[] = [{ role: "user", text: "go" }];
  const commands: unknown[] = [];
  let text = "";
  for (let round = 0; round < 4; round++) {
    const baseUrl = await startScenario(scenario);
    const { end } = await runModel(openaiProvider({ apiKey: "none", baseUrl, model: "m" }), ask(messages));
    if (end.type !== "done") throw new Error(end.error.message);
    text = end.text;
    if (end.calls.length === 0) break;
    const calls = end.calls.map((one, index) => ({ ...one, call_id: `c${round}.${index}` }));
    commands.push(...calls.map((one) => one.args));
    messages.push({ role: "assistant", text, calls }, ...calls.map((one) => resulted(one.call_id)));
  }
  expect(text).toBe("All 2 rounds are done.");
  expect(commands).toEqual(["1.1", "1.2", "2.1", "2.2"].map((n) => ({ command: `echo ${n}` })));
});
