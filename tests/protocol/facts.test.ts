import { expect, it } from "vitest";
import { clientFrame, serverFrame } from "../../src/protocol/frames.ts";
import { command } from "../../src/protocol/commands.ts";
import { factData, factVersions } from "../../src/protocol/facts.ts";
import { Problem, problemCodes } from "../../src/protocol/problem.ts";
import { openTestRuntime, script } from "../support/runtime.ts";

it("every fact that a session writes fits the schema of its type", async () => {
  const test = await openTestRuntime();
  try {
    const id = await test.session();
    const agent = { name: "Agent", args: { description: "d", prompt: "list files" } };
    await test.turn(
      id,
      script({ calls: [agent, { name: "Bash", args: { command: "false" } }] }, { text: "x" }),
    );
    await test.runtime.command(id, { type: "session.rename", name: "n" }, "me");
    const { session_id } = await test.runtime.fork(id, 5);
    for (const fact of [...await test.facts(id), ...await test.facts(session_id)]) {
      expect(factData[fact.type].safeParse(fact.data).error, fact.type).toBeUndefined();
      expect(fact.v).toBe(factVersions[fact.type]);
    }
  } finally {
    await test.close();
  }
});

it("facts are named noun.past_participle, in a way that other programs can rely on", () => {
  for (const type of Object.keys(factData)) expect(type).toMatch(/^[a-z]+\.[a-z_]+$/);
  for (
    const type of [
      ..."created renamed forked archived".split(" ").map((end) => `session.${end}`),
      "message.received",
      ..."called replied failed".split(" ").map((end) => `model.${end}`),
      ..."proposed approval_requested approved denied started finished failed interrupted".split(" ").map((
        end,
      ) => `call.${end}`),
      ..."started resumed stopped finished failed".split(" ").map((end) => `agent.${end}`),
    ]
  ) expect(Object.keys(factData)).toContain(type);
});

it("commands and client frames take nothing that is not named", () => {
  expect(command.safeParse({ type: "turn.cancel", extra: 1 }).success).toBe(false);
  expect(clientFrame.safeParse({ type: "command", id: "1", command: { type: "turn.cancel" } }).success).toBe(
    true,
  );
  expect(clientFrame.safeParse({ type: "command", id: "", command: { type: "turn.cancel" } }).success).toBe(
    false,
  );
  expect(serverFrame.safeParse({ type: "synced", seq: 3 }).success).toBe(true);
});

it("every problem has the form of the interface, a matching status and an exit code", () => {
  for (const [code, { status, exit }] of Object.entries(problemCodes)) {
    expect(status).toBeGreaterThanOrEqual(400);
    expect(exit).toBeGreaterThan(0);
    const problem = new Problem("not_found", "Cannot find it: there is none", { hint: "Look elsewhere" });
    expect(problem.toBody()).toEqual({
      error: { code: "not_found", message: "Cannot find it: there is none", hint: "Look elsewhere" },
    });
    expect(code).toMatch(/^[a-z_]+$/);
  }
});
