// Finds the hooks of an event and runs them: the user's own, and those of a folder whose exact text was approved.
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { HookEvent, SessionHook } from "../protocol/work_facts.ts";
import { messageOf, Problem } from "../protocol/problem.ts";
import type { OutsideItem, TrustStore } from "../trust/contract.ts";
import { type HookEnd, judge } from "./answer.ts";
import { type FolderHooks, type HookInput, type HookRun, isGate } from "./contract.ts";
import { type Matcher, parseMatcher } from "./matcher.ts";
import { watchHooks } from "./running.ts";
import { type HookFile, type HookSettings, hooksMax, parseHookSection, timeoutDefaultS } from "./settings.ts";
import { openHookFiles } from "./settings_file.ts";

export const stdoutBytesMax = 256 * 1024;
export const stderrBytesMax = 8 * 1024;
const nameCharsMax = 100;
const reportsMax = 1_000;
/** Where folders keep hooks. */
const folderFiles = [".claude/settings.json", ".jamey/settings.json"] as const;

/** Runs a program in a group of its own and ends it for certain: `runProgram` in tools/external. Never rejects. */
export type RunHookProgram = (options: {
  command: readonly string[];
  cwd: string;
  environment: Readonly<Record<string, string>>;
  input: string;
  timeoutMs: number;
  stdoutBytesMax: number;
  stderrBytesMax: number;
  signal: AbortSignal;
}) => Promise<HookEnd>;

export interface HooksOptions {
  /** From the user's own configuration: trusted. */
  settings: readonly HookSettings[];
  /** Settings files of the user: trusted. */
  files: readonly string[];
  trust: TrustStore;
  report(line: string): void;
  /** What the programs see of the daemon's environment, cleaned already. */
  environment: Readonly<Record<string, string>>;
  runProgram: RunHookProgram;
}

interface ReadyHook {
  event: HookEvent;
  command: string;
  timeoutS: number;
  matcher: Matcher;
}

/** A hook that is to run, and what of a folder brought it along. */
interface HeardHook {
  hook: ReadyHook;
  item: OutsideItem | null;
}

/** Throws a Problem when the configuration names too many. */
export function createHooks(options: HooksOptions): FolderHooks {
  const count = options.settings.length;
  if (count > hooksMax) {
    throw new Problem("bad_config", `Cannot use hooks: there are ${count}, at most ${hooksMax} are allowed`);
  }
  const once = reportOnce(options.report);
  const running = watchHooks();
  const files = openHookFiles(options.report);
  const ready = memoized((hooks: readonly HookSettings[]) => hooks.map((hook) => makeReady(hook, once)));
  const readyOfSession = memoized((hooks: readonly SessionHook[]) =>
    hooks.map(({ timeout_s: timeoutS, ...hook }) =>
      makeReady(timeoutS === undefined ? hook : { ...hook, timeoutS }, once)
    )
  );
  const ofFolder = (workspace: string) =>
    folderFiles.flatMap((name) => {
      const file = files.read(join(workspace, name));
      const item = file === null ? null : itemOf(workspace, name, file);
      return file === null || item === null ? [] : [{ file, item, standing: options.trust.standing(item) }];
    });
  const itemOf = memoizedItems();
  const listening = (
    { event, workspace, toolName, own: ofSession = noHooks }: {
      event: HookEvent;
      workspace: string;
      toolName: string | undefined;
      own: readonly SessionHook[] | undefined;
    },
  ): HeardHook[] => {
    const folder = ofFolder(workspace).flatMap(({ file, item, standing }): HeardHook[] => {
      if (standing === "approved") return ready(file.hooks).map((hook) => ({ hook, item }));
      once(
        `Hooks in "${join(workspace, item.name)}" are not run: their text is ${standing}, approve it first`,
      );
      return [];
    });
    const own = options.files.flatMap((path) => ready(files.read(path, { keepsLast: true })?.hooks ?? []));
    const users = (hooks: readonly ReadyHook[]) => hooks.map((hook): HeardHook => ({ hook, item: null }));
    return [
      ...users([...ready(options.settings), ...own]),
      ...folder,
      ...users(readyOfSession(ofSession)),
    ].filter(({ hook }) => hook.event === event && (toolName === undefined || hook.matcher(toolName)));
  };
  /** A gate that a person has approved must not open because its file was edited: until it is looked at, they are asked. */
  const changedGates = (event: HookEvent, workspace: string): HookRun[] =>
    !isGate(event) ? [] : folderFiles
      .filter((name) => {
        const path = join(workspace, name);
        const file = files.read(path);
        const wasGate = () => approvedGate(options.trust, { workspace, name, event });
        // Half an edit; a file that is not there any more, or has no hooks, was meant to be so.
        if (file === null) return existsSync(path) && wasGate();
        const item = itemOf(workspace, name, file);
        return item !== null && options.trust.standing(item) === "changed" &&
          (file.hooks.some((hook) => hook.event === event) || wasGate());
      })
      .map((name) => ({
        event,
        name,
        outcome: "asked",
        reason: `"${name}" was changed since it was approved: look at it with "jamey trust"`,
        duration_ms: 0,
      }));
  return {
    listens: (event, workspace, toolName, own) =>
      changedGates(event, workspace).length > 0 || listening({ event, workspace, toolName, own }).length > 0,
    run: async (event, input, { signal, own }) => {
      const heard = listening({ event, workspace: input.cwd, toolName: input.tool_name, own });
      const runs = await Promise.all(heard.map(({ hook, item }) => {
        const run = (until: AbortSignal) => runHook(hook, input, { ...options, signal: until });
        return item === null ? run(signal) : running.watch(item, signal, run);
      }));
      return [...changedGates(event, input.cwd), ...runs];
    },
    items: (workspace) => ofFolder(workspace).map(({ item, standing }) => ({ item, standing })),
    settle: () => running.settle((item) => options.trust.standing(item) === "approved"),
  };
}

/** Whether what was approved under this name waits at this event; so for all that is known when its text was not kept. */
function approvedGate(
  trust: TrustStore,
  { workspace, name, event }: { workspace: string; name: string; event: HookEvent },
): boolean {
  if (trust.standing({ workspace, kind: "hook", name, text: "" }) === "unknown") return false;
  const text = trust.previous({ workspace, kind: "hook", name });
  return text === null || parseHookSection(text).some((hook) => hook.event === event);
}

const noHooks: readonly SessionHook[] = [];

async function runHook(
  hook: ReadyHook,
  input: HookInput,
  { environment, runProgram, signal }: HooksOptions & { signal: AbortSignal },
): Promise<HookRun> {
  const name = hook.command.length <= nameCharsMax
    ? hook.command
    : `${hook.command.slice(0, nameCharsMax)}...`;
  const { fields, ...rest } = input;
  const began = performance.now();
  const end = await runProgram({
    command: Deno.build.os === "windows"
      ? ["powershell", "-NoProfile", "-NonInteractive", "-Command", hook.command]
      : ["sh", "-c", hook.command],
    cwd: input.cwd,
    environment: { ...environment, JAMEY_PROJECT_DIR: input.cwd, CLAUDE_PROJECT_DIR: input.cwd },
    input: JSON.stringify({ ...fields, ...rest, hook_event_name: hook.event }),
    timeoutMs: hook.timeoutS * 1000,
    stdoutBytesMax,
    stderrBytesMax,
    signal,
  }).catch((thrown): HookEnd => notStarted(messageOf(thrown)));
  const verdict = judge(hook.event, name, end, hook.timeoutS);
  return {
    event: hook.event,
    name,
    ...verdict,
    ...(end.code === null ? {} : { exit_code: end.code }),
    duration_ms: Math.round(performance.now() - began),
  };
}

function notStarted(stderr: string): HookEnd {
  return { how: "not started", code: null, stdout: "", stdoutBytes: 0, stderr };
}

/** A matcher that makes no sense must not open a gate: there it matches every tool, elsewhere none. */
function makeReady(hook: HookSettings, report: (line: string) => void): ReadyHook {
  const { event, command, timeoutS = timeoutDefaultS } = hook;
  const matcher = parseMatcher(hook.matcher);
  if (matcher !== null) return { event, command, timeoutS, matcher };
  const what = isGate(event) ? "it is run for every tool" : "it is not run";
  report(
    `Cannot read matcher "${hook.matcher}" of a ${event} hook: it is broken or could take too long, ${what}`,
  );
  return { event, command, timeoutS, matcher: () => isGate(event) };
}

/** Files are read again only when they change, so an object stands for one content. */
function memoized<Key extends object, Value>(make: (key: Key) => Value): (key: Key) => Value {
  const known = new WeakMap<Key, Value>();
  return (key) => {
    const value = known.get(key) ?? make(key);
    known.set(key, value);
    return value;
  };
}

/** The same object for the same file, so that its hash is computed once; null when it has no hooks. */
function memoizedItems(): (workspace: string, name: string, file: HookFile) => OutsideItem | null {
  const known = new WeakMap<HookFile, OutsideItem>();
  return (workspace, name, file) => {
    if (file.text === "") return null;
    const item = known.get(file) ?? { workspace, kind: "hook", name, text: file.text };
    known.set(file, item);
    return item;
  };
}

/** Passes each line on once: listening is asked for before every call. */
function reportOnce(report: (line: string) => void): (line: string) => void {
  const said = new Set<string>();
  return (line) => {
    if (said.has(line)) return;
    if (said.size >= reportsMax) said.clear();
    said.add(line);
    report(line);
  };
}
