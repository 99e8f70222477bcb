// The system prompt: what every agent is told, and what a template of the user's own can and cannot change.
import { afterEach, beforeEach, expect, test } from "vitest";
import { mkdir, rm } from "node:fs/promises";
import {
  composeSystemPrompt,
  skillListCharsMax,
  type SystemPromptParts,
} from "../../src/context/system_prompt.ts";
import { createSystemTemplate, defaultSystemTemplate } from "../../src/context/system_template.ts";
import { renderTemplate, templateCharsMax } from "../../src/context/template.ts";
import { makeFolder, type TestFolder } from "./folder.ts";

let folder: TestFolder;
beforeEach(async () => void (folder = await makeFolder()));
afterEach(() => folder.remove());

const bare: SystemPromptParts = {
  workspace: "/w",
  furtherFolders: [],
  facts: "",
  toolNames: [],
  skills: [],
  instructions: "",
  context: "",
  permissionMode: "default",
  planFile: "/plans/p.md",
  isSubAgent: false,
};
const compose = (parts: Partial<SystemPromptParts> = {}) => composeSystemPrompt({ ...bare, ...parts });
const full: Partial<SystemPromptParts> = {
  furtherFolders: ["/x", "/y"],
  facts: "System: linux",
  toolNames: ["Read", "Grep", "Glob", "Skill"],
  skills: [{ name: "greet", description: "Greets\n  people" }],
  instructions: "## From AGENTS.md\n\n\n\nuse {tabs}",
  context: "The user is Ada.",
  permissionMode: "plan",
  isSubAgent: true,
};

test("without anything else an agent is told who it is, how to work and where", () => {
  const text = compose();
  expect(text).toMatch(/^You are jamey/);
  expect(text).toMatch(/\n\nWorkspace: \/w$/);
  expect(text).not.toMatch(/\n{3}|[{}]/);
});

test("an agent is told of the sandbox where there is one, beside the workspace it is about", () => {
  const text = compose({ facts: "System: linux", sandbox: "Bash runs commands in a sandbox" });
  expect(text).toContain("Workspace: /w\nSystem: linux\nBash runs commands in a sandbox");
  expect(compose({ sandbox: "" })).toBe(compose());
});

test("everything that is known has its place, what changes least first, and the same parts give the same text", () => {
  const text = compose(full);
  const order = [
    "# Tools\n- To look at files",
    "# Skills",
    "- greet: Greets people",
    "# Instructions",
    "## From AGENTS.md\n\n\n\nuse {tabs}",
    "Workspace: /w\nFurther folders you may use: /x, /y\nSystem: linux",
    "The user is Ada.",
    "Plan mode is on",
    "You are a sub-agent",
  ];
  const places = order.map((part) => text.indexOf(part));
  expect(places).not.toContain(-1);
  expect(places).toEqual(places.toSorted((a, b) => a - b));
  expect(compose(full)).toBe(text);
});

test("tools are hinted at, and skills listed, only for an agent that has them", () => {
  expect(compose({ toolNames: ["Read", "Grep"] })).not.toContain("# Tools");
  expect(compose({ ...full, toolNames: [] })).not.toContain("# Skills");
});

test("plan mode names the plan's file and ExitPlanMode to the main agent only", () => {
  expect(compose({ permissionMode: "plan" })).toContain(
    '"/plans/p.md". When the plan is ready call ExitPlanMode',
  );
  expect(compose({ permissionMode: "plan", isSubAgent: true })).not.toContain("ExitPlanMode");
});

test("of very many skills the last are named without their descriptions", () => {
  const description = "d".repeat(1000);
  const skills = Array.from({ length: 100 }, (_, n) => ({ name: `s${n}`, description }));
  const text = compose({ toolNames: ["Skill"], skills });
  expect(text).toContain(`- s0: ${description}\n`);
  expect(text).toMatch(/- s98\n- s99$/m);
  expect(text.length).toBeLessThan(skillListCharsMax + 5000);
});

test("a template decides on words and order, but where the agent is and what mode holds is said in any case", () => {
  const text = compose({ ...full, template: "Hello {{you}}.\n{tools}\n{workspace}" });
  expect(text).toMatch(/^Hello \{you\}\.\n# Tools/);
  expect(text).not.toContain("# Skills");
  expect(text).toMatch(/System: linux\n\nThe user is Ada\.\n\nPlan mode is on[^]*\n\nYou are a sub-agent/);
  expect(compose({ template: "Only this" })).toBe("Only this\n\nWorkspace: /w");
});

test("braces in a value, and braces around anything but a name, mean nothing", () => {
  expect(renderTemplate('{a} {{a}} { "b": 1 } {B} {', { a: "{c}" })).toBe('{c} {a} { "b": 1 } {B} {');
});

test("an unknown name in a template is an error that names the known ones", () => {
  expect(() => renderTemplate("{b}", { a: "" })).toThrow(
    'Cannot use the template: "{b}" is not known, known are "{a}"',
  );
  expect(() => renderTemplate("{constructor}", { a: "" })).toThrow("is not known");
});

test("the user's own template is used once it can be, and a broken one is reported and not used", async () => {
  const read = createSystemTemplate(folder);
  expect(await read()).toEqual({ template: defaultSystemTemplate, problem: null });
  await folder.put({ "config/prompts/system.md": "I am {workspace}" });
  expect(await read()).toEqual({ template: "I am {workspace}", problem: null });
  const problem = async (text: string) => {
    await folder.put({ "config/prompts/system.md": text });
    const found = await read();
    expect(found.template).toBe(defaultSystemTemplate);
    return found.problem;
  };
  expect(await problem("I am {nobody}")).toContain('"{nobody}" is not known, known are "{tools}"');
  expect(await problem(" \n")).toContain("it is empty; the built-in prompt is used");
  expect(await problem("x".repeat(templateCharsMax + 1))).toContain(`more than ${templateCharsMax} bytes`);
  expect(await problem("a\0b")).toContain("binary");
  await rm(folder.at("config/prompts/system.md"));
  await mkdir(folder.at("config/prompts/system.md"));
  expect((await read()).problem).toContain("not a regular file");
});
