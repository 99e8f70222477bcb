// A whole runtime for a test: real log on disk, real tools, the scripted provider or another, a scratch workspace.
import { join } from "node:path";
import { createRuntime } from "../../actors/runtime.ts";
import type { Runtime, RuntimeOptions } from "../../actors/runtime_options.ts";
import { secretsFrom } from "../../actors/packing.ts";
import type { Disk } from "../../src/log/disk.ts";
import { openDenoDisk } from "../../src/log/deno_disk.ts";
import { openFileLog } from "../../src/log/file_log.ts";
import type { Fact, PermissionMode } from "../../src/protocol/facts.ts";
import type { TurnResult } from "../../src/protocol/http.ts";
import type { JsonObject } from "../../src/protocol/json.ts";
import { scriptedProvider } from "../../src/providers/scripted.ts";
import { allTools } from "../../tools/list.ts";
import { until } from "./daemon.ts";
import { proveSessions } from "./prove.ts";
import { registryOf } from "../../src/providers/resolve_model.ts";

export interface TestRuntime {
  runtime: Runtime;
  dataDir: string;
  workspace: string;
  reports: string[];
  /** A new session in the workspace. */
  session(mode?: PermissionMode): Promise<string>;
  send(
    session: string,
    message: string,
    more?: { id?: string; delivery?: "steer" | "queue"; max_steps?: number },
  ): Promise<{
    seq: number;
    message_id?: string | undefined;
    repeated?: boolean | undefined;
  }>;
  /** Sends a script (see the scripted provider) or plain words, and waits for the end of the turn. */
  turn(session: string, message: string): Promise<TurnResult>;
  facts(session: string): Promise<Fact[]>;
  types(session: string): Promise<string[]>;
  /** Waits for the first fact of a type after `after`. */
  fact(session: string, type: string, after?: number): Promise<Fact>;
  /** Closes the runtime only, so that its files can be touched. */
  stop(): Promise<void>;
  /** Closes the runtime and opens another one over the same folder. */
  restart(options?: Partial<RuntimeOptions>): Promise<void>;
  /** Proves every session, closes and cleans up. */
  close(): Promise<void>;
}

export interface Step {
  text?: string;
  calls?: { name: string; args: JsonObject }[];
  delay_ms?: number;
}

export const script = (...steps: Step[]) => `script: ${JSON.stringify(steps)}`;

export async function openTestRuntime(
  options: Partial<RuntimeOptions> & { disk?: Disk; folder?: string; secret?: string } = {},
): Promise<TestRuntime> {
  const folder = options.folder ?? await Deno.makeTempDir({ prefix: "jamey-test-" });
  const dataDir = join(folder, "data");
  const workspace = await Deno.realPath(folder).then((real) => join(real, "workspace"));
  await Deno.mkdir(workspace, { recursive: true });
  const reports: string[] = [];
  const open = async (more: Partial<RuntimeOptions>): Promise<Runtime> => {
    const store = more.store ?? await openFileLog(options.disk ?? openDenoDisk(), dataDir);
    const runtime = createRuntime({
      providers: registryOf([scriptedProvider()]),
      tools: allTools,
      secrets: options.secret === undefined ? [] : secretsFrom({ OPENAI_API_KEY: options.secret }),
      report: (line) => reports.push(line),
      ...more,
      store,
    });
    await runtime.ready;
    return runtime;
  };
  let closed = false;
  const test: TestRuntime = {
    runtime: await open(options),
    dataDir,
    workspace,
    reports,
    session: async (permission_mode = "bypassPermissions") => {
      const input = { workspace, add_dirs: [], agent_mode: "single" as const, permission_mode };
      return (await test.runtime.create(input)).session_id;
    },
    send: (session, message, more = {}) =>
      test.runtime.command(session, { type: "message.send", message, delivery: "steer", ...more }, "test"),
    turn: async (session, message) => {
      const { message_id = "" } = await test.send(session, message);
      return await test.runtime.turn(session, message_id, AbortSignal.timeout(20_000));
    },
    facts: async (session) => (await test.runtime.events(session, 0, 10_000)).events,
    types: async (session) => (await test.facts(session)).map((fact) => fact.type),
    fact: (session, type, after = 0) =>
      until(`a fact of type "${type}"`, async () => {
        const found = (await test.facts(session)).find((fact) => fact.type === type && fact.seq > after);
        return found ?? null;
      }),
    stop: async () => {
      closed = true;
      await test.runtime.close();
    },
    restart: async (more = {}) => {
      await test.runtime.close();
      test.runtime = await open(more);
      closed = false;
    },
    close: async () => {
      if (!closed) await proveSessions(test.runtime);
      await test.runtime.close();
      if (options.folder === undefined) await Deno.remove(folder, { recursive: true });
    },
  };
  return test;
}
