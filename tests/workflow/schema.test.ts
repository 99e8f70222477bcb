// The published JSON Schema: current, and of the same mind as the check about shapes.
import { expect, it } from "vitest";
import published from "../../docs/workflow.schema.json" with { type: "json" };
import { workflowSchema } from "../../src/workflow/json_schema.ts";

it("docs/workflow.schema.json is what the program would print", () => {
  expect(published, "run: jamey workflow schema > docs/workflow.schema.json").toEqual(workflowSchema());
});

it("every reference in it leads somewhere, and every kind of node is described", () => {
  const text = JSON.stringify(published);
  const references = [...text.matchAll(/"\$ref":"(#[^"]*)"/g)].map(([, reference]) => reference ?? "");
  expect(references.length).toBeGreaterThan(0);
  for (const reference of references) {
    const found = reference.split("/").slice(1).reduce(
      (here: unknown, key) => typeof here === "object" && here !== null ? Reflect.get(here, key) : undefined,
      published,
    );
    expect(found, reference).toBeDefined();
  }
  for (const kind of ["agent", "tool", "question", "condition", "team", "workflow", "each"]) {
    expect(text).toContain(`{"type":"string","const":"${kind}"}`);
  }
});
