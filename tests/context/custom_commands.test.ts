// Slash commands from Markdown files: the user's own and the folder's.
import { afterEach, beforeEach, expect, test } from "vitest";
import { mkdir, symlink } from "node:fs/promises";
import { commandBytesMax, commandsMax, customCommands } from "../../src/context/custom_commands.ts";
import { makeFolder, type TestFolder } from "./folder.ts";

let folder: TestFolder;
beforeEach(async () => {
  folder = await makeFolder();
  await mkdir(folder.at("repo/.git/refs"), { recursive: true });
});
afterEach(() => folder.remove());
const list = () => customCommands(folder.workspace, folder);

test("commands are the Markdown files of three folders; the workspace's count before the user's", async () => {
  await folder.put({
    "repo/.jamey/prompts/fix.md": "---\ndescription: Fixes it\n---\nFix $ARGUMENTS\n",
    "repo/.claude/commands/fix.md": "other",
    "repo/.claude/commands/plain.md": "Just do it",
    "repo/.claude/commands/notes.txt": "no command",
    "config/prompts/fix.md": "the user's",
    "config/prompts/mine.md": "Mine",
    "config/prompts/system.md": "not a command",
  });
  const { commands, broken } = await list();
  expect(broken).toEqual([]);
  expect(commands.map(({ name, source, description, body }) => [name, source, description, body])).toEqual([
    ["fix", "workspace", "Fixes it", "Fix $ARGUMENTS"],
    ["mine", "user", "", "Mine"],
    ["plain", "workspace", "", "Just do it"],
  ]);
});

test("broken commands are listed with the reason, and links out of the repository are not read", async () => {
  await folder.put({
    "secret.md": "SECRET",
    "repo/.jamey/prompts/open.md": "---\na: b\n",
    "repo/.jamey/prompts/long.md": "x".repeat(commandBytesMax + 1),
    "repo/.jamey/prompts/odd.md": "---\ndescription: [1]\n---\n",
    "repo/.jamey/prompts/full.md": "x".repeat(commandBytesMax),
  });
  await symlink(folder.at("secret.md"), folder.at("repo/.jamey/prompts/secret.md"));
  const { commands, broken } = await list();
  expect(commands.map(({ name }) => name)).toEqual(["full"]);
  expect(broken.map(({ why }) => why)).toEqual([
    `it has more than ${commandBytesMax} bytes`,
    '"description" in its head is not a text of at most 1024 characters',
    'its head has no closing "---"',
    `it leads out of "${folder.workspace}"`,
  ]);
});

test(`no more than ${commandsMax} commands are listed`, async () => {
  const names = Array.from({ length: commandsMax + 1 }, (_, n) => `c${n}`);
  await folder.put(Object.fromEntries(names.map((name) => [`config/prompts/${name}.md`, name])));
  expect((await list()).commands).toHaveLength(commandsMax);
});
