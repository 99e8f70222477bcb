import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { claudeFile } from "../../src/permission/store/folder_rules.ts";
import { openStoreDesk, type StoreDesk, texts } from "./store_desk.ts";

let desk: StoreDesk;
let toml = "";
let json = "";
beforeEach(async () => {
  desk = await openStoreDesk();
  toml = join(desk.workspace, ".jamey/settings.toml");
  json = join(desk.workspace, ".claude/settings.json");
});
afterEach(() => desk.close());

const claude = (permissions: unknown) => JSON.stringify({ permissions });

test("what a folder refuses or has asked holds at once, what it allows only once it is approved", async () => {
  await desk.write(toml, '[permissions]\nallow = ["Bash"]\nask = ["WebFetch"]\ndeny = ["Read(./x)"]\n');
  await desk.write(json, claude({ allow: ["Edit"], deny: ["Bash(rm:*)"] }));
  const store = await desk.open();
  expect(texts(await store.of(desk.workspace))).toEqual([
    "ask WebFetch",
    "deny Read(./x)",
    "deny Bash(rm:*)",
  ]);
  const items = await store.items(desk.workspace);
  expect(items.map(({ item: { kind, name }, standing }) => [kind, name, standing])).toEqual([
    ["permission_rules", join(".jamey", "settings.toml"), "unknown"],
    ["permission_rules", join(".claude", "settings.json"), "unknown"],
  ]);
  const [first] = items;
  if (first === undefined) throw new Error("nothing is to be approved");
  expect(JSON.parse(first.item.text)).toEqual({ allow: ["Bash"] });
  await desk.trust.approve([first.item]);
  expect(texts(await store.of(desk.workspace))).toEqual([
    "allow Bash",
    "ask WebFetch",
    "deny Read(./x)",
    "deny Bash(rm:*)",
  ]);
});

test("an approval ends with a change of what is allowed, and comes back with the old text", async () => {
  await desk.write(json, claude({ allow: ["Bash(make)"] }));
  const store = await desk.open();
  await desk.trust.approve((await store.items(desk.workspace)).map(({ item }) => item));
  const now = async () => texts(await store.of(desk.workspace));
  expect(await now()).toEqual(["allow Bash(make)"]);
  await desk.write(json, claude({ allow: ["Bash(make )"] }));
  expect(await now()).toEqual([]);
  expect((await store.items(desk.workspace))[0]?.standing).toBe("changed");
  await desk.write(json, claude({ allow: ["Bash(make)"], deny: ["WebFetch"] }));
  expect(await now()).toEqual(["allow Bash(make)", "deny WebFetch"]);
  await desk.trust.withdraw(desk.workspace, [{ kind: "permission_rules", name: claudeFile }]);
  expect(await now()).toEqual(["deny WebFetch"]);
});

test("an approval for one folder says nothing about another with the same text", async () => {
  await desk.write(json, claude({ allow: ["Bash"] }));
  const other = join(desk.home, "other");
  await desk.write(join(other, ".claude/settings.json"), claude({ allow: ["Bash"] }));
  const store = await desk.open();
  await desk.trust.approve((await store.items(desk.workspace)).map(({ item }) => item));
  expect(texts(await store.of(desk.workspace))).toEqual(["allow Bash"]);
  expect(texts(await store.of(other))).toEqual([]);
});

test("a rule that cannot be read is named with its place; one that refuses is not lost, one that allows is", async () => {
  await desk.write(toml, '[permissions]\ndeny = [\n  "Bash(rm:*)",\n  "Bash(curl:*",\n]\n');
  await desk.write(json, claude({ allow: ["Bash("], deny: ["bash(rm:*)", "WebFetch"] }));
  const store = await desk.open();
  await desk.trust.approve((await store.items(desk.workspace)).map(({ item }) => item));
  const { rules, problems } = await store.of(desk.workspace);
  expect(rules.map(({ text }) => text)).toEqual(["Bash(rm:*)", "Bash(curl:*", "bash(rm:*)", "WebFetch"]);
  expect(problems).toHaveLength(3);
  expect(problems[0]).toContain(`Cannot use the deny rule "Bash(curl:*" in "${toml}:4": `);
  expect(problems[1]).toContain(`Cannot use the allow rule "Bash(" in "${json}:1": `);
  expect(problems[2]).toContain(`Cannot use the deny rule "bash(rm:*)" in "${json}:1": `);
  await store.of(desk.workspace);
  expect(desk.reports.toSorted()).toEqual(problems.toSorted());
});

test.each([
  ["no JSON", "{"],
  ["a list", "[]"],
  ["rules that are no list", '{"permissions":{"deny":"Bash"}}'],
  ["a rule that is a number", '{"permissions":{"deny":[1]}}'],
  ["rules in a list of tables", '{"permissions":[{"deny":["Bash"]}]}'],
])("a file that makes no sense is a problem with its name: %s", async (_, text) => {
  await desk.write(json, text);
  const { rules, problems } = await (await desk.open()).of(desk.workspace);
  expect(rules).toEqual([]);
  expect(problems).toHaveLength(1);
  expect(problems[0]).toContain(`Cannot use the rules in "${json}": `);
});

const slips: readonly [string, Record<string, unknown>, string][] = [
  ["a rule that is a number", { deny: ["Bash(touch:*)", 3] }, '"permissions.deny.1" is a number'],
  ["an empty rule", { deny: ["Bash(touch:*)", ""] }, '"permissions.deny.1" is too small'],
  [
    "a table for a list",
    { ask: {}, deny: ["Bash(touch:*)"] },
    '"permissions.ask" is a table, expected a list',
  ],
  [
    "allowances that are no list",
    { allow: "Edit", deny: ["Bash(touch:*)"] },
    '"permissions.allow" is a string',
  ],
];

test.each(slips)(
  "one slip takes no refusal and no question away, but all that is allowed: %s",
  async (_, slip, words) => {
    const permissions = { allow: ["Read", "Bash"], ask: ["WebFetch"], ...slip };
    const held = ["ask" in slip ? [] : ["ask WebFetch"], "deny Bash(touch:*)"].flat();
    await desk.write(json, claude(permissions));
    const store = await desk.open();
    const set = await store.of(desk.workspace);
    expect(texts(set)).toEqual(held);
    expect(set.rules.at(-1)?.source).toBe(`${json}:1`);
    expect(await store.items(desk.workspace)).toEqual([]);
    expect(set.problems).toHaveLength(1);
    expect(set.problems[0]).toContain(`Cannot use the rules in "${json}": ${words}`);
    expect(set.problems[0]).toContain("what it allows does not");
    expect(desk.reports).toEqual(set.problems);
  },
);

test("one slip in the folder's own settings takes no refusal and no question away, but all that is allowed", async () => {
  const rules = 'allow = ["Read"]\nask = ["WebFetch"]\ndeny = ["Bash(touch:*)"';
  for (
    const [text, words] of [
      [
        `modle = "m"\n[permissions]\n${rules}]\n`,
        'line 1: "modle" is not a known key; did you mean "model"?',
      ],
      [`[permissions]\n${rules}, 3]\n`, 'line 4: "permissions.deny.1" is a number'],
      [`[permissions]\nmode = "auto"\n${rules}]\n`, 'line 2: "permissions.mode" is not a known key'],
    ] as const
  ) {
    await desk.write(toml, text);
    const store = await desk.open();
    const set = await store.of(desk.workspace);
    expect(texts(set), text).toEqual(["ask WebFetch", "deny Bash(touch:*)"]);
    expect(await store.items(desk.workspace)).toEqual([]);
    expect(set.problems).toHaveLength(1);
    expect(set.problems[0]).toContain(`Cannot use folder settings "${toml}": ${words}`);
    expect(set.problems[0]).toContain("what it allows does not");
  }
});

test("a slip in the name of a tool is said with what was meant; tools of other programs and of the user are not slips", async () => {
  await desk.write(
    desk.userFile,
    '[permissions]\nask = ["Wite"]\n[tools.reed]\ntype = "process"\ncommand = ["x"]\ndescription = "d"\n',
  );
  await desk.write(json, claude({ deny: ["Bsh(rm:*)", "MultiEdit", "mcp__bash", "reed", "Task(x)"] }));
  const { rules, problems } = await (await desk.open()).of(desk.workspace);
  expect(rules).toHaveLength(6);
  expect(problems).toEqual([
    `The ask rule "Wite" in "${desk.userFile}:2" is about no tool that there is; did you mean "Write"?`,
    `The deny rule "Bsh(rm:*)" in "${json}:1" is about no tool that there is; did you mean "Bash"?`,
  ]);
});

test("of too many refusals the first thousand hold, and it is said", async () => {
  await desk.write(json, claude({ deny: Array.from({ length: 1001 }, (_, i) => `Bash(x${i})`) }));
  const { rules, problems } = await (await desk.open()).of(desk.workspace);
  expect([rules.length, rules.at(-1)?.text]).toEqual([1000, "Bash(x999)"]);
  expect(problems.join()).toContain('"permissions.deny" is too large or too long, expected at most 1000');
});

test("settings that are not ours are left alone, and a mode in there has no effect and is said", async () => {
  const text = JSON.stringify({
    hooks: {},
    model: "x",
    permissions: { defaultMode: "bypassPermissions", additionalDirectories: ["/"], deny: ["WebFetch"] },
  });
  await desk.write(json, `\ufeff${text}`);
  const { rules, problems } = await (await desk.open()).of(desk.workspace);
  expect(rules.map((rule) => rule.text)).toEqual(["WebFetch"]);
  expect(problems).toEqual([
    `In "${json}": "permissions.defaultMode" has no effect: a folder does not decide that`,
    `In "${json}": "permissions.additionalDirectories" has no effect: a folder does not decide that`,
  ]);
});

test("a folder's own settings that set a mode are refused as a whole and said", async () => {
  await desk.write(toml, '[permissions]\nmode = "auto"\nallow = ["Bash"]\n');
  const store = await desk.open();
  const { rules, problems } = await store.of(desk.workspace);
  expect(rules).toEqual([]);
  expect(problems.join()).toMatch(/settings.toml": line 2: "permissions.mode" is not a known key/);
  expect(await store.items(desk.workspace)).toEqual([]);
});

test("links, linked folders, pipes and huge files are not read", async () => {
  const outside = join(desk.home, "outside");
  await desk.write(join(outside, "settings.json"), claude({ deny: ["WebFetch"] }));
  await Deno.mkdir(join(desk.workspace, ".claude"));
  const store = await desk.open();
  const problem = async () => {
    const { rules, problems } = await store.of(desk.workspace);
    expect(rules).toEqual([]);
    return problems.join();
  };
  await Deno.symlink(join(outside, "settings.json"), json);
  expect(await problem()).toContain("it is a link");
  await Deno.remove(json);
  await new Deno.Command("mkfifo", { args: [json] }).output();
  expect(await problem()).toContain("no plain file");
  await Deno.remove(json);
  await Deno.writeTextFile(json, " ".repeat(64 * 1024 + 1));
  expect(await problem()).toContain("larger than 65536 bytes");
  await Deno.remove(join(desk.workspace, ".claude"), { recursive: true });
  await Deno.symlink(outside, join(desk.workspace, ".claude"));
  expect(await problem()).toContain("it is a link");
});

test("a change of a file counts at the next look, and an unchanged one is read once", async () => {
  await desk.write(json, claude({ deny: ["Bash(", "WebFetch"] }));
  const store = await desk.open();
  const first = ["deny Bash(", "deny WebFetch"];
  for (let i = 0; i < 3; i++) expect(texts(await store.of(desk.workspace))).toEqual(first);
  expect(desk.reports).toHaveLength(1);
  await desk.write(json, claude({ deny: ["WebSearch", "WebFetch"] }));
  expect(texts(await store.of(desk.workspace))).toEqual(["deny WebSearch", "deny WebFetch"]);
  await Deno.remove(json);
  expect(texts(await store.of(desk.workspace))).toEqual([]);
});
