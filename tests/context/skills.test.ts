// Skills in folders: which are found, which win, which are broken and why, and what loading one gives.
import { afterEach, beforeEach, expect, test } from "vitest";
import { mkdir, rename, rm, symlink } from "node:fs/promises";
import { fillArguments, placedCharsMax } from "../../src/context/arguments.ts";
import { aliasesMax, frontmatterCharsMax, parseFrontmatter } from "../../src/context/frontmatter.ts";
import { createSkillLibrary } from "../../src/context/skill_library.ts";
import { createSkills, skillBytesMax, skillsMax } from "../../src/context/skills.ts";
import { makeFolder, type TestFolder } from "./folder.ts";

let folder: TestFolder;
beforeEach(async () => {
  folder = await makeFolder();
  await mkdir(folder.at("repo/.git/refs"), { recursive: true });
});
afterEach(() => folder.remove());

const skill = (name: string, more = "", body = "Do it.") =>
  `---\nname: ${name}\ndescription: About ${name}\n${more}---\n${body}\n`;
const find = (workspace = folder.workspace) => createSkills(folder)(workspace);
const load = (name: string, args = "", workspace = folder.workspace) =>
  createSkillLibrary(createSkills(folder)).load(workspace, name, args);

test("skills are found in the folder, up to the top of the repository, and with the user, sorted by name", async () => {
  await folder.put({
    "repo/a/.agents/skills/deep/SKILL.md": skill("deep"),
    "repo/.claude/skills/top/SKILL.md": skill("top", "license: MIT\nallowed-tools: Read, Bash(git *)\n"),
    "repo/.agents/skills/not-one/README.md": "no skill",
    "home/.agents/skills/mine/SKILL.md": skill("mine"),
    "home/.claude/skills/other/SKILL.md": skill("other", "allowed-tools: [Read, Edit]\n"),
    ".agents/skills/outside/SKILL.md": skill("outside"),
  });
  const { skills, broken } = await find(folder.at("repo/a"));
  expect(broken).toEqual([]);
  expect(skills.map(({ name, source }) => `${name} ${source}`)).toEqual([
    "deep workspace",
    "mine user",
    "other user",
    "top workspace",
  ]);
  expect(skills[2]).toEqual({
    name: "other",
    description: "About other",
    source: "user",
    folder: folder.at("home/.claude/skills/other"),
  });
});

test("of two skills of one name the closer one counts, and the folder's before the user's", async () => {
  await folder.put({
    "home/.agents/skills/x/SKILL.md": skill("x", "", "user"),
    "repo/.claude/skills/x/SKILL.md": skill("x", "", "top, second"),
    "repo/.agents/skills/x/SKILL.md": skill("x", "", "top"),
    "repo/a/.claude/skills/x/SKILL.md": skill("x", "", "closest"),
  });
  expect(await load("x", "", folder.at("repo/a"))).toMatchObject({
    text: expect.stringContaining("closest"),
  });
  expect(await load("x")).toMatchObject({ text: expect.stringMatching(/\n\ntop$/) });
  expect((await find()).skills).toHaveLength(1);
});

test.each([
  ["no head", "Do it.", '"name" is missing in its head'],
  ["no description", "---\nname: x\n---\n", '"description" is missing in its head'],
  ["an empty description", "---\nname: x\ndescription: ''\n---\n", '"description" is empty'],
  [
    "a long description",
    `---\nname: x\ndescription: ${"y".repeat(1025)}\n---\n`,
    "more than 1024 characters",
  ],
  ["another name", skill("y"), '"name" is "y", it must be that of its folder, "x"'],
  ["a name of other letters", skill("X y"), '"name" must be 1 to 64 of "a-z", "0-9" and "-"'],
  ["an open head", "---\nname: x\n", 'its head has no closing "---"'],
  ["no YAML", "---\nname: [\n---\n", "its head is not valid YAML"],
  ["a list", "---\n- a\n---\n", "its head is not a list of named settings"],
  ["the wrong kind of name", "---\nname: 1\ndescription: d\n---\n", '"name" is wrong, expected string'],
  ["a binary file", "a\0b", "it is a binary file"],
  ["a huge file", skill("x", "", "z".repeat(skillBytesMax)), `it has more than ${skillBytesMax} bytes`],
])("a skill with %s is listed as broken with the reason, and the others are found", async (_, text, why) => {
  await folder.put({
    "repo/.agents/skills/x/SKILL.md": text,
    "repo/.agents/skills/ok/SKILL.md": skill("ok"),
  });
  const { skills, broken } = await find();
  expect(skills.map(({ name }) => name)).toEqual(["ok"]);
  expect(broken).toEqual([{ folder: folder.at("repo/.agents/skills/x"), why: expect.stringContaining(why) }]);
  expect(await load("x")).toMatchObject({ ok: false, error: expect.stringContaining(why) });
});

test("a broken skill of the folder does not hide the user's own of that name", async () => {
  await folder.put({
    "repo/.agents/skills/x/SKILL.md": "no head",
    "home/.agents/skills/x/SKILL.md": skill("x"),
  });
  expect(await load("x")).toMatchObject({ ok: true });
});

test("a skill that is a link out of the repository is broken, and the user's own may be a link", async () => {
  await folder.put({ "elsewhere/x/SKILL.md": skill("x"), "home/.agents/skills/y/SKILL.md": skill("y") });
  await mkdir(folder.at("repo/.agents/skills"), { recursive: true });
  await symlink(folder.at("elsewhere/x"), folder.at("repo/.agents/skills/x"));
  expect(await find()).toMatchObject({
    skills: [{ name: "y" }],
    broken: [{ why: `it leads out of "${folder.workspace}"` }],
  });
  await symlink(folder.at("elsewhere/x"), folder.at("home/.agents/skills/x"));
  expect(await load("x")).toMatchObject({ ok: true });
});

test("an anchor bomb in a head is an error and not a full memory", async () => {
  const levels = Array.from(
    { length: 12 },
    (_, n) => `l${n + 1}: &l${n + 1} [${Array(10).fill(`*l${n}`).join(", ")}]`,
  );
  const text = `---\nl0: &l0 [x, x]\n${levels.join("\n")}\n---\n`;
  expect(await parseFrontmatter(text)).toMatchObject({ ok: false, why: expect.stringContaining("YAML") });
  const aliases = (count: number) => `---\na: &a x\nb: [${Array(count).fill("*a").join(", ")}]\n---\n`;
  expect(await parseFrontmatter(aliases(aliasesMax - 1))).toMatchObject({ ok: true });
  expect(await parseFrontmatter(aliases(aliasesMax))).toMatchObject({ ok: false });
  const long = `---\na: ${"x".repeat(frontmatterCharsMax)}\n---\n`;
  expect(await parseFrontmatter(long)).toMatchObject({ ok: false });
  expect(await parseFrontmatter("---\n---\nbody")).toEqual({ ok: true, settings: {}, body: "body" });
  expect(await parseFrontmatter("body\n---\nmore")).toMatchObject({ ok: true, body: "body\n---\nmore" });
});

test(`no more than ${skillsMax} skills are listed`, async () => {
  const names = Array.from({ length: skillsMax + 1 }, (_, n) => `s-${String(n).padStart(3, "0")}`);
  await folder.put(
    Object.fromEntries(names.map((name) => [`repo/.agents/skills/${name}/SKILL.md`, skill(name)])),
  );
  expect((await find()).skills.map(({ name }) => name)).toEqual(names.slice(0, skillsMax));
});

test("skills that appear, move or go are noticed without a restart", async () => {
  const skills = createSkills(folder);
  const names = async () => (await skills(folder.workspace)).skills.map(({ name }) => name);
  expect(await names()).toEqual([]);
  await folder.put({ "repo/.agents/skills/x/SKILL.md": skill("x") });
  expect(await names()).toEqual(["x"]);
  await rename(folder.at("repo/.agents/skills/x"), folder.at("repo/.agents/skills/y"));
  await folder.put({ "repo/.agents/skills/y/SKILL.md": skill("y") });
  expect(await names()).toEqual(["y"]);
  await rm(folder.at("repo/.agents"), { recursive: true });
  expect(await names()).toEqual([]);
});

test("a loaded skill names its folder, comes without its head, and has its arguments put in", async () => {
  await folder.put({
    "repo/.agents/skills/x/SKILL.md": skill("x", "", "Look at $1, then all of: $ARGUMENTS"),
  });
  expect(await load("x", `"a b" c`)).toEqual({
    ok: true,
    text: `Skill "x", from the folder "${
      folder.at("repo/.agents/skills/x")
    }". Paths in it begin there.\n\nLook at a b, then all of: "a b" c`,
  });
});

test("an unknown skill is refused by naming the known ones", async () => {
  expect(await load("z")).toEqual({
    ok: false,
    error: 'Cannot load the skill "z": there are no skills here',
  });
  await folder.put({ "repo/.agents/skills/x/SKILL.md": skill("x") });
  expect(await load("z")).toMatchObject({
    error: expect.stringContaining('there is none of that name, known are "x"'),
  });
  expect(await load("../x")).toMatchObject({ ok: false });
});

test.each([
  ["Fix $1 in $2", "bug file", "Fix bug in file"],
  ["Fix $1 in $2", "bug", "Fix bug in "],
  ["$ARGUMENTS", "$1 $ARGUMENTS", "$1 $ARGUMENTS"],
  ["costs $10 or $ARGUMENTSX", "", "costs $10 or $ARGUMENTSX"],
  ["No place\n", "given", "No place\n\nArguments: given"],
  ["No place", " ", "No place"],
  [`$1|$2|$3`, `'a b' "c d" e`, "a b|c d|e"],
])("%j with the arguments %j becomes %j", (text, args, filled) => {
  expect(fillArguments(text, args)).toBe(filled);
});

test("arguments are put into a text up to a maximum in all", () => {
  const args = "a".repeat(placedCharsMax / 2);
  expect(fillArguments("$1 $ARGUMENTS", args)).toBe(`${args} ${args}`);
  expect(fillArguments("$1 $1 $1", args)).toBe(`${args} ${args} [cut]`);
});
