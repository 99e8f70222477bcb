// A real daemon with a real key in its environment and a model server that it is sent to: where does the key turn up?
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { type DaemonProcess, removeFolder, startDaemonProcess } from "../support/daemon.ts";
import type { Plan } from "../support/model_plan.ts";
import { type ModelServer, startModelServer, type WireRequest } from "../support/model_server.ts";

/** The key. No scanner takes it for a real one, and nothing else holds it. */
export const key = "canary-" + "K4y-5f1e9a7c3b2d8e6f";

export interface KeyDesk {
  root: string;
  workspace: string;
  dataDir: string;
  daemon: DaemonProcess;
  model: ModelServer;
  session(mode?: string): Promise<string>;
  /** One turn, to its end. */
  turn(session: string, message?: string): Promise<unknown>;
  events(session: string): Promise<{ type: string; data: Record<string, unknown> }[]>;
  /** Ends the daemon, starts it again over the same folder. */
  restart(signal: "SIGTERM" | "SIGKILL"): Promise<void>;
  /** Everything that the daemons of this desk have said. */
  said(): string;
}

export interface KeyDeskOptions {
  reply(request: WireRequest, n: number): Plan | Promise<Plan>;
  /** Added to the configuration. */
  config?: string;
  env?: Record<string, string>;
}

/** Ends with the test, however that ends. */
export async function openKeyDesk(options: KeyDeskOptions): Promise<KeyDesk> {
  const root = await Deno.realPath(await Deno.makeTempDir({ prefix: "jamey-key-" }));
  const [workspace, dataDir, config] = [join(root, "work"), join(root, "data"), join(root, "runtime.toml")];
  await Deno.mkdir(workspace);
  await Deno.mkdir(join(root, "home"));
  const model = startModelServer({ reply: options.reply });
  await Deno.writeTextFile(
    config,
    `default_provider = "work"\n[providers.work]\nkind = "openai"\nkey = "env:WORK_KEY"\nbase_url = "${model.url}"\n` +
      `model = "some-model"\napi = "chat"\n${options.config ?? ""}\n`,
  );
  const start = () =>
    startDaemonProcess({
      dataDir,
      args: ["--config", config],
      env: { HOME: join(root, "home"), WORK_KEY: key, ...options.env },
      cwd: workspace,
    });
  const said: string[] = [];
  const desk: KeyDesk = {
    root,
    workspace,
    dataDir,
    model,
    daemon: await start(),
    session: async (permission_mode = "bypassPermissions") => {
      const body = { workspace, permission_mode };
      return (await desk.daemon.request<{ session_id: string }>("POST", "/sessions", body)).session_id;
    },
    turn: (session, message = "go on") =>
      desk.daemon.request("POST", `/sessions/${session}/messages?wait=true`, { message }, { any: true }),
    events: async (session) =>
      (await desk.daemon.request<{ events: { type: string; data: Record<string, unknown> }[] }>(
        "GET",
        `/sessions/${session}/events?after=0&limit=1000`,
      )).events,
    restart: async (signal) => {
      await desk.daemon.end(signal);
      said.push(desk.daemon.stderr());
      desk.daemon = await start();
    },
    said: () => [...said, desk.daemon.stderr()].join("\n"),
  };
  onTestFinished(async () => {
    await desk.daemon.end("SIGTERM");
    await model.close();
    await removeFolder(root);
  });
  return desk;
}

/** Every file below the folder that holds the text, and how many were looked at. */
export function filesWith(folder: string, text: string): { found: string[]; seen: number } {
  const wanted = new TextEncoder().encode(text);
  const result = { found: [] as string[], seen: 0 };
  for (const { name, isDirectory, isFile } of Deno.readDirSync(folder)) {
    const path = join(folder, name);
    if (isDirectory) {
      const inner = filesWith(path, text);
      result.found.push(...inner.found);
      result.seen += inner.seen;
    } else if (isFile) {
      result.seen++;
      if (holds(Deno.readFileSync(path), wanted)) result.found.push(path);
    }
  }
  return result;
}

function holds(bytes: Uint8Array, wanted: Uint8Array): boolean {
  return new TextDecoder("latin1").decode(bytes).includes(new TextDecoder("latin1").decode(wanted));
}
