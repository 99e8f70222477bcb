// A tool whose arguments somebody else checks: models see that one's JSON Schema, and here only what it needs is looked for.
import { z } from "zod";
import { type JsonObject, jsonObject, jsonValue } from "../../src/protocol/json.ts";
import type { Subject } from "../../src/permission/contract.ts";
import type { Tool, ToolContext, ToolOutcome } from "../contract.ts";
import { defineTool } from "../define_tool.ts";

const missingMax = 10;

export interface LooseTool {
  name: string;
  description: string;
  /** JSON Schema. Patterns in it are not run: one could stop this process. */
  parameters: JsonObject;
  requiresConfirmation: boolean;
  /** What rules can say something about, beside the name. */
  subjects?: readonly Subject[];
  limits: { timeoutMs: number; outputCharsMax: number };
  run(args: JsonObject, context: ToolContext): Promise<ToolOutcome>;
}

/** Nobody knows what it does: it is never run again, and not at all in plan mode. */
export function looseTool(
  { name, description, parameters, requiresConfirmation, subjects = [], limits, run }: LooseTool,
): Tool {
  const base = defineTool({
    name,
    description,
    parameters: z.record(z.string(), jsonValue),
    effect: "unsafe",
    requires_confirmation: requiresConfirmation,
    allowed_in_plan: false,
    limits,
    subjects: () => subjects,
    run: (args: JsonObject, context) => run(args, context),
  });
  const required = z.array(z.string()).catch([]).parse(parameters["required"]);
  return {
    ...base,
    spec: { name, description, parameters },
    parse(args) {
      const given = jsonObject.safeParse(args);
      const missing = given.success ? required.filter((field) => !Object.hasOwn(given.data, field)) : [];
      if (missing.length === 0) return base.parse(args);
      const words = missing.slice(0, missingMax).map((field) => `"${field}" is missing`).join("; ");
      return { ok: false, error: `Cannot run ${name}: ${words}` };
    },
  };
}
