// The command line at a terminal: a real pseudo-terminal, made by the system's `script` program.
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { eventsPage } from "../../src/protocol/http.ts";
import { type Desk, openDesk } from "./program.ts";
import { hasScript, openScreen, type Screen } from "./screen.ts";

let desk: Desk;
beforeEach(async () => void (desk = await openDesk()));
afterEach(() => desk.close());

const open = (args: string): Screen => openScreen(desk.dataDir, args);

describe.skipIf(!hasScript)("at a terminal", () => {
  test("a chat streams, asks in place, stops a turn by Ctrl-C and leaves by the second one", async () => {
    const screen = open("chat");
    await screen.until("> ");
    await screen.type("hello there\r");
    await screen.until("You said: hello there");
    await screen.until("> ");
    await screen.type("call Guarded touch it\r");
    await screen.until("y once, s session, a always, n no");
    await screen.type("y\r");
    await screen.until("You said: done");
    await screen.until("> ");
    await screen.type("hang\r");
    await screen.until("hang");
    await untilModelCalled();
    await screen.type("\x03");
    await screen.until("the turn ended: cancelled");
    await screen.type("\x03");
    expect([0, 130]).toContain(await screen.end());
  });

  test("a prompt stays the last line: after a wrong answer, and below what others say meanwhile", async () => {
    const screen = open("chat");
    await screen.until("> ");
    await screen.type("call Guarded touch it\r");
    await screen.until("y once, s session, a always, n no, or n and a reason: ");
    await screen.type("perhaps\r");
    await screen.until("Answer: y once");
    await screen.until("\n");
    await screen.until("  y once, s session, a always, n no, or n and a reason: ");
    await screen.type("n not");
    await screen.until("n not");
    await desk.server.call("POST", "/sessions/last/messages", { message: "from elsewhere" });
    await screen.until("> from elsewhere\r\n");
    // What was typed so far is there again.
    await screen.until("  y once, s session, a always, n no, or n and a reason: n not");
    await screen.type(" now\r");
    await screen.until("denied: not now");
    await screen.until("> ");
    await screen.type("/quit\r");
    expect(await screen.end()).toBe(0);
  });

  test("who chats or is attached is told that the daemon is gone, and that it is back", async () => {
    const screens = [open("chat"), open(`attach ${await desk.server.session()}`)];
    await Promise.all([screens[0]?.until("> "), screens[1]?.until("session.created")]);
    await desk.reopen();
    for (const screen of screens) {
      await screen.until("The daemon is gone");
      await screen.until("The daemon is back");
      await screen.type("\x03");
      await screen.end();
    }
  });

  test("a question that comes while a person is attached is answered in place", async () => {
    const id = await desk.server.session();
    const screen = open(`attach ${id}`);
    await screen.until("session.created");
    await desk.server.call("POST", `/sessions/${id}/messages`, { message: "call Guarded touch it" });
    await screen.until("Answer: y once");
    await screen.type("perhaps\r");
    await screen.until("Answer: y once");
    await screen.type("n not now\r");
    await screen.until("by user: not now");
    await screen.type("\x03");
    expect(await screen.end()).toBe(130);
  });

  test("a walk goes on, back and to a number, and shows state and changes", async () => {
    await desk.jamey(["run", "hello"]);
    const screen = open("replay last --step");
    await screen.until("session.created");
    await screen.type("\r");
    await screen.until("message.received");
    await screen.type("4\r");
    await screen.until("model.replied");
    await screen.type("d\r");
    await screen.until("+ conversation[1]");
    await screen.type("p\r");
    await screen.until("model.called");
    await screen.type("r\r");
    await screen.until('"model": "echo"');
    await screen.type("s\r");
    await screen.until("Conversation (1 message)");
    await screen.type("q\r");
    expect(await screen.end()).toBe(0);
  });
});

/** What was typed last has reached the model. */
async function untilModelCalled(): Promise<void> {
  for (;;) {
    const { body } = await desk.server.call("GET", "/sessions/last/events");
    if (eventsPage.parse(body).events.at(-1)?.type === "model.called") return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
