// A screen of its own for a test: Xvfb on a free display with real windows in it, all ended by their process ids.
import { hasProgram } from "../../tools/computer/screen.ts";

export interface TestScreen {
  display: string;
  /** Starts a program with a window, and waits until the window is there. What it prints so far can be asked for. */
  show(program: string, args: readonly string[], title: string): Promise<() => string>;
  close(): Promise<void>;
}

const displayMin = 71;
const displayMax = 99;
const pollsMax = 200;

export async function hasScreen(): Promise<boolean> {
  const needed = ["Xvfb", "xdotool", "import", "xmessage", "xev"];
  const missing = [];
  for (const program of needed) if (!(await hasProgram(program))) missing.push(program);
  if (missing.length > 0) {
    console.log(`Without ${missing.join(", ")}: the tests of a real screen are left out`);
  }
  return missing.length === 0;
}

export async function startScreen(size: string): Promise<TestScreen> {
  const children: Deno.ChildProcess[] = [];
  const start = (program: string, args: readonly string[], env: Record<string, string> = {}) => {
    const child = new Deno.Command(program, {
      args: [...args],
      env,
      stdin: "null",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    children.push(child);
    return child;
  };
  for (let number = displayMin; number <= displayMax; number++) {
    if (await exists(`/tmp/.X${number}-lock`)) continue;
    // A server that begins anew when its last client leaves would end a client that connects at that moment.
    const server = start("Xvfb", [
      `:${number}`,
      "-screen",
      "0",
      `${size}x24`,
      "-nolisten",
      "tcp",
      "-noreset",
    ]);
    const display = `:${number}`;
    let ended = false;
    void server.status.then(() => ended = true);
    // Another run may take the display at the same moment: then the server ends, and the next number is tried.
    if (!(await until(() => ended || answers(display))) || ended) continue;
    return {
      display,
      async show(program, args, title) {
        let printed = "";
        const child = start(program, args, { DISPLAY: display });
        const collect = async () => {
          for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) printed += text;
        };
        collect().catch(() => {});
        const there = () => succeeds("xdotool", ["search", "--onlyvisible", "--name", title], display);
        if (!(await until(there))) throw new Error(`the window of ${program} did not come`);
        return () => printed;
      },
      async close() {
        for (const child of children.toReversed()) {
          try {
            child.kill("SIGTERM");
          } catch {
            // It has ended.
          }
          await child.status;
        }
      },
    };
  }
  throw new Error("no display is free");
}

async function until(condition: () => boolean | Promise<boolean>): Promise<boolean> {
  for (let poll = 0; poll < pollsMax; poll++) {
    if (await condition()) return true;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return false;
}

const answers = (display: string) => succeeds("xdotool", ["getdisplaygeometry"], display);

async function succeeds(program: string, args: string[], display: string): Promise<boolean> {
  const command = new Deno.Command(program, {
    args,
    env: { DISPLAY: display },
    stdout: "null",
    stderr: "null",
  });
  return (await command.output()).success;
}

function exists(path: string): Promise<boolean> {
  return Deno.lstat(path).then(() => true, () => false);
}
