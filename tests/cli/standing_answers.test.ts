// Answers that reach further than one call, given on the command line, over a real store of rules.
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openStoreDesk, type StoreDesk } from "../permission/store_desk.ts";
import { until } from "../support/daemon.ts";
import { type AgentDesk, call, openAgentDesk, script } from "./agent_desk.ts";
import { hasScript, openScreen } from "./screen.ts";

let store: StoreDesk;
let desk: AgentDesk;
beforeEach(async () => {
  store = await openStoreDesk();
  desk = await openAgentDesk({ rules: await store.open() });
});
afterEach(async () => {
  await desk.close();
  await store.close();
});

/** A session whose call of Bash waits for an answer. */
async function asking(command: string): Promise<{ id: string; callId: string }> {
  const { stdout } = await desk.jamey(["new", "--permission-mode", "default"]);
  const id = stdout.trim();
  const message = script(call("Bash", { command }), { text: "done" });
  await desk.server.call("POST", `/sessions/${id}/messages`, { message });
  const approval = await until("the question", async () => (await desk.view(id)).state.approvals[0] ?? null);
  return { id, callId: approval.call_id };
}
const rules = async () => {
  const { body } = await desk.server.call(
    "GET",
    `/permissions?workspace=${encodeURIComponent(desk.workspace)}`,
  );
  return JSON.stringify(Object(body)["rules"]);
};

test("what waits says why it is asked and which rule always would add; --always adds it, and says so", async () => {
  const { id, callId } = await asking("touch made");
  const listed = await desk.jamey(["approve", id]);
  expect(listed.stdout).toContain("    touch made\n");
  expect(listed.stdout).toContain('asked because "Bash" asks unless something allows it');
  expect(listed.stdout).toContain('"always" adds the rule Bash(touch made) for this folder');
  const { code, stderr } = await desk.jamey(["approve", id, callId, "--always"]);
  expect(code).toBe(0);
  expect(stderr).toContain("Added for this folder: allow Bash(touch made)");
  expect(await rules()).toContain('"text":"Bash(touch made)"');
});

test("deny --always adds a rule that refuses; --session adds none", async () => {
  const first = await asking("touch one");
  expect((await desk.jamey(["deny", first.id, first.callId, "--session"])).code).toBe(0);
  expect(await rules()).toBe("[]");
  const second = await asking("touch two");
  const { stderr } = await desk.jamey(["deny", second.id, second.callId, "--always"]);
  expect(stderr).toContain("Added for this folder: deny Bash(touch two)");
  expect(await rules()).toContain('"action":"deny","text":"Bash(touch two)"');
});

test("an answer that would not hold is refused with what to do instead, as are both options at once and no call", async () => {
  const { id, callId } = await asking("ls *");
  const always = await desk.jamey(["approve", id, callId, "--always"]);
  expect(always).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("no rule says exactly this call"),
  });
  expect(always.stderr).toContain("Answer it without --always");
  const both = await desk.jamey(["approve", id, callId, "--always", "--session"]);
  expect(both).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("give --session or --always, not both"),
  });
  for (
    const words of [["approve", id, "--always"], ["deny", id, "--session"], ["deny", id, "--reason", "no"]]
  ) {
    expect(await desk.jamey(words)).toMatchObject({
      code: 2,
      stdout: "",
      stderr: expect.stringContaining("the call to answer is missing"),
    });
  }
  expect((await desk.jamey(["approve", id, callId, "--session"])).code).toBe(0);
});

test("a chat takes s for the session and a for always, offers only what holds, and replay says who answered", async () => {
  const talk = desk.start(["chat", "--permission-mode", "default"]);
  await talk.type(
    script(call("Bash", { command: "ls *" }), call("Bash", { command: "touch kept" }), { text: "done" }),
  );
  await talk.until("ls *");
  await talk.type("a");
  await talk.type("s");
  await talk.until('"always" adds the rule Bash(touch kept)');
  await talk.type("a");
  const { stderr } = await talk.end();
  expect(stderr).toContain("Answer: y once, s session, n no");
  expect(await rules()).toContain('"text":"Bash(touch kept)"');
  const { stdout } = await desk.jamey(["replay", "last", "--speed", "1000"]);
  expect(stdout).toMatch(/by user \(allow_session\) \[jamey chat\/[\d.]+ \(process \d+ on \S+\)\]/);
  expect(stdout).toMatch(/by user \(allow_always, added the rule Bash\(touch kept\)\) \[jamey chat\//);
});

describe.skipIf(!hasScript)("at a terminal", () => {
  test("Shift+Tab goes through the modes, and each is said", async () => {
    const screen = openScreen(desk.dataDir, "chat --permission-mode default", {
      cwd: desk.workspace,
      env: { HOME: desk.folder, XDG_CONFIG_HOME: `${desk.folder}/config` },
    });
    await screen.until("> ");
    for (const mode of ["acceptEdits", "auto", "plan", "default"]) {
      await screen.type("\x1b[Z");
      await screen.until(`the mode is ${mode} now`);
      await screen.until("> ");
    }
    await screen.type("/quit\r");
    expect(await screen.end()).toBe(0);
  });
});
