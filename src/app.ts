// The daemon: takes its data folder and its port, then loads its parts; stops them in reverse.
import type { Host } from "../actors/host.ts";
import { announce, ownToken, retract } from "./daemon_files.ts";
import { holdDataFolder } from "./log/data_folder.ts";
import { openDenoDisk } from "./log/deno_disk.ts";
import { dataDir as defaultDataDir } from "./platform/data_dir.ts";
import { version } from "./platform/version.ts";
import { messageOf, Problem } from "./protocol/problem.ts";
import type { Provider } from "./providers/contract.ts";
import { visible } from "../tools/visible.ts";
import { startServer } from "./server/serve.ts";

const defaultPort = 3000;
/** A graceful stop that takes longer is ended: what was acknowledged is on disk. */
const stopMs = 1_900;

export interface DaemonOptions {
  host?: string;
  /** Asked for: taken or refused. Left out: 3000, or the next free one. */
  port?: number;
  dataDir?: string;
  /** `--config`: this file instead of the user's own. */
  config?: string;
  /** Lines for the person who started it. */
  say: (line: string) => void;
}

export interface Daemon {
  url: string;
  dataDir: string;
  provider: Provider;
  /** Graceful: work says how far it came, files are closed. */
  stop(): Promise<void>;
  /** Resolves when a client asked the daemon to stop. */
  asked: Promise<void>;
}

/** Starts a daemon in this process. Throws the Problems `data_dir_held`, `port_in_use`, `bad_config`, `storage_failed`. */
export async function startDaemon(options: DaemonOptions): Promise<Daemon> {
  const dataDir = defaultDataDir({
    os: Deno.build.os,
    env: (name) => Deno.env.get(name),
    override: options.dataDir,
  });
  if (dataDir === undefined) {
    throw new Problem("bad_config", "Cannot choose a data folder: there is no home folder", {
      hint: "Set JAMEY_DATA_DIR or use --data-dir",
    });
  }
  const disk = openDenoDisk();
  const held = await holdDataFolder(disk, dataDir);
  let close: () => void | Promise<void> = held.release;
  try {
    const { token, path } = await ownToken(dataDir);
    const { promise: asked, resolve: ask } = Promise.withResolvers<void>();
    const { promise: host, resolve: admit, reject: abandon } = Promise.withResolvers<Host>();
    const server = await startServer({
      host,
      token,
      version,
      startedAt: new Date(),
      onShutdown: ask,
      hostname: options.host ?? "127.0.0.1",
      port: options.port ?? defaultPort,
      portIsExplicit: options.port !== undefined,
      onNotice: options.say,
    });
    close = async () => {
      abandon(new Problem("shutting_down", "Cannot answer: the daemon could not start"));
      await server.stop();
      held.release();
    };
    await held.settle();
    // The large parts come last: whoever polls for the port is answered before, and between them.
    const { openParts } = await import("./parts.ts");
    const { provider, runtime } = await openParts({
      configPath: options.config,
      disk,
      dataDir,
      held,
      token,
      report,
    });
    close = async () => void await Promise.all([server.stop(), runtime.close()]);
    admit(runtime);
    const started_at = new Date().toISOString();
    await announce(dataDir, { pid: Deno.pid, url: server.url, token_file: path, version, started_at });
    runtime.ready.catch((thrown) => report(messageOf(thrown)));
    const stop = async () => {
      await retract(dataDir);
      await close();
    };
    return { url: server.url, dataDir, provider, stop, asked };
  } catch (thrown) {
    await close();
    throw thrown;
  }
}

/** What is reported may quote files and servers of others. */
function report(line: string): void {
  console.error(visible(line));
}

export interface ServeOptions {
  host?: string;
  port?: number;
  dataDir?: string;
  config?: string;
  /** Something to do once it is up; told to stop when the daemon is. */
  whenReady?: (daemon: Daemon, signal: AbortSignal) => Promise<void>;
}

/** `jamey serve`: runs until a signal or a client ends it; resolves to the exit code. */
export async function serve(options: ServeOptions): Promise<number> {
  const daemon = await startDaemon({ ...options, say: (line) => console.error(line) });
  const label = daemon.provider.offline
    ? `provider "${daemon.provider.name}": offline, no model is asked`
    : `provider "${daemon.provider.name}", model "${daemon.provider.defaultModel}"`;
  console.log(`jamey ${version} listens on ${daemon.url} (${label}; data in ${daemon.dataDir})`);
  const stopping = new AbortController();
  const stopped = untilStopped(daemon);
  options.whenReady?.(daemon, stopping.signal).catch((thrown) => console.error(messageOf(thrown)));
  const code = await stopped;
  stopping.abort();
  await withinTime(daemon.stop());
  return code;
}

const signalCodes = { SIGINT: 130, SIGTERM: 143 } as const;

/** The exit code to end with: by signal, or 0 when a client asked. */
function untilStopped(daemon: Daemon): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>();
  for (const [name, code] of Object.entries(signalCodes)) {
    if (name === "SIGTERM" && Deno.build.os === "windows") continue;
    Deno.addSignalListener(name === "SIGINT" ? "SIGINT" : "SIGTERM", () => resolve(code));
  }
  void daemon.asked.then(() => resolve(0));
  return promise;
}

/** Waits for a graceful stop, but not for ever: what was acknowledged is on disk already. */
async function withinTime(stopping: Promise<void>): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, stopMs);
  await Promise.race([stopping.catch((thrown) => console.error(messageOf(thrown))), promise]);
  clearTimeout(timer);
}
