// The workflows that the documents and the examples show pass the check, and their diagrams fit a terminal.
import { expect, it } from "vitest";
import { checkWorkflow } from "../../src/workflow/check.ts";
import { diagramText } from "../../src/workflow/diagram.ts";
import { faultText } from "../../src/workflow/faults.ts";
import { knownToolNames } from "../../src/workflow/known_tools.ts";
import { readWorkflowFile } from "../../src/workflow/read_file.ts";

const options = { knownTools: knownToolNames([]), readFile: readWorkflowFile };

it("the file in docs/workflows.md passes the check", async () => {
  const page = await Deno.readTextFile("docs/workflows.md");
  const text = /```yaml\n([^]*?)```/.exec(page)?.[1] ?? "";
  expect(text).toContain("nodes:");
  const checked = await checkWorkflow(text, "notes.yaml", options);
  expect(checked.ok ? [] : checked.faults.map(faultText)).toEqual([]);
});

it.each(["review", "fan_out", "release"])(
  "examples/%s.yaml passes the check and is drawn in 80 columns",
  async (name) => {
    const file = `examples/${name}.yaml`;
    const checked = await checkWorkflow(await readWorkflowFile(file), file, options);
    if (!checked.ok) throw new Error(checked.faults.map(faultText).join("\n"));
    const text = diagramText(checked.definition, { columns: 80 });
    expect(text).toContain("▼");
    for (const id of Object.keys(checked.definition.nodes)) expect(text).toContain(`│ ${id} `);
  },
);

it("a link to nothing, a folder and a file that is too large are no workflow", async () => {
  await expect(readWorkflowFile("examples/none.yaml")).rejects.toThrow("there is no such file");
  await expect(readWorkflowFile("examples")).rejects.toThrow("it is no plain file");
  const large = await Deno.makeTempFile({ prefix: "jamey-workflow-" });
  try {
    await Deno.truncate(large, 4_000_000);
    await expect(readWorkflowFile(large)).rejects.toThrow("larger than 1000000 characters");
  } finally {
    await Deno.remove(large);
  }
});
