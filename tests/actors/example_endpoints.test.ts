// The worked examples with a model behind an endpoint, which plays no script: it answers in the form that it is asked for.
import { afterEach, expect, it } from "vitest";
import type { JsonObject } from "../../src/protocol/json.ts";
import { openaiProvider } from "../../src/providers/openai.ts";
import { registryOf } from "../../src/providers/resolve_model.ts";
import { until } from "../support/daemon.ts";
import { answer } from "../support/model_plan.ts";
import { type ModelServer, startModelServer } from "../support/model_server.ts";
import { openTestRuntime, type TestRuntime } from "../support/runtime.ts";
import { exampleDefinition } from "../support/workflow_files.ts";

let test: TestRuntime;
let server: ModelServer;
afterEach(async () => {
  await test.close();
  await server.close();
});

const examples: { name: string; inputs: JsonObject; outputs: JsonObject }[] = [
  { name: "review", inputs: {}, outputs: { text: "plain words", drafts: 1, decision: "publish" } },
  { name: "fan_out", inputs: { pattern: "*.txt" }, outputs: { summaries: ["plain words", "plain words"] } },
  {
    name: "release",
    inputs: { version: "1.2.3", folder: "out" },
    outputs: { packed: "packed 1.2.3", notes: "plain words" },
  },
];

it.each(examples)("the example $name comes to its end with a model that plays no script", async (one) => {
  server = startModelServer({
    reply: ({ messages }) => {
      const asked = JSON.stringify(messages.findLast(({ role }) => role === "user")?.content);
      const isForm = asked.includes("must be JSON and nothing else");
      return answer({ text: isForm ? '{"approved": true, "notes": "good"}' : "plain words" });
    },
  });
  const provider = openaiProvider({ apiKey: "test-key", baseUrl: server.url, model: "m" });
  test = await openTestRuntime({ providers: registryOf([provider]) });
  for (const name of ["a.txt", "b.txt"]) await Deno.writeTextFile(`${test.workspace}/${name}`, "words");
  const id = await test.session();
  const definition = await exampleDefinition(one.name);
  const { workflow = "" } = await test.runtime.command(
    id,
    { type: "workflow.start", definition, inputs: one.inputs },
    "me",
  );
  const end = await until("the end", async () => {
    await answerFirst(id);
    const facts = await test.facts(id);
    return facts.find(({ type, actor }) =>
      type === "workflow.finished" && actor === `workflow:${workflow}`
    ) ?? null;
  });
  expect(end.data).toMatchObject({ outcome: "completed", outputs: one.outputs });
});

/** A person who takes the first of what is offered. */
async function answerFirst(id: string): Promise<void> {
  const [open] = (await test.runtime.view(id)).state.questions;
  if (open === undefined) return;
  const answers = open.questions.map(({ options }) => ({
    selected: options.slice(0, 1).map(({ label }) => label),
  }));
  await test.runtime.command(id, { type: "question.answer", call_id: open.call_id, answers }, "me");
}
