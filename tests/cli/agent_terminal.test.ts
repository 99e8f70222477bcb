// What an agent asks, answered by a person at a real terminal.
import { afterEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { eventsPage } from "../../src/protocol/http.ts";
import { dataFolder } from "../support/data_folder.ts";
import { type AgentDesk, call, openAgentDesk, script } from "./agent_desk.ts";
import { openOutside } from "./outside_file.ts";
import { hasScript, openScreen } from "./screen.ts";

let desk: AgentDesk;
afterEach(() => desk.close());

const open = (args: string) =>
  openScreen(desk.dataDir, args, {
    cwd: desk.workspace,
    env: { HOME: desk.folder, XDG_CONFIG_HOME: `${desk.folder}/config` },
  });
const questions = [
  { question: "Which way?", options: [{ label: "left" }, { label: "right" }] },
  { question: "How far?" },
];

describe.skipIf(!hasScript)("at a terminal", () => {
  test("questions and a limit that come while a person is attached are answered in place", async () => {
    desk = await openAgentDesk();
    const body = { workspace: desk.workspace, permission_mode: "bypassPermissions" };
    const answer = await desk.server.call("POST", "/sessions", body);
    const { session_id: id } = z.object({ session_id: z.string() }).parse(answer.body);
    const screen = open(`attach ${id}`);
    await screen.until("session.created");
    const same = Array.from({ length: 6 }, () => call("Bash", { command: "echo same" }));
    const message = script(call("AskUserQuestion", { questions }), ...same, { text: "Enough" });
    await desk.server.call("POST", `/sessions/${id}/messages`, { message });
    await screen.until("2. How far?");
    await screen.until("one answer for each question");
    await screen.type("right\r");
    await screen.until("Answer: one answer for each question");
    await screen.type("2; not far\r");
    await screen.until("answered by user: right; not far");
    await screen.until("Paused: it repeats itself");
    await screen.until("y go on, n end the turn");
    await screen.type("y\r");
    await screen.until("goes on: user extended");
    await screen.until("completed after");
    await screen.type("\x03");
    expect(await screen.end()).toBe(130);
  });

  test("a chat asks in place, and a plan is accepted with y", async () => {
    desk = await openAgentDesk();
    const screen = open("chat --permission-mode plan");
    await screen.until("> ");
    // A terminal takes a line of at most 4,096 characters.
    await screen.type(
      `${
        script(call("AskUserQuestion", { questions }), call("ExitPlanMode", { plan: "1. Go" }), {
          text: "Gone",
        })
      }\r`,
    );
    await screen.until('parted by ";": numbers or words of your own: ');
    await screen.type("1; a mile\r");
    await screen.until("answered by user: left; a mile");
    await screen.until("Accept this plan and begin?");
    await screen.until("1. Go");
    // There is no always: each plan is one of its own.
    await screen.until("y accept the plan, n no, or n and what to change: ");
    await screen.type("a\r");
    await screen.until("Answer: y accept the plan");
    await screen.type("y\r");
    await screen.until("the mode is default now");
    await screen.until("Gone");
    await screen.until("> ");
    await screen.type("/quit\r");
    expect(await screen.end()).toBe(0);
  });

  test("Ctrl-C takes back a command of one's own that waits for approval", async () => {
    desk = await openAgentDesk();
    const screen = open("chat");
    await screen.until("> ");
    await screen.type("!touch made\r");
    await screen.until("y once, s session, a always, n no");
    await screen.type("\x03");
    await screen.until("Bash interrupted: it was cancelled before it was approved");
    await screen.until("> ");
    await screen.type("/quit\r");
    expect(await screen.end()).toBe(0);
    expect([...Deno.readDirSync(desk.workspace)]).toEqual([]);
  });

  test("Ctrl-C ends a command of one's own that runs", async () => {
    desk = await openAgentDesk();
    const screen = open("chat --permission-mode bypassPermissions");
    await screen.until("> ");
    await screen.type("!sleep 60\r");
    await untilRunning();
    await screen.type("\x03");
    await screen.until("Bash interrupted");
    await screen.until("> ");
    await screen.type("/quit\r");
    expect(await screen.end()).toBe(0);
  });

  test("Esc stops a turn and the command in it but does not leave; keys whose codes begin like it stop nothing", async () => {
    desk = await openAgentDesk();
    const screen = open("chat --permission-mode bypassPermissions");
    await screen.until("> ");
    await screen.type(`${script(call("Bash", { command: "sleep 60" }), { text: "Slept" })}\r`);
    await untilRunning();
    await screen.type("\x1b[A\x1b[B\x1b[D/help\r");
    await screen.until("Ctrl-C and Esc stop the running turn");
    await untilRunning();
    await screen.type("\x1b");
    await screen.until("Stopping the turn");
    await screen.until("Bash interrupted");
    await screen.until("the turn ended: cancelled");
    await screen.type("\x1b");
    // Sooner it would be one key with what follows.
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    await screen.type("/quit\r");
    expect(await screen.end()).toBe(0);
  });

  test("a run streams its answer, and its plan is shown whole", async () => {
    desk = await openAgentDesk();
    const plan = script(call("ExitPlanMode", { plan: "1. Dig\n2. Sow" }), { text: "Ready" });
    const screen = open(`run --permission-mode plan '${plan}'`);
    await screen.until("Ready");
    await screen.until("1. Dig\r\n2. Sow");
    expect(await screen.end()).toBe(0);
  });

  test("jamey trust asks, approves what was shown, and then shows what that brings along", async () => {
    const outside = await openOutside(dataFolder());
    await outside.write("make check");
    outside.bringMore();
    desk = await openAgentDesk({ outside });
    const screen = open("trust");
    await screen.until("make check");
    await screen.until("Approve exactly this? [y/N] ");
    await screen.type("y\r");
    await screen.until("What was approved brings 1 more along");
    await screen.until("read: reads a file");
    await screen.until("Approve exactly this? [y/N] ");
    await screen.type("\r");
    await screen.until("Nothing was approved");
    expect(await screen.end()).toBe(1);
    expect(await outside.standings(desk.workspace)).toEqual(["approved", "unknown"]);
  });
});

/** The command that was typed last has begun. */
async function untilRunning(): Promise<void> {
  for (;;) {
    const { body } = await desk.server.call("GET", "/sessions/last/events");
    if (eventsPage.parse(body).events.at(-1)?.type === "call.started") return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
