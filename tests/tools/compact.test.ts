// Compact: a request that the kernel fulfils later.
import { expect, test } from "vitest";
import { compactTool, instructionsCharsMax } from "../../tools/compact.ts";
import { makeWorkspace, runTool } from "./workspace.ts";

test("Compact asks for a summary and passes on what it must keep", async () => {
  const space = await makeWorkspace();
  try {
    expect(await runTool(compactTool, {}, space.context())).toMatchObject({
      status: "finished",
      facts: [{ type: "context.compact_requested", data: { by: "agent" } }],
    });
    expect(await runTool(compactTool, { instructions: "the paths" }, space.context())).toMatchObject({
      facts: [{ data: { by: "agent", instructions: "the paths" } }],
    });
    const long = { instructions: "x".repeat(instructionsCharsMax + 1) };
    expect(await runTool(compactTool, long, space.context())).toMatchObject({ status: "failed" });
  } finally {
    await space.remove();
  }
});
