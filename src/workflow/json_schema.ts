// The format of a workflow as a JSON Schema, for editors and for programs that write workflows.
import { z } from "zod";
import { type JsonObject, jsonObject } from "../protocol/json.ts";
import { workflowDefinition } from "./definition.ts";

/** Draft 2020-12. What needs more than one place of the file (names, loops, templates) only the check knows. */
export function workflowSchema(): JsonObject {
  const { $schema, ...rest } = z.toJSONSchema(workflowDefinition, {
    io: "input",
    target: "draft-2020-12",
    reused: "ref",
  });
  return jsonObject.parse(JSON.parse(JSON.stringify({
    $schema,
    title: "jamey workflow",
    description: "A workflow of agents, tools, questions and conditions: see docs/workflows.md",
    ...rest,
  })));
}
