// Scratch: temporary folders and processes of one run, all gone at its end.
const stopWaitMs = 3_000;

export interface Child {
  readonly pid: number;
  /** The next line of its output; rejects when it ends first. */
  line(): Promise<string>;
  /** Ends it and waits until it is gone. */
  stop(): Promise<void>;
}

export interface Scratch {
  folder(name: string): string;
  spawn(command: string, args: readonly string[], env?: Record<string, string>): Child;
  cleanUp(): Promise<void>;
}

/** Makes a scratch below `parent` (default: the system's folder for temporary files). */
export function openScratch(parent?: string): Scratch {
  const root = Deno.makeTempDirSync({
    prefix: "jamey-bench-",
    ...(parent === undefined ? {} : { dir: parent }),
  });
  const children = new Set<Child>();
  let count = 0;
  return {
    folder(name) {
      const path = `${root}/${name}-${count++}`;
      Deno.mkdirSync(path);
      return path;
    },
    spawn(command, args, env = {}) {
      const child = start(command, args, env);
      children.add(child);
      return child;
    },
    async cleanUp() {
      await Promise.all([...children].map((child) => child.stop()));
      Deno.removeSync(root, { recursive: true });
    },
  };
}

function start(command: string, args: readonly string[], env: Record<string, string>): Child {
  const process = new Deno.Command(command, {
    args: [...args],
    env: { ...neutralEnv(), ...env },
    clearEnv: true,
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const lines = readLines(process.stdout);
  let ended = false;
  const status = process.status.then(() => ended = true);
  return {
    pid: process.pid,
    async line() {
      const next = await lines.next();
      if (next.done) throw new Error(`"${command} ${args.join(" ")}" ended without a further line`);
      return next.value;
    },
    async stop() {
      if (ended) return;
      process.kill("SIGTERM");
      const timer = setTimeout(() => ended || process.kill("SIGKILL"), stopWaitMs);
      await status;
      clearTimeout(timer);
      await lines.return(undefined);
    },
  };
}

/** Nothing of the user's settings, keys and endpoints. */
function neutralEnv(): Record<string, string> {
  const kept = ["PATH", "HOME", "TMPDIR", "DENO_DIR"];
  const env = kept.flatMap((name): [string, string][] => {
    const value = Deno.env.get(name);
    return value === undefined ? [] : [[name, value]];
  });
  return { ...Object.fromEntries(env), NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1" };
}

async function* readLines(stream: ReadableStream<Uint8Array>): AsyncGenerator<string, undefined> {
  let text = "";
  for await (const chunk of stream.pipeThrough(new TextDecoderStream())) {
    const parts = (text + chunk).split("\n");
    text = parts.pop() ?? "";
    yield* parts;
  }
  return undefined;
}
