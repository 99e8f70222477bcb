// A bare machine for the compiled program: an empty environment but HOME and PATH, an empty home and an empty working folder,
// no Deno, Node or source in reach. Whatever the program started there is ended with it.
import { join, resolve } from "node:path";
import { expect } from "vitest";
import { daemonFile, type SessionView, sessionView } from "../../src/protocol/http.ts";
import { processesWith, until } from "./processes.ts";
import { removeFolder } from "../support/daemon.ts";

export interface Ended {
  code: number;
  stdout: string;
  stderr: string;
}

export interface Words {
  stdin?: string;
  env?: Record<string, string>;
}

export interface Desk {
  home: string;
  workspace: string;
  dataDir: string;
  /** Runs the program and waits for its end. */
  jamey(args: string[], words?: Words): Promise<Ended>;
  /** The same, for commands that must succeed; gives what they printed. */
  ok(args: string[], words?: Words): Promise<string>;
  /** Starts the program and leaves it running. */
  start(args: string[], words?: Words): Deno.ChildProcess;
  /** A session as `replay` shows it. */
  view(session: string, at?: number): Promise<SessionView>;
  /** Waits until the session's view fits, and gives that view. */
  viewWhen(session: string, fits: (view: SessionView) => boolean): Promise<SessionView>;
  /** What a running daemon says of itself in its data folder. */
  daemon(): Promise<ReturnType<typeof daemonFile.parse>>;
  /** Every process that was started from here and still runs, whoever started it. */
  processes(): number[];
  close(): Promise<void>;
}

const program = resolve(Deno.env.get("JAMEY_BIN") ?? "dist/jamey");
/** No home, no tools but the system's. */
const path = "/usr/bin:/bin";

export async function openDesk(): Promise<Desk> {
  const root = await Deno.realPath(await Deno.makeTempDir({ prefix: "jamey-bin-" }));
  const home = join(root, "home");
  const workspace = join(root, "workspace");
  await Deno.mkdir(home);
  await Deno.mkdir(workspace);
  const dataDir = join(home, ".local", "share", "jamey-code");
  const started: Deno.ChildProcess[] = [];

  const start = (args: string[], { env = {} }: Words = {}) => {
    const child = new Deno.Command(program, {
      args,
      cwd: workspace,
      clearEnv: true,
      env: { HOME: home, PATH: path, ...env },
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    started.push(child);
    return child;
  };
  const jamey = async (args: string[], words: Words = {}): Promise<Ended> => {
    const child = start(args, words);
    const writer = child.stdin.getWriter();
    // A program that does not read its input may have ended before all of it was written.
    await writer.write(new TextEncoder().encode(words.stdin ?? "")).catch(() => {});
    await writer.close().catch(() => {});
    const { code, stdout, stderr } = await child.output();
    return { code, stdout: new TextDecoder().decode(stdout), stderr: new TextDecoder().decode(stderr) };
  };
  const desk: Desk = {
    home,
    workspace,
    dataDir,
    start,
    jamey,
    async ok(args, words) {
      const ended = await jamey(args, words);
      expect(ended, `jamey ${args.join(" ")}`).toMatchObject({ code: 0 });
      return ended.stdout;
    },
    async view(session, at) {
      const moment = at === undefined ? await headOf(desk, session) : at;
      return sessionView.parse(JSON.parse(await desk.ok(["replay", session, "--at", `${moment}`, "--json"])));
    },
    async viewWhen(session, fits) {
      return await until(async () => {
        const view = await desk.view(session);
        return fits(view) ? view : undefined;
      });
    },
    processes: () => processesWith("HOME", home),
    daemon: async () => daemonFile.parse(JSON.parse(await Deno.readTextFile(join(dataDir, "daemon.json")))),
    async close() {
      // Also a daemon that was late at a start and takes over when the first one is gone.
      await until(() => {
        const left = desk.processes();
        for (const pid of left) endForSure(pid);
        return left.length === 0 || undefined;
      });
      await Promise.all(started.map((child) => child.status));
      await removeFolder(root);
    },
  };
  return desk;
}

async function headOf(desk: Desk, session: string): Promise<number> {
  const events = jsonLines(await desk.ok(["replay", session, "--json"]));
  return Number(events.at(-1)?.["seq"]);
}

function endForSure(pid: number): void {
  try {
    Deno.kill(pid, "SIGKILL");
  } catch (thrown) {
    if (!(thrown instanceof Deno.errors.NotFound)) throw thrown;
  }
}

/** Every line of the text as JSON. */
export function jsonLines(text: string): Record<string, unknown>[] {
  return text.split("\n").filter((line) => line !== "").map((line) => JSON.parse(line));
}

/** A message that makes the offline provider play these steps. */
export function script(...steps: unknown[]): string {
  return `script: ${JSON.stringify(steps)}`;
}

/** The first line of a stream, and the rest of it once it has ended. */
export function readLines(
  stream: ReadableStream<Uint8Array>,
): { first: Promise<string>; all: Promise<string> } {
  const { promise: first, resolve: gotFirst } = Promise.withResolvers<string>();
  const all = (async () => {
    let text = "";
    for await (const piece of stream.pipeThrough(new TextDecoderStream())) {
      text += piece;
      const end = text.indexOf("\n");
      if (end >= 0) gotFirst(text.slice(0, end));
    }
    gotFirst(text);
    return text;
  })();
  return { first, all };
}
