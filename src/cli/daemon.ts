// Starts the daemon in the background and waits until it answers; stops it and waits until it is gone.
import { spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { fileURLToPath } from "node:url";
import process from "node:process";
import { openClient } from "../client/client.ts";
import { isNotRunning, probe, readDaemonFile } from "../client/connection.ts";
import { pause } from "../platform/pause.ts";
import { isProcessAlive } from "../platform/process_alive.ts";
import { messageOf, Problem, type ProblemCode, problemCodes } from "../protocol/problem.ts";
import type { Context } from "./command.ts";
import { lastLines, logPath, makeRoomForLog, sizeOf } from "./daemon_log.ts";

export interface StartOptions {
  host?: string | undefined;
  port?: string | undefined;
  config?: string | undefined;
}

const startWaitMs = 30_000;
const stopWaitMs = 30_000;
const pollMs = 50;
/** After our child was refused: time for another daemon, started at the same moment, to be ready. */
const otherDaemonWaitMs = 5_000;
/** With a port asked for it was rather the port that was taken. */
const otherDaemonOnPortWaitMs = 1_000;
const reasonLinesMax = 20;
/** What a daemon that could not start ended with is the exit code of who started it, too. */
const reasons: readonly ProblemCode[] = ["usage", "bad_config"];

/** Resolves when the daemon answers; throws a Problem with the end of its log when it does not. */
export async function startDaemon(context: Context, options: StartOptions = {}): Promise<void> {
  const { dataDir } = context;
  const log = logPath(dataDir);
  await makeWritable(dataDir, log);
  const from = await sizeOf(log);
  const child = spawnDaemon(dataDir, log, { ...options, config: context.config });
  const deadline = Date.now() + startWaitMs;
  let ended: number | null = null;
  let patience = deadline;
  while (Date.now() < Math.min(deadline, patience)) {
    if (await isAnswering(context)) return;
    const end = child.ended();
    if (end !== null && ended === null) {
      ended = end;
      const refused = end === problemCodes.data_dir_held.exit;
      const waitMs = options.port === undefined ? otherDaemonWaitMs : otherDaemonOnPortWaitMs;
      patience = refused ? Date.now() + waitMs : 0;
    }
    await pause(pollMs);
  }
  throw await notStarted({ log, from, ended, pid: child.pid });
}

async function makeWritable(dataDir: string, log: string): Promise<void> {
  try {
    await Deno.mkdir(dataDir, { recursive: true, mode: 0o700 });
    await makeRoomForLog(log);
    closeSync(openSync(log, "a", 0o600));
  } catch (thrown) {
    throw new Problem("storage_failed", `Cannot use data folder "${dataDir}": ${messageOf(thrown)}`, {
      hint: "Choose a folder that you can write to with --data-dir or JAMEY_DATA_DIR",
      cause: thrown,
    });
  }
}

/** True when a daemon runs in the data folder and answers. */
export async function isAnswering(context: Pick<Context, "dataDir">): Promise<boolean> {
  const file = await readDaemonFile(context.dataDir).catch(() => undefined);
  // What a killed daemon left behind may name a port that somebody else has by now.
  return file !== undefined && isProcessAlive(file.pid) &&
    await probe(file.url).catch(() => undefined) !== undefined;
}

/** Asks the daemon to stop and waits until its process has ended. False when none ran. */
export async function stopDaemon(context: Context): Promise<boolean> {
  const file = await readDaemonFile(context.dataDir);
  const client = await openClient(context).catch((thrown) => {
    if (isNotRunning(thrown)) return undefined;
    throw thrown;
  });
  if (client === undefined) return false;
  const url = client.connection().url;
  await client.shutdown();
  const pid = file?.url === url ? file.pid : undefined;
  const deadline = Date.now() + stopWaitMs;
  while (Date.now() < deadline) {
    const gone = pid === undefined
      ? await probe(url).catch(() => undefined) === undefined
      : !isProcessAlive(pid);
    if (gone) return true;
    await pause(pollMs);
  }
  const who = pid === undefined ? `the daemon at "${url}"` : `process ${pid}`;
  throw new Problem("unavailable", `Cannot stop the daemon: ${who} still runs after ${stopWaitMs / 1000} s`, {
    hint: `Look at its log with: jamey logs${pid === undefined ? "" : `; end it with: kill ${pid}`}`,
  });
}

// Node's spawn, not Deno's: it can give the child our log file, so that even a crash of the runtime leaves its words there.
function spawnDaemon(dataDir: string, log: string, { host, port, config }: StartOptions): Child {
  const own = Deno.build.standalone ? [] : ["run", "-A", fileURLToPath(Deno.mainModule)];
  const args = [
    "serve",
    "--data-dir",
    dataDir,
    ...(config ? ["--config", config] : []),
    ...(host ? ["--host", host] : []),
    ...(port ? ["--port", port] : []),
  ];
  // A client's credential is nothing for the daemon, whose commands inherit from it.
  const { JAMEY_TOKEN: _token, ...env } = process.env;
  const file = openSync(log, "a", 0o600);
  let code: number | null = null;
  let pid: number | undefined;
  try {
    const child = spawn(Deno.execPath(), [...own, ...args], {
      detached: true,
      stdio: ["ignore", file, file],
      env: { ...env, NO_COLOR: "1" },
      windowsHide: true,
    });
    pid = child.pid;
    child.on("exit", (status) => code = status ?? 1);
    child.on("error", () => code = 1);
    child.unref();
  } catch (thrown) {
    throw new Problem("internal", `Cannot start the daemon: ${messageOf(thrown)}`);
  } finally {
    closeSync(file);
  }
  return { pid, ended: () => code };
}

interface Child {
  pid: number | undefined;
  /** The exit code; null while it runs. */
  ended(): number | null;
}

interface Failure {
  log: string;
  /** Where in the log this start begins. */
  from: number;
  ended: number | null;
  pid: number | undefined;
}

async function notStarted({ log, from, ended, pid }: Failure): Promise<Problem> {
  const said = (await lastLines(log, reasonLinesMax, from)).join("\n");
  const what = ended === null
    ? `process ${pid} runs, but did not answer in ${startWaitMs / 1000} s`
    : `it ended with exit code ${ended}`;
  return new Problem(
    reasons.find((code) => problemCodes[code].exit === ended) ?? "daemon_not_running",
    `Cannot start the daemon: ${what}${said === "" ? "" : `\n${said}`}`,
    { hint: `Its log is "${log}"` },
  );
}
