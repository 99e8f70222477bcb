// A real folder to work in, outside of everything else, and what a tool is given to run there.
import { noSecrets } from "../../src/permission/secret_places.ts";
import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readdir, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Tool, ToolContext, ToolOutcome, ToolSession } from "../../tools/contract.ts";
import type { JsonObject, JsonValue } from "../../src/protocol/json.ts";

export interface TestWorkspace {
  /** The workspace. */
  dir: string;
  /** A folder next to it, which tools must not touch. */
  outside: string;
  effects: string;
  live: string[];
  context(overrides?: Partial<ToolContext> & { callId?: string }): ToolContext;
  remove(): Promise<void>;
}

export async function makeWorkspace(): Promise<TestWorkspace> {
  const base = await realpath(await mkdtemp(join(tmpdir(), "jamey-tools-")));
  const [dir, outside, effects] = [join(base, "workspace"), join(base, "outside"), join(base, "effects")];
  for (const folder of [dir, outside, effects]) await mkdir(folder);
  const live: string[] = [];
  const context = ({ callId = "call_1", ...overrides }: Partial<ToolContext> & { callId?: string } = {}) => {
    return {
      session: testSession(callId),
      workspace: dir,
      roots: [dir],
      secrets: noSecrets,
      sandbox: null,
      effectDir: async () => {
        await mkdir(join(effects, callId), { recursive: true });
        return join(effects, callId);
      },
      signal: new AbortController().signal,
      onOutput: (text: string) => void live.push(text),
      ...overrides,
    };
  };
  return { dir, outside, effects, live, context, remove: () => rm(base, { recursive: true, force: true }) };
}

/** A session that has seen and done nothing yet; tests override what they need. Kept bytes live in memory. */
export function testSession(callId = "call_1", overrides: Partial<ToolSession> = {}): ToolSession {
  const kept = new Map<string, Uint8Array>();
  return {
    sessionId: "test",
    actor: "main",
    callId,
    by: "model",
    permissionMode: "default",
    modeBeforePlan: "default",
    worktree: null,
    planFile: "/nonexistent/plan.md",
    todos: () => [],
    tasks: () => [],
    seen: () => undefined,
    changes: () => [],
    keep: (bytes) => {
      const name = createHash("sha256").update(bytes).digest("hex");
      kept.set(name, bytes);
      return Promise.resolve(name);
    },
    kept: (name) => {
      const bytes = kept.get(name);
      return bytes === undefined
        ? Promise.reject(new Error(`nothing is kept as "${name}"`))
        : Promise.resolve(bytes);
    },
    backgroundTasks: () => [],
    hooksCount: () => 0,
    endBackgroundTask: () => Promise.resolve(false),
    ...overrides,
  };
}

/** A call from arguments to outcome, as the kernel makes it. */
export async function runTool(tool: Tool, args: JsonObject, context: ToolContext): Promise<ToolOutcome> {
  const parsed = tool.parse(args);
  if (!parsed.ok) return { status: "failed", error: parsed.error };
  const prepared = await parsed.call.prepare(context);
  return "status" in prepared ? prepared : await prepared.run();
}

/** A call that got as far as being logged, and no further. */
export async function prepareTool(
  tool: Tool,
  args: JsonObject,
  context: ToolContext,
): Promise<{ evidence: JsonValue; run(): Promise<ToolOutcome>; abandon(): Promise<void> }> {
  const parsed = tool.parse(args);
  if (!parsed.ok) throw new Error(parsed.error);
  const prepared = await parsed.call.prepare(context);
  if ("status" in prepared) throw new Error(JSON.stringify(prepared));
  return prepared;
}

export async function recoverTool(
  tool: Tool,
  args: JsonObject,
  evidence: JsonValue,
  context: ToolContext,
): Promise<ToolOutcome | "again"> {
  const parsed = tool.parse(args);
  if (!parsed.ok) throw new Error(parsed.error);
  return await parsed.call.recover(evidence, context);
}

/** The text a model would read: output, and error when there is one. */
export function textOf(outcome: ToolOutcome): string {
  if (outcome.status === "finished") return outcome.output;
  const why = outcome.status === "failed" ? outcome.error : outcome.reason;
  return outcome.output ? `${why}\n${outcome.output}` : why;
}

/** Pids of processes whose command line holds `word`. */
export async function processesWith(word: string): Promise<string[]> {
  const found: string[] = [];
  for (const pid of (await readdir("/proc")).filter((name) => /^\d+$/.test(name))) {
    const line = await Deno.readTextFile(`/proc/${pid}/cmdline`).catch(() => "");
    if (line.includes(word)) found.push(pid);
  }
  return found;
}
