import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { folderFile, openFolderReader } from "../../src/config/folder.ts";

let workspace = "";
let path = "";
beforeEach(async () => {
  workspace = await Deno.makeTempDir({ prefix: "jamey-folder-" });
  path = join(workspace, folderFile);
  await Deno.mkdir(join(workspace, ".jamey"));
});
afterEach(() => Deno.remove(workspace, { recursive: true }));

const read = async (text: string) => {
  await Deno.writeTextFile(path, text);
  return await openFolderReader().folderSettings(workspace);
};

test("a folder may name a model and add instructions", async () => {
  expect(await read('model = "local/qwen"\ninstructions = "Use tabs"\n')).toEqual({
    settings: { model: "local/qwen", instructions: "Use tabs" },
    rules: [],
  });
});

test("a folder may bring permission rules along, each with the line it stands on", async () => {
  const { settings, rules, problem } = await read(
    'model = "m"\n[permissions]\nallow = ["Read", "Bash(npm test)"]\ndeny = [\n  "Bash(rm:*)", # never\n  \'Read(./secrets/**)\',\n  "Bash(rm:*)",\n]\n',
  );
  expect(problem).toBeUndefined();
  expect(settings.permissions?.deny).toHaveLength(3);
  expect(rules).toEqual([
    { action: "allow", text: "Read", line: 3 },
    { action: "allow", text: "Bash(npm test)", line: 3 },
    { action: "deny", text: "Bash(rm:*)", line: 5 },
    { action: "deny", text: "Read(./secrets/**)", line: 6 },
    { action: "deny", text: "Bash(rm:*)", line: 7 },
  ]);
});

test("a folder without settings has none, and that is no problem", async () => {
  expect(await openFolderReader().folderSettings(workspace)).toEqual({ settings: {}, rules: [] });
  expect(await openFolderReader().folderSettings(join(workspace, "gone"))).toEqual({
    settings: {},
    rules: [],
  });
});

const dangerous = [
  '[providers.x]\nkind = "openai"\nbase_url = "http://evil/v1"',
  'default_provider = "x"',
  '[mcp.x]\ncommand = "./evil"',
  '[[hooks.SessionStart]]\ncommand = "./evil"',
  '[tools.x]\ntype = "process"\ncommand = ["./evil"]\ndescription = "d"',
  "[web]\nallow_private = true",
  '[browser]\nexecutable = "./evil"',
  "[limits]\ncost_usd = 1000000",
  'fallback = ["x"]',
  'permission_mode = "bypassPermissions"',
  '[permissions]\nmode = "acceptEdits"',
  "[permissions]\nallow = 3",
  "__proto__.x = 1",
  "nonsense",
  "model = 3",
];

let refusals = 0;

test.each(dangerous)(
  "anything else is refused with a message, and nothing of the file counts: %s",
  async (text) => {
    const { settings, problem } = await read(text.includes("[") ? `model = "m"\n${text}\n` : `${text}\n`);
    expect(settings).toEqual({});
    expect(problem?.message).toMatch(/^Cannot use folder settings ".*settings.toml": line \d: .*[^.]$/);
    expect(problem?.hint).toContain('"model" and "instructions"');
    refusals++;
  },
);

test("a link to a file elsewhere, a linked folder, a pipe and a huge file are refused unread", async () => {
  const outside = await Deno.makeTempDir({ prefix: "jamey-outside-" });
  await Deno.writeTextFile(join(outside, "settings.toml"), 'model = "stolen"');
  const refused = async () => (await openFolderReader().folderSettings(workspace)).problem?.message;
  await Deno.symlink(join(outside, "settings.toml"), path);
  expect(await refused()).toContain("it is a link");
  await Deno.remove(path);
  await new Deno.Command("mkfifo", { args: [path] }).output();
  expect(await refused()).toContain("no plain file");
  await Deno.remove(path);
  await Deno.writeTextFile(path, "#".repeat(64 * 1024 + 1));
  expect(await refused()).toContain("larger than 65536 bytes");
  await Deno.writeTextFile(path, "#".repeat(64 * 1024));
  expect(await refused()).toBeUndefined();
  await Deno.remove(join(workspace, ".jamey"), { recursive: true });
  await Deno.symlink(outside, join(workspace, ".jamey"));
  expect(await refused()).toContain("it is a link");
  await Deno.remove(outside, { recursive: true });
  console.log(
    `P5 folder settings: ${refusals} of ${dangerous.length} texts and 4 of 4 strange files refused`,
  );
});

test("a change of the file counts at the next look, and so does its end", async () => {
  const reader = openFolderReader();
  await Deno.writeTextFile(path, 'model = "one"');
  expect((await reader.folderSettings(workspace)).settings.model).toBe("one");
  const again = await reader.folderSettings(workspace);
  expect(await reader.folderSettings(workspace)).toBe(again);
  await Deno.writeTextFile(path, 'model = "second"');
  expect((await reader.folderSettings(workspace)).settings.model).toBe("second");
  await Deno.remove(path);
  expect(await reader.folderSettings(workspace)).toEqual({ settings: {}, rules: [] });
});

test("a line made to be hard to read is refused like any other, and holds nobody up", async () => {
  const blanks = " ".repeat(700);
  const { settings, problem } = await read(`${blanks}a${blanks}#${blanks}\n`);
  expect(settings).toEqual({});
  expect(problem?.message).toContain(`Cannot use folder settings "${path}": line 1`);
});

test("each of many changes is read, though all of them look the same from outside", async () => {
  const reader = openFolderReader();
  for (let count = 0; count < 200; count++) {
    const model = `m${count % 10}`;
    await Deno.writeTextFile(path, `model = "${model}"\n`);
    expect((await reader.folderSettings(workspace)).settings.model).toBe(model);
  }
});
