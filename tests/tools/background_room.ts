// A session's background tasks as the kernel keeps them: the fact that Bash hands over is watched to its end.
import { expect } from "vitest";
import { z } from "zod";
import { type BackgroundEnd, watchBackground } from "../../tools/background.ts";
import { bashTool } from "../../tools/bash.ts";
import type { BackgroundTask, ToolContext, ToolOutcome } from "../../tools/contract.ts";
import type { JsonObject, JsonValue } from "../../src/protocol/json.ts";
import { startedWith } from "../../tools/process_table.ts";
import { runTool, testSession, type TestWorkspace } from "./workspace.ts";

export interface BackgroundRoom {
  context: ToolContext;
  /** Starts a command in the background; its id. */
  start(command: string, more?: JsonObject): Promise<string>;
  /** Begins to watch what a call handed over. */
  adopt(outcome: ToolOutcome): string;
  end(id: string): Promise<BackgroundEnd>;
  stop(id: string, reason?: unknown): void;
  evidence(id: string): JsonValue;
  live: string[];
}

export function backgroundRoom(space: TestWorkspace, callId = "c12-1"): BackgroundRoom {
  const tasks = new Map<string, BackgroundTask>();
  const ends = new Map<string, Promise<BackgroundEnd>>();
  const stops = new Map<string, AbortController>();
  const live: string[] = [];
  const session = testSession(callId, {
    backgroundTasks: () => [...tasks.values()],
    endBackgroundTask: async (id) => {
      if (tasks.get(id)?.ended !== null) return false;
      stops.get(id)?.abort();
      await ends.get(id);
      return true;
    },
  });
  const context = { ...space.context({ callId }), session };
  const adopt = (outcome: ToolOutcome): string => {
    const fact = outcome.status === "finished" ? outcome.facts?.[0] : undefined;
    if (fact?.type !== "background.started") throw new Error(JSON.stringify(outcome));
    const { background_id: backgroundId, command, evidence } = fact.data;
    const task: BackgroundTask = { backgroundId, command, evidence, ended: null };
    const stop = new AbortController();
    tasks.set(backgroundId, task);
    stops.set(backgroundId, stop);
    const end = watchBackground(evidence, { signal: stop.signal, onOutput: (text) => void live.push(text) });
    ends.set(
      backgroundId,
      end.then((data) => {
        task.ended = { background_id: backgroundId, ...data };
        return data;
      }),
    );
    return backgroundId;
  };
  const found = <Value>(map: Map<string, Value>, id: string): Value => {
    const value = map.get(id);
    if (value === undefined) throw new Error(`no task "${id}"`);
    return value;
  };
  return {
    context,
    start: async (command, more = {}) =>
      adopt(await runTool(bashTool, { command, run_in_background: true, ...more }, context)),
    adopt,
    end: (id) => found(ends, id),
    stop: (id, reason) => found(stops, id).abort(reason),
    evidence: (id) => found(tasks, id).evidence,
    live,
  };
}

/** Processes that carry this marker in their environment, or are in this group: by number, leader and all. */
export async function countMarked(evidence: JsonValue): Promise<number> {
  const { marker, pgid } = z.object({ marker: z.string(), pgid: z.number() }).parse(evidence);
  expect(marker).toMatch(/^JAMEY_CALL=/);
  let count = 0;
  for (const entry of Deno.readDirSync("/proc")) {
    if (!/^\d+$/.test(entry.name)) continue;
    const stat = await Deno.readTextFile(`/proc/${entry.name}/stat`).catch(() => "");
    const [state, , group] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    if (state === "Z" || state === "X" || stat === "") continue;
    if (Number(group) === pgid || await startedWith(Number(entry.name), marker)) count++;
  }
  return count;
}
