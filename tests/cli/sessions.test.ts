// The small commands: create, list, answer, fork, rename, put away, look back.
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { approval, sessionSummary, sessionView, verifyReport } from "../../src/protocol/http.ts";
import { type Desk, jsonLines, openDesk } from "./program.ts";

let desk: Desk;
beforeEach(async () => void (desk = await openDesk()));
afterEach(() => desk.close());

async function ok(args: string[]): Promise<string> {
  const { code, stdout, stderr } = await desk.jamey(args);
  expect({ code, stderr: code === 0 ? "" : stderr }).toEqual({ code: 0, stderr: "" });
  return stdout;
}
const listed = z.object({ sessions: z.array(sessionSummary) });
const waiting = z.object({ approvals: z.array(approval) });
const summaries = async () => listed.parse(JSON.parse(await ok(["sessions", "--json"]))).sessions;

describe("sessions", () => {
  test("a new session works in this folder, and is found by id, name, start of the id and last", async () => {
    const id = (await ok(["new", "--name", "review"])).trim();
    const [created] = await summaries();
    expect(created).toMatchObject({ session_id: id, name: "review", workspace: Deno.realPathSync(".") });
    for (const name of [id, id.slice(0, 7), "review", "last"]) {
      const view = sessionView.parse(jsonLines(await ok(["replay", name, "--at", "1", "--json"]))[0]);
      expect(view.session_id).toBe(id);
    }
  });

  test("a folder that does not exist is bad input, and no session is made", async () => {
    const { code } = await desk.jamey(["new", "--workspace", "/no/such/folder"]);
    expect(code).toBe(42);
    expect(await summaries()).toEqual([]);
  });

  test("rename, archive and restore do what they say", async () => {
    const id = (await ok(["new"])).trim();
    await ok(["rename", "last", "better"]);
    expect(await summaries()).toMatchObject([{ name: "better" }]);
    await ok(["archive", "better"]);
    expect(await summaries()).toEqual([]);
    await ok(["restore", id]);
    expect(await summaries()).toMatchObject([{ session_id: id }]);
  });

  test("a fork starts from the named point and leaves its source alone", async () => {
    await ok(["run", "hello"]);
    const [source] = await summaries();
    const forked = (await ok(["fork", "last", "--at", "2", "--name", "second"])).trim();
    const all = await summaries();
    expect(all.find(({ session_id }) => session_id === forked)).toMatchObject({ name: "second" });
    expect(all.find(({ session_id }) => session_id === source?.session_id)).toMatchObject({
      seq: source?.seq,
    });
  });

  test("more sessions than one page holds are all listed", async () => {
    for (let i = 0; i < 105; i++) await desk.server.session();
    expect((await summaries()).length).toBe(105);
    expect(listed.parse(JSON.parse(await ok(["sessions", "--json", "-n", "7"]))).sessions.length).toBe(7);
  });

  test("an unknown session is an error of its own, not a crash", async () => {
    for (
      const args of [["attach", "nope"], ["replay", "nope"], ["fork", "nope"], ["cancel", "../x"], [
        "rename",
        "a/b",
        "c",
      ]]
    ) {
      const { code, stderr } = await desk.jamey(args);
      expect(code, args.join(" ")).toBe(1);
      expect(stderr).toMatch(/^error: Cannot /);
      expect(stderr).not.toContain("bug");
    }
  });
});

describe("approvals", () => {
  async function ask(): Promise<{ id: string; call: string }> {
    const id = (await ok(["new"])).trim();
    await desk.server.call("POST", `/sessions/${id}/messages`, { message: "call Guarded rm -rf" });
    const { approvals } = waiting.parse(JSON.parse(await ok(["approve", id, "--json"])));
    return { id, call: approvals[0]?.call_id ?? "" };
  }

  test("approve without a call lists what waits; with it, the call runs", async () => {
    const { id, call } = await ask();
    expect(await ok(["approve", id])).toContain("Guarded: rm -rf");
    await ok(["approve", id, call]);
    const events = await ok(["replay", id, "--json"]);
    expect(jsonLines(events).map(({ type }) => type)).toContain("call.approved");
  });

  test("deny gives the reason to the agent", async () => {
    const { id, call } = await ask();
    await ok(["deny", id, call, "--reason", "use the other folder"]);
    expect(await ok(["replay", id, "--json"])).toContain("use the other folder");
  });

  test("the second answer is refused", async () => {
    const { id, call } = await ask();
    await ok(["approve", id, call]);
    expect((await desk.jamey(["deny", id, call])).code).toBe(1);
  });
});

describe("replay", () => {
  test("the story names each turn, its spans, its tokens and its answer", async () => {
    await ok(["run", "call Echo hi"]);
    const story = await ok(["replay", "last"]);
    expect(story).toMatch(/Turn 1 #2\.\.#\d+ completed/);
    expect(story).toContain("Echo finished");
    expect(story).toContain("You said: done");
    expect(story).toContain("1 turn, 2 tokens in, 2 out");
  });

  test("the state at a point knows nothing of what came later, and the difference of two points names the paths", async () => {
    await ok(["run", "hello"]);
    expect(await ok(["replay", "last", "--at", "2"])).not.toContain("You said");
    const [changes] = jsonLines(await ok(["replay", "last", "--diff", "2..5", "--json"]));
    expect(JSON.stringify(changes)).toContain('"path":"conversation[1]","kind":"added"');
    expect(await ok(["replay", "last", "--diff", "3..3"])).toBe("No difference\n");
  });

  test("without a terminal, --step prints every step from the given one", async () => {
    await ok(["run", "hello"]);
    const steps = (await ok(["replay", "last", "--step", "--at", "3"])).split("\n").filter((line) =>
      /^ +\d+ /.test(line)
    );
    expect(steps.map((line) => line.trim().split(" ")[0])).toEqual(["3", "4", "5"]);
  });

  test("--request gives the exact request as JSON, --verify a proof", async () => {
    await ok(["run", "hello"]);
    expect(JSON.parse(await ok(["replay", "last", "--request", "last"]))).toMatchObject({ model: "echo" });
    expect(verifyReport.parse(jsonLines(await ok(["replay", "last", "--verify", "--json"]))[0]).ok).toBe(
      true,
    );
  });

  test("--speed plays all events", async () => {
    await ok(["run", "hello"]);
    expect(jsonLines(await ok(["replay", "last", "--speed", "1000", "--json"])).length).toBe(5);
  });
});

test("a reader that has seen enough ends the program quietly", async () => {
  const id = await desk.server.session();
  // More than a pipe holds, so that the program meets the closed end.
  const message = "long ".repeat(2_000);
  for (let i = 0; i < 20; i++) {
    await desk.server.call("POST", `/sessions/${id}/messages?wait=true`, { message });
  }
  for (const command of ["replay last --json", "attach last --json", "attach last"]) {
    const { stdout, stderr } = await new Deno.Command("sh", {
      args: ["-c", `"$0" run -A bin/jamey.ts ${command} | head -c 10`, Deno.execPath()],
      env: { JAMEY_DATA_DIR: desk.dataDir },
      stdout: "piped",
      stderr: "piped",
    }).output();
    expect({ command, bytes: stdout.length, stderr: new TextDecoder().decode(stderr) }).toEqual({
      command,
      bytes: 10,
      stderr: command === "attach last" ? "Mode default; commands run without a sandbox\n" : "",
    });
  }
});
