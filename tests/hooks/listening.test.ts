import { existsSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { matcherCharsMax, parseMatcher, repeatsMax } from "../../src/hooks/matcher.ts";
import { hooksMax } from "../../src/hooks/settings.ts";
import { until } from "../support/daemon.ts";
import { hookFolder, oneHook } from "./folder.ts";

it("a hook hears of the tools that its matcher names", () => {
  const cases = [
    [undefined, "Bash", true],
    ["*", "Bash", true],
    ["Bash|Write", "Write", true],
    ["Bash|Write", "WriteAll", false],
    ["Bash", "bash", false],
    ["mcp__.*", "mcp__files__read", true],
    ["mcp__.*", "Amcp__files", false],
    ["mcp__memory__(read|write)_.+", "mcp__memory__write_all", true],
    ["(?:Read|Edit)", "Edit", true],
  ] as const;
  for (const [matcher, tool, expected] of cases) {
    expect([matcher, tool, parseMatcher(matcher)?.(tool)]).toEqual([matcher, tool, expected]);
  }
});

it("matchers that are broken or could take long are refused before they are used", () => {
  const repeated = ["(a+)+b", "(a*|\\\\)*b", "(a|a)*b", "a{9}", ".*.*.*.*b"];
  const chosen = [`${".?".repeat(60)}#`, `${"(.|.)".repeat(60)}#`, `${"((.)x|.)".repeat(40)}#`];
  const refused = ["(", "[", "(?=a)b.*", "(.)\\1", ...repeated, ...chosen];
  expect(refused.filter((text) => parseMatcher(text) !== null)).toEqual([]);
  expect(parseMatcher(".*".repeat(repeatsMax))).not.toBeNull();
  expect(parseMatcher("(?:.*?)x?")).not.toBeNull();
  expect(parseMatcher("mcp__(a|b)__(get|list)_.*")?.("mcp__b__list_x")).toBe(true);
  expect(parseMatcher("a".repeat(matcherCharsMax))).not.toBeNull();
  expect(parseMatcher("a".repeat(matcherCharsMax + 1))).toBeNull();
  console.log(`matchers: ${refused.length} of ${refused.length} costly or broken ones refused`);
});

it("a broken matcher closes a gate to every tool and keeps all else quiet, and is reported once", async () => {
  const folder = await hookFolder({
    settings: [
      { event: "PreToolUse", matcher: "(", command: "exit 2" },
      { event: "PostToolUse", matcher: "(", command: "touch ran" },
    ],
  });
  for (let count = 0; count < 3; count++) {
    expect(folder.hooks.listens("PreToolUse", folder.dir, "Read")).toBe(true);
    expect(folder.hooks.listens("PostToolUse", folder.dir, "Read")).toBe(false);
  }
  expect(folder.reports).toHaveLength(2);
});

it("P1: hooks of a folder run nothing before their exact text is approved", async () => {
  const folder = await hookFolder();
  folder.write(".claude/settings.json", oneHook("SessionStart", "touch ran"));
  folder.write(".jamey/settings.json", oneHook("PreToolUse", "touch ran; exit 2"));
  expect(folder.hooks.listens("SessionStart", folder.dir)).toBe(false);
  expect(await folder.run("SessionStart")).toEqual([]);
  expect(await folder.run("PreToolUse", { tool_name: "Bash" })).toEqual([]);
  expect([...Deno.readDirSync(folder.dir)].map(({ name }) => name).sort()).toEqual([".claude", ".jamey"]);
  expect(folder.hooks.items(folder.dir).map(({ item, standing }) => [item.name, standing])).toEqual([
    [".claude/settings.json", "unknown"],
    [".jamey/settings.json", "unknown"],
  ]);
  expect(folder.reports).toHaveLength(2);
  console.log("P1 hooks: 2 hostile files, 0 processes started before approval");
  await folder.approveAll();
  expect(folder.hooks.listens("SessionStart", folder.dir)).toBe(true);
  expect(await folder.run("SessionStart")).toMatchObject([{ outcome: "passed" }]);
  expect([...Deno.readDirSync(folder.dir)].map(({ name }) => name)).toContain("ran");
});

it("P1: a hook that runs when its approval is taken back is ended, and its gate stays shut", async () => {
  const folder = await hookFolder({ settings: [{ event: "PreToolUse", command: "touch users; sleep 1" }] });
  folder.write(".jamey/settings.json", oneHook("PreToolUse", "touch begun; sleep 20; touch done"));
  await folder.approveAll();
  const running = folder.run("PreToolUse", { tool_name: "Bash" });
  const there = (name: string) => existsSync(join(folder.dir, name));
  await until("both hooks", () => there("begun") && there("users") || null);
  await folder.trust.withdraw(folder.dir);
  await folder.hooks.settle();
  expect(await running).toMatchObject([{ name: "touch users; sleep 1", outcome: "passed" }, {
    outcome: "blocked",
  }]);
  expect(there("done")).toBe(false);
});

it("P3: one changed byte in an approved file stops its hooks until it is approved again", async () => {
  const folder = await hookFolder();
  folder.write(".claude/settings.json", oneHook("PreToolUse", "exit 2"));
  await folder.approveAll();
  expect(folder.hooks.listens("PreToolUse", folder.dir, "Bash")).toBe(true);
  folder.write(".claude/settings.json", oneHook("PreToolUse", "exit 3"));
  // The gate stays: it has everything asked about instead.
  const input = { session_id: "s", cwd: folder.dir, tool_name: "Bash", fields: {} };
  const { signal } = new AbortController();
  expect(await folder.hooks.run("PreToolUse", input, { signal })).toMatchObject([
    { outcome: "asked", reason: expect.stringContaining("was changed since it was approved") },
  ]);
  expect(folder.hooks.items(folder.dir).map(({ standing }) => standing)).toEqual(["changed"]);
  folder.write(".claude/settings.json", oneHook("PreToolUse", "exit 2"));
  expect(folder.hooks.listens("PreToolUse", folder.dir, "Bash")).toBe(true);
});

it("P3: a change is seen though it follows the last look within a tick of the clock", async () => {
  const folder = await hookFolder();
  folder.write(".claude/settings.json", oneHook("PreToolUse", "exit 2"));
  await folder.approveAll();
  for (let count = 0; count < 200; count++) {
    const isApproved = count % 2 === 0;
    folder.write(".claude/settings.json", oneHook("PreToolUse", isApproved ? "exit 2" : "exit 3"));
    const standings = folder.hooks.items(folder.dir).map(({ standing }) => standing);
    expect(standings).toEqual([isApproved ? "approved" : "changed"]);
  }
});

it("what cannot be used is said once, however often it is looked at while it is new", async () => {
  const folder = await hookFolder();
  folder.write(".claude/settings.json", "{ half an edit");
  for (let count = 0; count < 5; count++) expect(folder.hooks.items(folder.dir)).toEqual([]);
  expect(folder.reports).toHaveLength(1);
});

it("an approved file may change in all but its hooks", async () => {
  const folder = await hookFolder();
  folder.write(".claude/settings.json", { ...oneHook("Stop", "true"), model: "a" });
  await folder.approveAll();
  folder.write(".claude/settings.json", { ...oneHook("Stop", "true"), model: "another" });
  expect(folder.hooks.listens("Stop", folder.dir)).toBe(true);
});

it("a file of the user is trusted, followed as it changes, and taken as it was while it makes no sense", async () => {
  const place = await hookFolder();
  const path = place.write("user.json", oneHook("Stop", "true"));
  const folder = await hookFolder({ files: [path] });
  expect(folder.hooks.listens("Stop", folder.dir)).toBe(true);
  place.write("user.json", "{ half an edit");
  expect(folder.hooks.listens("Stop", folder.dir)).toBe(true);
  expect(folder.reports).toHaveLength(1);
  expect(folder.reports[0]).toMatch(/^Cannot read hooks in ".*user\.json": /);
  place.write("user.json", oneHook("PreCompact", "true"));
  utimesSync(path, 1, 1);
  expect(folder.hooks.listens("Stop", folder.dir)).toBe(false);
  expect(folder.hooks.listens("PreCompact", folder.dir)).toBe(true);
  Deno.removeSync(path);
  expect(folder.hooks.listens("PreCompact", folder.dir)).toBe(false);
});

it("what cannot be used in a file is reported and the rest is used", async () => {
  const folder = await hookFolder();
  folder.write(".claude/settings.json", {
    hooks: {
      Stop: [{ hooks: [{ type: "command", command: "true" }, { type: "prompt", prompt: "be nice" }] }],
      Unheard: [{ hooks: [{ type: "command", command: "true" }] }],
    },
  });
  await folder.approveAll();
  expect(folder.hooks.listens("Stop", folder.dir)).toBe(true);
  expect(folder.reports.filter((line) => line.startsWith("Cannot use all of"))).toHaveLength(2);
});

it("files that are no settings switch nothing on and hold nothing up", async () => {
  const folder = await hookFolder();
  const many = Array.from({ length: hooksMax + 1 }, () => ({ type: "command", command: "true" }));
  const bad = [
    "",
    "[]",
    "{",
    '{"hooks":[]}',
    JSON.stringify({ hooks: { Stop: [{ hooks: many }] } }),
    "x".repeat(2e6),
  ];
  for (const content of bad) {
    folder.write(".claude/settings.json", content);
    expect(folder.hooks.items(folder.dir)).toEqual([]);
  }
  Deno.removeSync(`${folder.dir}/.claude/settings.json`);
  await new Deno.Command("mkfifo", { args: [`${folder.dir}/.claude/settings.json`] }).output();
  expect(folder.hooks.items(folder.dir)).toEqual([]);
  folder.write(".jamey/settings.json", oneHook("Stop", "true"));
  expect(folder.hooks.items(folder.dir)).toHaveLength(1);
  expect(folder.reports.length).toBe(bad.length + 1);
});

it(`a configuration may have ${hooksMax} hooks and no more`, async () => {
  const settings = (count: number) =>
    Array.from({ length: count }, () => ({ event: "Stop" as const, command: "x" }));
  expect((await hookFolder({ settings: settings(hooksMax) })).hooks.listens("Stop", "/")).toBe(true);
  await expect(hookFolder({ settings: settings(hooksMax + 1) })).rejects.toThrow("at most");
});
