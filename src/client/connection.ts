// Finds the daemon: by URL, or by the discovery file in the data folder. It never starts one.
import { join } from "node:path";
import { isProcessAlive } from "../platform/process_alive.ts";
import { type DaemonFile, daemonFile, health } from "../protocol/http.ts";
import { messageOf, Problem } from "../protocol/problem.ts";
import { readTokenFile } from "./token_file.ts";
import type { z } from "zod";

export interface ConnectOptions {
  /** Where to look for `daemon.json`. */
  dataDir: string;
  /** `--url`: this daemon and no other. */
  url?: string | undefined;
  /** JAMEY_TOKEN; without it the token file of the discovery file is used. */
  token?: string | undefined;
  /** How this program names itself to the daemon, and so in the facts of what a person says through it. */
  clientName?: string | undefined;
  signal?: AbortSignal | undefined;
}

/** A daemon that answered as jamey, and the credential for it. */
export interface Connection {
  url: string;
  token: string;
  version: string;
  clientName?: string | undefined;
}

/** An idle connection that we keep would make a stopping daemon wait for us, and may be dead after its restart. */
export const oneRequestEach = { connection: "close" } as const;

const healthWaitMs = 5_000;
const discoveryBytesMax = 64 * 1024;
const healthBytesMax = 64 * 1024;

/** Throws a Problem `daemon_not_running` when nothing answers, `unauthorized` when there is no usable token. */
export async function connect(options: ConnectOptions): Promise<Connection> {
  const found = await readDaemonFile(options.dataDir);
  // A daemon that was killed leaves its file behind, and its port may be another program's by now: ours gets no token there.
  const file = found !== undefined && isProcessAlive(found.pid) ? found : undefined;
  const url = options.url === undefined ? file?.url : originOf(options.url);
  if (url === undefined) {
    throw notRunning(
      found === undefined
        ? `there is no daemon.json in "${options.dataDir}"`
        : `process ${found.pid}, which daemon.json names, has ended`,
    );
  }
  const answer = await probe(url, options.signal);
  if (answer === undefined) {
    throw notRunning(
      file?.url === url ? `"${url}" (process ${file.pid}) does not answer` : `"${url}" does not answer`,
    );
  }
  const token = await tokenFor(url, file, options.token);
  return { url, token, version: answer.version, clientName: options.clientName };
}

/** The discovery file; undefined when there is none. */
export async function readDaemonFile(dataDir: string): Promise<DaemonFile | undefined> {
  const path = join(dataDir, "daemon.json");
  const text = await readShort(path).catch((thrown) => {
    if (thrown instanceof Deno.errors.NotFound) return undefined;
    throw new Problem("bad_config", `Cannot read "${path}": ${messageOf(thrown)}`, {
      hint: "Choose a data folder of your own with --data-dir or JAMEY_DATA_DIR",
      cause: thrown,
    });
  });
  if (text === undefined) return undefined;
  try {
    return daemonFile.parse(JSON.parse(text));
  } catch (thrown) {
    throw new Problem("bad_config", `Cannot read "${path}": it is not a daemon's discovery file`, {
      hint: "Remove the file and start the daemon again with: jamey start",
      cause: thrown,
    });
  }
}

async function readShort(path: string): Promise<string> {
  const { size } = await Deno.stat(path);
  if (size > discoveryBytesMax) throw new Error(`it is larger than ${discoveryBytesMax} bytes`);
  return await Deno.readTextFile(path);
}

/**
 * What `/health` says at this address; undefined when nothing answers.
 * Sends no credential, so a stranger on the port learns nothing; throws when the answer is not jamey's.
 */
export async function probe(
  url: string,
  signal?: AbortSignal,
): Promise<z.infer<typeof health> | undefined> {
  const limit = AbortSignal.timeout(healthWaitMs);
  const response = await fetch(`${url}/health`, {
    signal: signal === undefined ? limit : AbortSignal.any([limit, signal]),
    headers: oneRequestEach,
    redirect: "error",
  }).catch((thrown) => {
    if (signal?.aborted) throw thrown;
    return undefined;
  });
  if (response === undefined) return undefined;
  const parsed = health.safeParse(await shortJson(response));
  if (parsed.success) return parsed.data;
  throw new Problem("misdirected", `Cannot use "${url}": the program that answers there is not jamey`, {
    hint: "Look which program holds that port, or start the daemon on another one: jamey start --port N",
  });
}

async function shortJson(response: Response): Promise<unknown> {
  try {
    const text = await response.text();
    return text.length > healthBytesMax ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function tokenFor(
  url: string,
  file: DaemonFile | undefined,
  given: string | undefined,
): Promise<string> {
  if (given !== undefined && given !== "") return given;
  if (file !== undefined && isLoopback(url) && sameOrigin(file.url, url)) {
    return await readTokenFile(file.token_file);
  }
  throw new Problem("unauthorized", `Cannot connect to "${url}": no token is known for it`, {
    hint: "Set JAMEY_TOKEN to the token of that daemon",
  });
}

/** The token file is this machine's secret: it goes to this machine only. */
export function isLoopback(url: string): boolean {
  const host = new URL(url).hostname;
  return host === "localhost" || host === "[::1]" || /^127(\.\d{1,3}){3}$/.test(host);
}

function sameOrigin(one: string, other: string): boolean {
  return URL.canParse(one) && new URL(one).origin === new URL(other).origin;
}

/** The address part of what a user gave as a daemon's URL; a Problem `usage` when it is none. */
export function originOf(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url !== undefined && (url.protocol === "http:" || url.protocol === "https:")) return url.origin;
  throw new Problem("usage", `Cannot use --url "${text}": it is no http address`, {
    hint: "Write it as in: --url http://127.0.0.1:3000",
  });
}

function notRunning(why: string): Problem {
  return new Problem("daemon_not_running", `Cannot reach the daemon: ${why}`, {
    hint: "Start it with: jamey start (in the background) or jamey serve (here)",
  });
}

/** True for a Problem that says no daemon is there; bugs and other problems are not. */
export function isNotRunning(thrown: unknown): boolean {
  return thrown instanceof Problem && thrown.code === "daemon_not_running";
}
