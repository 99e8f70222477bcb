// Write: creates a text file or replaces its whole content.
import { z } from "zod";
import { defineTool } from "./define_tool.ts";
import type { PreparedCall, ToolContext } from "./contract.ts";
import {
  assertKnown,
  isPlanFile,
  prepareChange,
  readForChange,
  recoverChange,
  wellFormedText,
} from "./file_change.ts";
import { confinePath, pathCharsMax, shownPath } from "./paths.ts";
import { visible } from "./visible.ts";
import { changeGrant } from "./sensitive_path.ts";

export const writeCharsMax = 2_000_000;

const parameters = z.strictObject({
  file_path: z.string().min(1).max(pathCharsMax).describe("The file, relative to the workspace or absolute"),
  content: wellFormedText.max(writeCharsMax).describe("The whole new content of the file"),
});
type Args = z.infer<typeof parameters>;

export const writeTool = defineTool({
  name: "Write",
  description:
    "Creates a text file, with its folders, or replaces the whole content of one, which must have been read before. To change a part, use Edit.",
  parameters,
  effect: "idempotent",
  requires_confirmation: true,
  allowed_in_plan: (args, context) => isPlanFile(args.file_path, context),
  limits: { timeoutMs: 60_000, outputCharsMax: 10_000 },
  prompt: (args) => `Write "${visible(args.file_path)}"\n\n${visible(args.content)}`,
  grant: (args) => changeGrant("Write", args.file_path),
  subjects: (args) => [{ kind: "path", path: args.file_path, access: "write" }],
  prepare: prepareWrite,
  recover: (_args, evidence, context) => recoverChange(evidence, context),
});

async function prepareWrite(args: Args, context: ToolContext): Promise<PreparedCall> {
  const path = await confinePath(args.file_path, context);
  const now = await readForChange(path, context);
  assertKnown(path, now, { mustKnow: true }, context);
  const bytes = new TextEncoder().encode(args.content);
  const verb = now === null ? "Created" : "Replaced";
  const summary = `${verb} "${shownPath(path.real, context.workspace)}" (${bytes.length} bytes)`;
  return await prepareChange(path, now, { bytes, summary }, context);
}
