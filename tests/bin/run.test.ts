// One turn without a person, with the offline provider and every tool.
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Desk, jsonLines, openDesk, script } from "./desk.ts";

let desk: Desk;
beforeAll(async () => {
  desk = await openDesk();
});
afterAll(() => desk.close());

const bypass = ["--permission-mode", "bypassPermissions"];

it("run starts the daemon by itself and prints only the answer on stdout", async () => {
  const ended = await desk.jamey(["run", ...bypass, "run `echo one; echo two >&2; exit 3`"]);
  expect(ended.code).toBe(0);
  expect(ended.stdout).toContain("one\ntwo");
  expect(ended.stdout).toContain("3");
  expect(ended.stderr).toContain("Starting the daemon");
});

it("the environment of commands is the daemon's, without its keys", async () => {
  const out = await desk.ok(["run", ...bypass, "run `env`"]);
  expect(out).toContain(`HOME=${desk.home}`);
  expect(out).not.toMatch(/TOKEN|API_KEY/);
});

it("json prints one result object", async () => {
  const result = JSON.parse(await desk.ok(["run", ...bypass, "--output-format", "json", "run `echo three`"]));
  expect(result).toMatchObject({ type: "result", subtype: "success", is_error: false, num_turns: 2 });
  expect(result.result).toContain("three");
});

it("stream-json prints init first, the events in order, and the result last", async () => {
  const lines = jsonLines(
    await desk.ok(["run", ...bypass, "--output-format", "stream-json", "run `echo four`"]),
  );
  expect(lines[0]).toMatchObject({ type: "system", subtype: "init", cwd: desk.workspace });
  expect(lines.at(-1)).toMatchObject({ type: "result", subtype: "success" });
  const events = lines.slice(1, -1).map(({ event }) => event);
  expect(events).toEqual(events.map((_, index) => expect.objectContaining({ seq: index + 1 })));
  expect(JSON.stringify(events)).toContain('"call.finished"');
});

it("a call that needs approval is denied, because nobody is there, and the exit code is 1", async () => {
  const ended = await desk.jamey(["run", "--output-format", "json", "run `touch forbidden`"]);
  expect(ended.code).toBe(1);
  expect(JSON.parse(ended.stdout)).toMatchObject({
    subtype: "error_permission_denied",
    permission_denials: [{ name: "Bash" }],
  });
  await expect(Deno.stat(join(desk.workspace, "forbidden"))).rejects.toThrow(Deno.errors.NotFound);
});

it("--max-turns ends the turn with exit code 53", async () => {
  const call = { calls: [{ name: "Bash", args: { command: "true" } }] };
  const ended = await desk.jamey([
    "run",
    ...bypass,
    "--max-turns",
    "1",
    script(call, call, { text: "never" }),
  ]);
  expect(ended.code).toBe(53);
});

it("the prompt can be piped in, and -c goes on with the last session of the folder", async () => {
  const first = JSON.parse(await desk.ok(["run", "--output-format", "json"], { stdin: "hello from a pipe" }));
  expect(first.result).toContain("hello from a pipe");
  const next = JSON.parse(await desk.ok(["run", "-c", "--output-format", "json", "and again"]));
  expect(next.session_id).toBe(first.session_id);
});

it("Write, Read, Edit, Glob, Grep and a sub-agent work", async () => {
  const one = (name: string, args: Record<string, unknown>) => ({ calls: [{ name, args }] });
  const out = await desk.ok([
    "run",
    ...bypass,
    "--output-format",
    "stream-json",
    script(
      one("Write", { file_path: "notes/a.md", content: "alpha\nbeta\n" }),
      one("Read", { file_path: "notes/a.md" }),
      one("Edit", { file_path: "notes/a.md", old_string: "beta", new_string: "gamma" }),
      one("Glob", { pattern: "**/*.md" }),
      one("Grep", { pattern: "gam+a", path: "notes" }),
      one("Agent", { description: "Looks", prompt: "run `cat notes/a.md`" }),
      { text: "done" },
    ),
  ]);
  const calls = jsonLines(out).map(({ event }) => event).flatMap((event) => readCall(event));
  expect(calls.filter(({ type }) => type !== "call.finished")).toEqual([]);
  const outputs = new Map(calls.map(({ name, output }) => [name, output]));
  expect([...outputs.keys()].sort()).toEqual(["Agent", "Bash", "Edit", "Glob", "Grep", "Read", "Write"]);
  expect(outputs.get("Read")).toContain("alpha");
  expect(outputs.get("Glob")).toContain("notes/a.md");
  expect(outputs.get("Grep")).toContain("notes/a.md");
  expect(outputs.get("Agent")).toContain("gamma");
  expect(await Deno.readTextFile(join(desk.workspace, "notes/a.md"))).toBe("alpha\ngamma\n");
});

/** How a tool call ended, when the event is such an end. */
function readCall(event: unknown): { type: string; name: string; output: string }[] {
  const ends = ["call.finished", "call.failed", "call.denied", "call.interrupted"];
  if (typeof event !== "object" || event === null || !("type" in event) || !("data" in event)) return [];
  const { type, data } = event;
  if (typeof type !== "string" || !ends.includes(type) || typeof data !== "object" || data === null) {
    return [];
  }
  const text = (name: string) => String(Object.entries(data).find(([key]) => key === name)?.[1] ?? "");
  return [{ type, name: text("name"), output: text("output") }];
}
