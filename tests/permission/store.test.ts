import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { answersMax } from "../../src/permission/store/answers.ts";
import { openStoreDesk, type StoreDesk, texts } from "./store_desk.ts";

let desk: StoreDesk;
beforeEach(async () => void (desk = await openStoreDesk()));
afterEach(() => desk.close());

const inFolder = (name: string) => join(desk.workspace, name);

test("rules of every layer hold side by side, each with the file and line it stands on", async () => {
  await desk.write(desk.managed, '[permissions]\ndeny = ["Bash(curl:*)"]\n');
  await desk.write(desk.userFile, '[permissions]\n\nask = ["Bash(git push:*)"]\nallow = [\n  "Read",\n]\n');
  await desk.write(inFolder(".jamey/settings.toml"), '[permissions]\ndeny = ["Read(./secrets/**)"]\n');
  await desk.write(
    inFolder(".claude/settings.json"),
    '{\n  "permissions": {\n    "ask": ["WebFetch"],\n    "deny": [\n      "Bash(rm:*)"\n    ]\n  }\n}\n',
  );
  const store = await desk.open();
  await store.add({ action: "allow", text: "Bash(npm test)", workspace: desk.workspace });
  const { rules, problems } = await store.of(desk.workspace);
  expect(problems).toEqual([]);
  expect(rules.map(({ action, text, layer, source }) => [layer, action, text, source])).toEqual([
    ["managed", "deny", "Bash(curl:*)", `${desk.managed}:2`],
    ["user", "allow", "Read", `${desk.userFile}:5`],
    ["user", "ask", "Bash(git push:*)", `${desk.userFile}:3`],
    ["user", "allow", "Bash(npm test)", desk.answers],
    ["folder", "deny", "Read(./secrets/**)", `${inFolder(".jamey/settings.toml")}:2`],
    ["folder", "ask", "WebFetch", `${inFolder(".claude/settings.json")}:3`],
    ["folder", "deny", "Bash(rm:*)", `${inFolder(".claude/settings.json")}:5`],
  ]);
});

test("without any file there are no rules and no problems", async () => {
  const store = await desk.open();
  expect(await store.of(desk.workspace)).toEqual({ rules: [], problems: [], bypassDisabled: false });
  expect(await store.of(join(desk.home, "gone"))).toEqual({ rules: [], problems: [], bypassDisabled: false });
  expect(desk.reports).toEqual([]);
});

describe("the user's answers", () => {
  test("one for a folder holds there only, one for all everywhere, and both after a restart", async () => {
    const first = await desk.open();
    await first.add({ action: "allow", text: "Bash(make)", workspace: desk.workspace });
    await first.add({ action: "deny", text: "WebSearch", workspace: null });
    for (const store of [first, await desk.open()]) {
      expect(texts(await store.of(desk.workspace))).toEqual(["allow Bash(make)", "deny WebSearch"]);
      expect(texts(await store.of(desk.home))).toEqual(["deny WebSearch"]);
      expect(texts(await store.of(join(desk.workspace, "inner")))).toEqual(["deny WebSearch"]);
    }
  });

  test("the same rule twice is one, and it is taken back by what it is and where it holds", async () => {
    const store = await desk.open();
    const rule = { action: "allow", text: "Bash(make)", workspace: desk.workspace } as const;
    await Promise.all([store.add(rule), store.add(rule)]);
    expect(texts(await store.of(desk.workspace))).toEqual(["allow Bash(make)"]);
    expect(await store.remove({ ...rule, workspace: null })).toBe(false);
    expect(await store.remove({ ...rule, action: "deny" })).toBe(false);
    expect(await store.remove({ ...rule, text: "Bash(make )" })).toBe(false);
    expect(await store.remove(rule)).toBe(true);
    expect(await store.remove(rule)).toBe(false);
    expect(texts(await (await desk.open()).of(desk.workspace))).toEqual([]);
  });

  test("many at once are all kept", async () => {
    const store = await desk.open();
    const names = Array.from({ length: 50 }, (_, i) => `Bash(make part-${i})`);
    await Promise.all(names.map((text) => store.add({ action: "allow", text, workspace: null })));
    expect(texts(await (await desk.open()).of(desk.workspace))).toEqual(names.map((text) => `allow ${text}`));
  });

  test("what is no rule is refused and nothing is written", async () => {
    const store = await desk.open();
    for (const text of ["Bash(", "", "Bash()", "rm -rf", "Bash(a\0b)", `Bash(${"x".repeat(40_000)})`]) {
      const refused = await store.add({ action: "deny", text, workspace: null }).catch((thrown) => thrown);
      expect(refused).toMatchObject({ name: "Problem", code: "bad_request" });
    }
    expect(await Deno.stat(desk.answers).catch(() => null)).toBeNull();
  });

  test("there is an end to how many there may be", async () => {
    const rules = Array.from({ length: answersMax }, (_, i) => ({
      action: "deny",
      text: `Bash(x${i})`,
      workspace: null,
      given_at: "2026-01-01T00:00:00.000Z",
    }));
    await desk.write(desk.answers, JSON.stringify({ version: 1, rules }));
    const store = await desk.open();
    await expect(store.add({ action: "deny", text: "Bash(one more)", workspace: null })).rejects
      .toMatchObject({ code: "limit_reached" });
    await store.add({ action: "deny", text: "Bash(x7)", workspace: null });
  });

  test("only the owner may read the file", async () => {
    await (await desk.open()).add({ action: "deny", text: "WebSearch", workspace: null });
    expect(((await Deno.stat(desk.answers)).mode ?? 0) & 0o777).toBe(0o600);
  });

  test.each([
    ["no JSON", "{"],
    ["another version", '{"version":2,"rules":[]}'],
    [
      "an unknown action",
      '{"version":1,"rules":[{"action":"may","text":"Read","workspace":null,"given_at":""}]}',
    ],
    ["a list", "[]"],
  ])("a damaged file is set aside, said, and shown to whoever lists the rules: %s", async (_, content) => {
    await desk.write(desk.answers, content);
    const store = await desk.open();
    const { rules, problems } = await store.of(desk.workspace);
    expect(rules).toEqual([]);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(/^Cannot read the rules in ".*permissions.json": .*none of them holds$/);
    expect(desk.reports).toEqual(problems);
    const aside = /kept as "(.*?)"/.exec(problems[0] ?? "")?.[1] ?? "";
    expect(await Deno.readTextFile(aside)).toBe(content);
    await store.add({ action: "deny", text: "WebSearch", workspace: null });
    expect(texts(await (await desk.open()).of(desk.workspace))).toEqual(["deny WebSearch"]);
  });
});
