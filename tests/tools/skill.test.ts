// The Skill tool on real skill folders.
import { afterEach, beforeEach, expect, test } from "vitest";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createSkillLibrary } from "../../src/context/skill_library.ts";
import { createSkills } from "../../src/context/skills.ts";
import { skillArgsCharsMax, skillTool } from "../../tools/skill.ts";
import { makeWorkspace, runTool, type TestWorkspace, textOf } from "./workspace.ts";

let space: TestWorkspace;
beforeEach(async () => void (space = await makeWorkspace()));
afterEach(() => space.remove());

test("Skill gives the text of a skill with its arguments, needs no approval, and may be used while planning", async () => {
  const tool = skillTool(createSkillLibrary(createSkills({ home: space.outside })));
  const folder = join(space.dir, ".agents", "skills", "greet");
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "SKILL.md"), "---\nname: greet\ndescription: Greets\n---\nSay hello to $1.\n");
  const outcome = await runTool(tool, { skill: "greet", args: "Ada" }, space.context());
  expect(outcome).toMatchObject({ status: "finished", truncated: false });
  expect(textOf(outcome)).toContain(`"${folder}"`);
  expect(textOf(outcome)).toContain("Say hello to Ada.");
  expect(tool).toMatchObject({ requiresConfirmation: false, effect: "pure" });
  const parsed = tool.parse({ skill: "greet" });
  expect(parsed.ok && parsed.call.allowedInPlan({ planFile: "", workspace: space.dir })).toBe(true);
});

test("Skill refuses unknown skills by naming the known ones, and arguments that are too long", async () => {
  const tool = skillTool(createSkillLibrary(createSkills({ home: space.outside })));
  expect(await runTool(tool, { skill: "none" }, space.context())).toEqual({
    status: "failed",
    error: 'Cannot load the skill "none": there are no skills here',
  });
  expect(tool.parse({ skill: "x", args: "y".repeat(skillArgsCharsMax) }).ok).toBe(true);
  expect(tool.parse({ skill: "x", args: "y".repeat(skillArgsCharsMax + 1) }).ok).toBe(false);
});
