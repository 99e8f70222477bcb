// Mode and sandbox are on every client: when the sandbox is missed, it is said why and what that means.
import { afterEach, expect, test } from "vitest";
import { withoutSandbox } from "../../tools/sandbox/without.ts";
import { type AgentDesk, call, openAgentDesk, script } from "./agent_desk.ts";
import { jsonLines } from "./program.ts";

let desk: AgentDesk;
afterEach(() => desk.close());

const missing = { status: "unavailable", reason: "bwrap is not there: apt install bubblewrap" } as const;
const words = "the sandbox does not work: bwrap is not there: apt install bubblewrap";
const asks = 'so the mode "auto" asks about commands';

test("a sandbox that does not work is said by chat, attach, run, replay, sessions and status", async () => {
  desk = await openAgentDesk({ sandbox: withoutSandbox(missing) });
  const chat = await desk.jamey(["chat", "--permission-mode", "auto"], { stdin: "/session\n" });
  expect(chat.stderr).toContain(`Mode auto; ${words}; ${asks}`);
  expect(chat.stdout).toMatch(/permissions auto\nsandbox +the sandbox does not work/);
  const run = await desk.jamey([
    "run",
    "--permission-mode",
    "auto",
    script(call("Bash", { command: "ls" }), { text: "x" }),
  ]);
  expect(run.code).toBe(1);
  expect(run.stderr).toContain(words);
  expect(run.stderr).toContain("Bash denied: nobody to ask");
  const attach = desk.start(["attach", "last"]);
  await attach.until(words);
  expect((await attach.end("SIGINT")).stderr).toContain(`Mode auto; ${words}; ${asks}`);
  expect((await desk.jamey(["replay", "last", "--at", "7"])).stdout).toContain(words);
  const [listed] = jsonLines((await desk.jamey(["sessions", "--json"])).stdout);
  expect(JSON.stringify(listed)).toContain(`"sandbox":{"status":"unavailable","reason":"${missing.reason}"}`);
  const status = await desk.jamey(["status"]);
  expect(status.stdout).toContain(`sandbox     ${words}`);
  // It is one fact, however many commands ask.
  expect(JSON.parse((await desk.jamey(["status", "--json"])).stdout)).toMatchObject({ sandbox: missing });
});

test("a session that asks nobody is marked on every client", async () => {
  desk = await openAgentDesk();
  const badge = "bypassPermissions: tools in this session run without asking";
  const run = await desk.jamey(["run", "--permission-mode", "bypassPermissions", "hello"]);
  expect(run.stderr).toContain(badge);
  const chat = await desk.jamey(["chat", "-s", "last"], { stdin: "/mode\n" });
  expect(chat.stderr).toContain(badge);
  expect(chat.stderr).toContain("Mode bypassPermissions; commands run without a sandbox");
  expect((await desk.jamey(["sessions"])).stdout).toMatch(/MODE[\s\S]*bypassPermissions/);
  const quiet = await desk.jamey(["chat", "-s", "last", "--quiet"], { stdin: "/session\n" });
  expect(quiet.stderr).toContain(badge);
});
