// Values so large that the log keeps them apart: what the machines are told of them is the same at every fold.
import { afterEach, expect, it } from "vitest";
import { openaiProvider } from "../../src/providers/openai.ts";
import { registryOf } from "../../src/providers/resolve_model.ts";
import { answer } from "../support/model_plan.ts";
import { type ModelServer, startModelServer } from "../support/model_server.ts";
import { openTestRuntime, script, type TestRuntime } from "../support/runtime.ts";

let test: TestRuntime;
let server: ModelServer | undefined;
afterEach(async () => {
  await test.close();
  await server?.close();
  server = undefined;
});

it("a standing answer for a very long command holds for that command, also after a restart", async () => {
  test = await openTestRuntime();
  const id = await test.session("default");
  const long = (end: string) => ({
    name: "Bash",
    args: { command: `: ${"漢".repeat(12_000)}; echo ${end}` },
  });
  await test.send(id, script({ calls: [long("one")] }, { text: "done" }));
  const asked = await test.fact(id, "call.approval_requested");
  const call_id = asked.type === "call.approval_requested" ? asked.data.call_id : "";
  await test.runtime.command(id, { type: "call.answer", call_id, decision: "allow_session" }, "me");
  await test.fact(id, "turn.ended");
  expect((await test.runtime.verify(id)).ok).toBe(true);
  await test.restart();
  const again = await test.turn(id, script({ calls: [long("one")] }, { text: "done" }));
  expect(again.tool_calls).toMatchObject([{ status: "finished" }]);
  const head = (await test.facts(id)).length;
  await test.send(id, script({ calls: [long("two")] }, { text: "done" }));
  await test.fact(id, "call.approval_requested", head);
});

it("a tool name of any length is an unknown tool, and the session goes on", async () => {
  server = startModelServer({
    reply: ({ messages }) =>
      answer(
        messages.at(-1)?.role === "tool"
          ? { text: "done" }
          : { calls: [{ name: "x".repeat(50_000), args: {} }] },
      ),
  });
  const provider = openaiProvider({ apiKey: "test-key", baseUrl: server.url, model: "m" });
  test = await openTestRuntime({ providers: registryOf([provider]) });
  const id = await test.session();
  const result = await test.turn(id, "go");
  expect(result).toMatchObject({ outcome: "completed", tool_calls: [{ status: "failed" }] });
  await test.restart({ providers: registryOf([provider]) });
  expect((await test.runtime.verify(id)).ok).toBe(true);
  expect((await test.turn(id, "go")).outcome).toBe("completed");
});
