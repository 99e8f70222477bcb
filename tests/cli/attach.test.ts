// `jamey attach` and `jamey chat`: a session seen live, and talked to.
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Desk, jsonLines, openDesk, startJamey } from "./program.ts";

let desk: Desk;
beforeEach(async () => void (desk = await openDesk()));
afterEach(() => desk.close());

interface Attached {
  /** Resolves when the output so far holds this. */
  until(text: string): Promise<string>;
  end(signal: "SIGINT" | "SIGTERM"): Promise<{ code: number; output: string }>;
}

function attach(args: string[]): Attached {
  const child = startJamey(desk.dataDir, args);
  let output = "";
  const watchers = new Set<() => void>();
  const reading = (async () => {
    for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
      output += text;
      for (const watcher of [...watchers]) watcher();
    }
  })();
  return {
    until: (text) =>
      new Promise((resolve) => {
        const watcher = () => {
          if (!output.includes(text)) return;
          watchers.delete(watcher);
          resolve(output);
        };
        watchers.add(watcher);
        watcher();
      }),
    async end(signal) {
      child.kill(signal);
      await child.stdin.close().catch(() => {});
      const { code } = await child.status;
      await Promise.all([reading, child.stderr.cancel()]);
      return { code, output };
    },
  };
}

const send = (id: string, message: string) =>
  desk.server.call("POST", `/sessions/${id}/messages`, { message });

describe("attach", () => {
  test("history comes first, then what happens, and the text of an answer is shown once", async () => {
    const id = await desk.server.session();
    await send(id, "before");
    const attached = attach(["attach", id]);
    await attached.until("You said: before");
    await send(id, "afterwards");
    await attached.until("You said: afterwards");
    const { code, output } = await attached.end("SIGINT");
    expect(code).toBe(130);
    expect(output.match(/You said: before/g)?.length).toBe(1);
    expect(output.match(/You said: afterwards/g)?.length).toBe(1);
    expect(output).toMatch(/1 \d\d:\d\d:\d\d main session\.created/);
  });

  test("--json gives each event as a line, without gaps, from the given point on", async () => {
    const id = await desk.server.session();
    await send(id, "one");
    const attached = attach(["attach", id, "--json", "--after", "2"]);
    await attached.until("turn.ended");
    await send(id, "two");
    await attached.until('"two"');
    await attached.until("You said: two");
    const { code, output } = await attached.end("SIGTERM");
    expect(code).toBe(143);
    const seqs = jsonLines(output.slice(0, output.lastIndexOf("\n"))).map(({ seq }) => seq);
    expect(seqs).toEqual(seqs.map((_, i) => i + 3));
  });

  test("nothing in a session can command the terminal it is shown on", async () => {
    const id = await desk.server.session();
    await send(id, "\x1b]0;owned\x07\x1b[2J\u202Egpj.exe");
    await send(id, "call Guarded \x1b[1A\x1b[2Krm\rls");
    const attached = attach(["attach", id]);
    const output = await attached.until("asks to run");
    // deno-lint-ignore no-control-regex
    expect(output).not.toMatch(/[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]/);
    expect(output).toContain("\\x1b[1A\\x1b[2Krm\\x0dls");
    await attached.end("SIGINT");
  });

  test("a session that runs without asking says so", async () => {
    const { stdout } = await desk.jamey(["new", "--permission-mode", "bypassPermissions"]);
    const child = startJamey(desk.dataDir, ["attach", stdout.trim()]);
    for await (const text of child.stderr.pipeThrough(new TextDecoderStream())) {
      expect(text).toContain("bypassPermissions");
      break;
    }
    child.kill("SIGINT");
    await Promise.all([child.status, child.stdout.cancel(), child.stdin.close()]);
  });

  test("a follower survives a restart of the daemon's door on another port", async () => {
    const id = await desk.server.session();
    await send(id, "before");
    const attached = attach(["attach", id, "--json"]);
    await attached.until("You said: before");
    await desk.reopen();
    await send(id, "after");
    const output = await attached.until("You said: after");
    const seqs = jsonLines(output.slice(0, output.lastIndexOf("\n"))).map(({ seq }) => seq);
    expect(seqs).toEqual(seqs.map((_, i) => i + 1));
    await attached.end("SIGINT");
  });
});

describe("chat through a pipe", () => {
  test("each line is a message, answered before the next is read; the end of the input waits for the last answer", async () => {
    const { code, stdout } = await desk.jamey(["chat"], { stdin: "first\nsecond\n" });
    expect(code).toBe(0);
    expect(stdout).toBe("You said: first\nYou said: second\n");
  });

  test("a question is answered by the next line", async () => {
    const { stdout } = await desk.jamey(["chat"], { stdin: "call Guarded touch file\ny\n" });
    expect(stdout).toContain("Guarded asks to run");
    expect(stdout).toContain('"always" adds the rule Guarded for this folder');
    expect(stdout).toContain("touch file\nYou said: done");
  });

  test("a no with a reason tells the agent the reason", async () => {
    const { stdout } = await desk.jamey(["chat"], { stdin: "call Guarded touch file\nn ask me later\n" });
    expect(stdout).toContain("Guarded denied: ask me later");
  });

  test("a question at the end of the input is denied, so that nothing waits for ever", async () => {
    const { code, stdout } = await desk.jamey(["chat"], { stdin: "call Guarded touch file\n" });
    expect(code).toBe(0);
    expect(stdout).toContain("nobody to ask");
  });

  test("commands work with / and with ::, and quit leaves the rest unread", async () => {
    const { stdout } = await desk.jamey(["chat"], {
      stdin: "::help\nhello\n/session\n::tools\n/replay\n::quit\nnever\n",
    });
    expect(stdout).toContain("/attach SESSION");
    expect(stdout).toMatch(/session {5}mem\d+/);
    expect(stdout).toContain("Gives back its text");
    expect(stdout).toContain("Turn 1");
    expect(stdout).not.toContain("never");
  });

  test("-s goes on with a session and shows what was said", async () => {
    const id = await desk.server.session("talk");
    await send(id, "earlier");
    const { stdout } = await desk.jamey(["chat", "-s", "talk"], { stdin: "now\n" });
    expect(stdout).toBe("> earlier\nYou said: earlier\nYou said: now\n");
  });

  test("a session that is archived meanwhile ends the chat with the way back", async () => {
    const id = await desk.server.session("talk");
    const child = startJamey(desk.dataDir, ["chat", "-s", "talk"]);
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode("hang\n"));
    while (!JSON.stringify((await desk.server.call("GET", `/sessions/${id}`)).body).includes("hang")) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await desk.server.call("DELETE", `/sessions/${id}`);
    const { code, stderr } = await child.output();
    expect(code).toBe(1);
    expect(new TextDecoder().decode(stderr)).toContain(`jamey restore ${id}`);
    await writer.close().catch(() => {});
  });
});
