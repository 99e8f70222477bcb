import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Where } from "../../actors/host.ts";
import { openStoreDesk, type StoreDesk } from "../permission/store_desk.ts";
import { openTestRuntime, type TestRuntime } from "../support/runtime.ts";

let desk: StoreDesk;
let held: TestRuntime;
beforeEach(async () => {
  desk = await openStoreDesk();
  held = await openTestRuntime({ rules: await desk.open(), permissionMode: "acceptEdits" });
});
afterEach(async () => {
  await held.close();
  await desk.close();
});

const explain = (where: Where, command: string) => held.runtime.explain(where, { command });

test("a folder has the mode of new sessions, a session its own, its own rules and its standing answers", async () => {
  const session = await held.session("plan");
  await held.runtime.command(
    session,
    { type: "session.set_rules", allow: [], deny: ["WebFetch"] },
    "tester",
  );
  await held.runtime.addRule({ action: "ask", rule: "Bash(make)", workspace: held.workspace });
  expect(await held.runtime.permissions({ workspace: held.workspace })).toMatchObject({
    workspace: held.workspace,
    permission_mode: "acceptEdits",
    rules: [{ action: "ask", text: "Bash(make)", layer: "user", workspace: held.workspace }],
  });
  expect(await held.runtime.permissions({ session })).toMatchObject({
    session_id: session,
    permission_mode: "plan",
    rules: [{ action: "ask", text: "Bash(make)" }, { action: "deny", text: "WebFetch", layer: "session" }],
    granted: [],
    refused: [],
  });
});

test("an explanation writes nothing into the session and agrees with what becomes of the call", async () => {
  const session = await held.session("default");
  await held.runtime.addRule({ action: "deny", rule: "Bash(touch:*)", workspace: null });
  const before = await held.facts(session);
  const said = await explain({ session }, "touch a");
  expect(said).toMatchObject({ decision: "deny", tool: "Bash", permission_mode: "default" });
  expect(await held.facts(session)).toEqual(before);
  const turn = await held.turn(
    session,
    `script: ${
      JSON.stringify([{ calls: [{ name: "Bash", args: { command: "touch a" } }] }, { text: "done" }])
    }`,
  );
  expect(turn.tool_calls[0]).toMatchObject({
    status: "denied",
    output: expect.stringContaining(said.because),
  });
});

test("a folder reached by a link is the same folder", async () => {
  const link = join(desk.home, "link");
  await Deno.symlink(held.workspace, link);
  await held.runtime.addRule({ action: "deny", rule: "Bash(make)", workspace: link });
  expect((await explain({ workspace: held.workspace }, "make")).decision).toBe("deny");
  expect((await held.runtime.permissions({ workspace: link })).workspace).toBe(held.workspace);
  await held.runtime.removeRule({ action: "deny", rule: "Bash(make)", workspace: held.workspace });
  expect((await explain({ workspace: link }, "make")).decision).toBe("ask");
});

test("what makes no sense is the caller's mistake", async () => {
  const { runtime, workspace } = held;
  const bad = [
    runtime.permissions({}),
    runtime.permissions({ workspace: "relative" }),
    runtime.permissions({ workspace: join(workspace, "gone") }),
    runtime.explain({ workspace }, {}),
    runtime.explain({ workspace }, { command: "ls", tool: "Bash" }),
    runtime.explain({ workspace }, { command: "ls", args: {} }),
    runtime.explain({ workspace }, { tool: "Write", args: { file_path: 3 } }),
    runtime.addRule({ action: "deny", rule: "Bash(", workspace: null }),
    runtime.addRule({ action: "deny", rule: "Bash", workspace: "relative" }),
  ];
  for (const work of bad) await expect(work).rejects.toMatchObject({ name: "Problem", code: "bad_request" });
  await expect(runtime.explain({ workspace }, { tool: "Nothing" })).rejects.toMatchObject({
    code: "not_found",
  });
  const rule = { action: "deny", rule: "Bash", workspace: null } as const;
  await expect(runtime.removeRule(rule)).rejects.toMatchObject({ code: "not_found" });
});
