// `jamey workflow check`, `show` and `schema` as a process, without a daemon.
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { jamey } from "./program.ts";
import { readXml } from "../workflow/xml.ts";

let folder = "";
const run = (...args: string[]) => jamey(join(folder, "data"), ["workflow", ...args], { cwd: folder });
const good = `name: notes
inputs: {topic: {type: string, default: bees}}
nodes:
  write: {kind: agent, prompt: "About {{ inputs.topic }}"}
  save: {kind: tool, tool: Write, args: {file_path: notes.md, content: "{{ nodes.write.output }}"}, needs: [write]}
`;

beforeAll(async () => {
  folder = await Deno.makeTempDir({ prefix: "jamey-cli-workflow-" });
  await Deno.writeTextFile(join(folder, "good.yaml"), good);
  await Deno.writeTextFile(
    join(folder, "bad.yaml"),
    good.replace("tool: Write", "tool: Wriet").replace(".topic", ".topik"),
  );
  await Deno.writeTextFile(
    join(folder, "hostile.yaml"),
    `name: "a\\eb\\u202Ec"\nnodes: {a: {kind: agent, prompt: x, "\\e]0;x": 1}}\n`,
  );
});
afterAll(() => Deno.remove(folder, { recursive: true }));

it("check is content with a good file and says what it holds", async () => {
  expect(await run("check", "good.yaml")).toEqual({
    code: 0,
    stdout: '"good.yaml" is all right: "notes" has 2 nodes\n',
    stderr: "",
  });
});

it("check says every fault with file, line, column and field, and ends with exit code 42", async () => {
  const { code, stdout } = await run("check", "bad.yaml");
  expect(code).toBe(42);
  expect(stdout.trimEnd().split("\n")).toEqual([
    'bad.yaml:4:32 nodes.write.prompt: there is no input "topik", did you mean "topic"? (at character 10 of the template)',
    'bad.yaml:5:28 nodes.save.tool: there is no tool "Wriet", did you mean "Write"?',
  ]);
  const json = JSON.parse((await run("check", "bad.yaml", "--json")).stdout);
  expect(json).toMatchObject({
    file: "bad.yaml",
    ok: false,
    problems: [{ line: 4, column: 32 }, { field: "nodes.save.tool" }],
  });
});

it("a file with a fault is not shown, and the faults are named", async () => {
  const { code, stderr, stdout } = await run("show", "bad.yaml");
  expect(code).toBe(42);
  expect(stdout).toBe("");
  expect(stderr).toContain("bad.yaml:5:28 nodes.save.tool");
});

it("show draws the workflow, as text, as Mermaid and into an SVG file", async () => {
  expect((await run("show", "good.yaml")).stdout).toMatch(/│ write +│[^]*▼[^]*│ save +│[^]*write → save\n$/);
  expect((await run("show", "good.yaml", "--mermaid")).stdout).toContain("flowchart TD\n");
  const { code, stdout } = await run("show", "good.yaml", "-o", "good.svg");
  expect({ code, stdout }).toEqual({ code: 0, stdout: "" });
  expect(readXml(await Deno.readTextFile(join(folder, "good.svg"))).texts).toContain("write");
});

it("nothing in a file moves the cursor of whoever checks it", async () => {
  const { code, stdout } = await run("check", "hostile.yaml");
  expect(code).toBe(42);
  expect(stdout).not.toContain("\u001b");
  expect(stdout).toContain("hostile.yaml:2:");
});

it("a file that is missing, no file at all and one too many are said in words", async () => {
  expect((await run("check", "none.yaml")).stderr).toContain(
    'Cannot read "none.yaml": there is no such file',
  );
  expect(await run("check")).toMatchObject({ code: 2 });
  expect((await run("show", "good.yaml", "bad.yaml")).stderr).toContain('there is no place for "bad.yaml"');
  expect((await run("show", "good.yaml", "--svg", "--mermaid")).code).toBe(2);
});

it("schema prints a JSON Schema", async () => {
  expect(JSON.parse((await run("schema")).stdout)).toMatchObject({ title: "jamey workflow", type: "object" });
});

it("a picture of another kind is refused and nothing is written", async () => {
  const { code, stderr } = await run("show", "good.yaml", "-o", "good.png");
  expect(code).toBe(2);
  expect(stderr).toContain('".png" is no picture that it draws');
  await expect(Deno.stat(join(folder, "good.png"))).rejects.toThrow(Deno.errors.NotFound);
  expect((await run("show", "good.yaml", "-o", "good.txt")).code).toBe(0);
});
