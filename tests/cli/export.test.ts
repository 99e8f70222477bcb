// A session as a file: whole, readable, and without what looks like a secret.
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Desk, jsonLines, openDesk } from "./program.ts";

// Put together here, so that no scanner takes this file for a leak.
const token = "ghp" + "_" + "16C7e42F292c6912E7710c838347Ae178B4a";

let desk: Desk;
let folder: string;
beforeEach(async () => {
  desk = await openDesk();
  folder = await Deno.makeTempDir({ prefix: "jamey-export-" });
});
afterEach(async () => {
  await desk.close();
  await Deno.remove(folder, { recursive: true });
});

const run = async (words: string[]) => {
  const ended = await desk.jamey(words);
  expect({ code: ended.code, ...(ended.code === 0 ? {} : { stderr: ended.stderr }) }).toEqual({ code: 0 });
  return ended;
};

test("export writes every event, one a line, to a file that only its owner can read, and says what it took out", async () => {
  await run(["run", `Use the token ${token} and go on`]);
  const file = join(folder, "session.jsonl");
  const { stdout, stderr } = await run(["export", "last", "-o", file]);
  expect(stdout).toBe("");
  const text = await Deno.readTextFile(file);
  expect(text).not.toContain(token);
  expect(text).toContain("Use the token [redacted: GitHub token] and go on");
  expect(stderr).toMatch(/Wrote \d+ events to ".*"; \d+ secrets taken out \(\d+ GitHub token\)/);
  expect(((await Deno.stat(file)).mode ?? 0) & 0o777).toBe(0o600);
  const all = jsonLines((await run(["replay", "last", "--json"])).stdout);
  expect(jsonLines(text).map(({ seq, type, at }) => ({ seq, type, at })))
    .toEqual(all.map(({ seq, type, at }) => ({ seq, type, at })));
});

test("without a file it goes to stdout, and --no-redact leaves all of it as it was", async () => {
  await run(["run", `Use the token ${token}`]);
  const { stdout, stderr } = await run(["export", "last", "--no-redact"]);
  expect(jsonLines(stdout)).toEqual(jsonLines((await run(["replay", "last", "--json"])).stdout));
  expect(stdout).toContain(token);
  expect(stderr).toContain("nothing was taken out");
});

test("as Markdown it is the conversation, without the secrets", async () => {
  await run(["run", `Use the token ${token}`]);
  const { stdout } = await run(["export", "last", "--format", "markdown"]);
  expect(stdout).toMatch(/^# Session /);
  expect(stdout).toContain("## User\n\nUse the token [redacted: GitHub token]");
  expect(stdout).toContain("## Agent");
});

test("a file that is there is not written over, and a wrong format is refused", async () => {
  await run(["run", "hello"]);
  const file = join(folder, "mine");
  await Deno.writeTextFile(file, "mine");
  const { code, stderr } = await desk.jamey(["export", "last", "-o", file]);
  expect(code).not.toBe(0);
  expect(stderr).toContain("it is there already");
  expect(await Deno.readTextFile(file)).toBe("mine");
  expect((await desk.jamey(["export", "last", "--format", "pdf"])).code).toBe(2);
});
