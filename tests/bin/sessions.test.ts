// Sessions on the command line: chat, list, attach, answer, fork, and read back.
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Desk, jsonLines, openDesk, readLines, script } from "./desk.ts";
import { until } from "./processes.ts";

let desk: Desk;
beforeAll(async () => {
  desk = await openDesk();
  await desk.ok(["start"]);
});
afterAll(() => desk.close());

const bash = (command: string) => ({ calls: [{ name: "Bash", args: { command } }] });

it("chat answers the lines that are piped in, one after the other", async () => {
  const out = await desk.ok(["chat", "--permission-mode", "bypassPermissions"], {
    stdin: "good morning\nrun `echo $((20 + 22))`\n::tools\n::quit\nnever read\n",
  });
  expect(out.indexOf("good morning")).toBeGreaterThanOrEqual(0);
  expect(out.indexOf("42")).toBeGreaterThan(out.indexOf("good morning"));
  expect(out).toMatch(/^Bash /m);
  expect(out).not.toContain("never read");
});

it("chat asks before a command, and a line that says no is passed on", async () => {
  const out = await desk.ok(["chat"], {
    stdin: `${script(bash("touch asked"), { text: "well then" })}\nn not today\n`,
  });
  expect(out).toContain("touch asked");
  expect(out).toContain("well then");
  await expect(Deno.stat(join(desk.workspace, "asked"))).rejects.toThrow(Deno.errors.NotFound);
});

it("new creates a session that sessions lists by its name", async () => {
  const id = (await desk.ok(["new", "--name", "review"])).trim();
  const { sessions } = JSON.parse(await desk.ok(["sessions", "--json"]));
  expect(sessions).toContainEqual(
    expect.objectContaining({ session_id: id, name: "review", workspace: desk.workspace }),
  );
  expect(await desk.ok(["sessions"])).toContain("review");
});

it("tools lists each tool with its parameters", async () => {
  const { tools } = JSON.parse(await desk.ok(["tools", "--json"]));
  expect(tools.map((tool: { name: string }) => tool.name)).toEqual(
    expect.arrayContaining(["Bash", "Read", "Write", "Edit", "Glob", "Grep"]),
  );
  for (const tool of tools) expect(tool.parameters).toMatchObject({ type: "object" });
});

it("attach shows a waiting call live, approve runs it, deny refuses the next one", async () => {
  await desk.ok(["new", "--name", "asking"]);
  const attached = desk.start(["attach", "asking", "--json"]);
  const events = readLines(attached.stdout);
  const chat = desk.start(["chat", "-s", "asking"]);
  const stdin = chat.stdin.getWriter();
  await stdin.write(
    new TextEncoder().encode(
      `${script(bash("echo yes > first"), bash("echo no > second"), { text: "end" })}\n`,
    ),
  );

  const waiting = async () => (await desk.view("asking")).state.approvals[0]?.call_id;
  const first = await until(waiting);
  await desk.ok(["approve", "asking", first]);
  const second = await until(async () => {
    const call = await waiting();
    return call === first ? undefined : call;
  });
  expect(await desk.ok(["approve", "asking"])).toContain("echo no > second");
  await desk.ok(["deny", "asking", second, "--reason", "enough files"]);
  await desk.viewWhen("asking", ({ state }) => state.summary.status === "idle");
  expect(await desk.jamey(["approve", "asking", second])).toMatchObject({ code: 1 });
  await stdin.close();
  const said = await chat.output();
  expect(new TextDecoder().decode(said.stdout)).toContain("end");

  expect(await Deno.readTextFile(join(desk.workspace, "first"))).toBe("yes\n");
  await expect(Deno.stat(join(desk.workspace, "second"))).rejects.toThrow(Deno.errors.NotFound);
  Deno.kill(attached.pid, "SIGTERM");
  expect((await attached.status).code).toBe(143);
  const seen = jsonLines(await events.all);
  expect(seen.map(({ seq }) => seq)).toEqual(seen.map((_, index) => index + 1));
  const types = seen.map(({ type }) => type);
  expect(types).toEqual(
    expect.arrayContaining(["call.approval_requested", "call.approved", "call.denied", "turn.ended"]),
  );
  expect(JSON.stringify(seen)).toContain("enough files");
});

it("a fork goes its own way from the event it was cut at", async () => {
  await desk.ok(["new", "--name", "origin"]);
  await desk.ok(["run", "-r", "origin", "the first question"]);
  const { seq } = await desk.view("origin");
  await desk.ok(["run", "-r", "origin", "the second question"]);
  const fork = (await desk.ok(["fork", "origin", "--at", `${seq}`, "--name", "branch"])).trim();
  await desk.ok(["run", "-r", fork, "another question"]);
  const asked = async (session: string) =>
    (await desk.view(session)).conversation.flatMap((message) =>
      message.role === "user" ? [message.text] : []
    );
  expect(await asked("origin")).toEqual(["the first question", "the second question"]);
  expect(await asked("branch")).toEqual(["the first question", "another question"]);
});

it("replay tells the story, the state at any event, what changed, and what the model was sent", async () => {
  await desk.ok(["new", "--name", "story", "--permission-mode", "bypassPermissions"]);
  await desk.ok(["run", "-r", "story", "run `echo chapter one`"]);
  expect(await desk.ok(["replay", "story"])).toContain("chapter one");
  const early = await desk.view("story", 2);
  expect(early.seq).toBe(2);
  expect(early.conversation).toMatchObject([{ role: "user", text: "run `echo chapter one`" }]);
  const { changes } = JSON.parse(await desk.ok(["replay", "story", "--diff", "2..10", "--json"]));
  expect(JSON.stringify(changes)).toContain("chapter one");
  const request = JSON.parse(await desk.ok(["replay", "story", "--request", "last"]));
  expect(JSON.stringify(request.messages)).toContain("chapter one");
});

it("replay --verify computes every digest and every request again", async () => {
  await desk.ok(["new", "--name", "proof", "--permission-mode", "bypassPermissions"]);
  await desk.ok(["run", "-r", "proof", "run `echo proof`"]);
  const report = JSON.parse(await desk.ok(["replay", "proof", "--verify", "--json"]));
  expect(report).toMatchObject({ ok: true, records: 11, digests: 11, requests: 2, diverged: null });
  expect(report.live_digest).toBe(report.final_digest);
});
