// A session that remembers, as the kernel's does: what its calls read and wrote, what they changed, and the bytes kept.
import type { Tool, ToolContext, ToolOutcome, ToolSession } from "../../tools/contract.ts";
import type { FactData } from "../../src/protocol/facts.ts";
import type { JsonObject } from "../../src/protocol/json.ts";
import { prepareTool, runTool, testSession, type TestWorkspace } from "./workspace.ts";

export interface RecordedSession {
  changes: FactData<"file.changed">[];
  /** Runs a call, and takes its outcome into account. */
  run(tool: Tool, args: JsonObject, overrides?: Partial<ToolSession>): Promise<ToolOutcome>;
  /** A call that waits for its run, of which the session is told nothing. */
  prepare(
    tool: Tool,
    args: JsonObject,
    overrides?: Partial<ToolSession>,
  ): ReturnType<typeof prepareTool>;
  /** What the next call is given. */
  context(overrides?: Partial<ToolSession>): ToolContext;
}

export function recordSession(space: TestWorkspace): RecordedSession {
  const seen = new Map<string, string>();
  const changes: FactData<"file.changed">[] = [];
  const { keep, kept } = testSession();
  let calls = 0;
  const context = (overrides: Partial<ToolSession> = {}) => {
    const callId = `c${++calls}`;
    const known = { keep, kept, changes: () => changes, seen: (path: string) => seen.get(path) };
    return space.context({ callId, session: testSession(callId, { ...known, ...overrides }) });
  };
  const take = (outcome: ToolOutcome) => {
    if (outcome.status !== "finished") return outcome;
    for (const { path, sha256 } of outcome.files ?? []) seen.set(path, sha256);
    for (const fact of outcome.facts ?? []) if (fact.type === "file.changed") changes.push(fact.data);
    return outcome;
  };
  return {
    changes,
    context,
    run: async (tool, args, overrides) => take(await runTool(tool, args, context(overrides))),
    prepare: (tool, args, overrides) => prepareTool(tool, args, context(overrides)),
  };
}
