// A real pseudo-terminal, made by the system's `script` program, with the command line in it.
import { resolve } from "node:path";
import type { RunOptions } from "./program.ts";

export const hasScript = Deno.build.os === "linux" &&
  await new Deno.Command("script", { args: ["--version"], stdout: "null", stderr: "null" }).output()
    .then(({ success }) => success, () => false);

export interface Screen {
  type(text: string): Promise<void>;
  /** Resolves when this has come since the last call. */
  until(text: string): Promise<void>;
  end(): Promise<number>;
}

/** Runs `jamey` with these words, as a shell reads them, at a terminal of its own; without `columns` it has no size. */
export function openScreen(
  dataDir: string,
  args: string,
  { cwd, env = {}, columns }: RunOptions & { columns?: number } = {},
): Screen {
  const size = columns === undefined ? "" : `stty cols ${columns} rows 24; `;
  const child = new Deno.Command("script", {
    args: ["-qefc", `${size}"${Deno.execPath()}" run -A "${resolve("bin/jamey.ts")}" ${args}`, "/dev/null"],
    env: { JAMEY_DATA_DIR: dataDir, JAMEY_TOKEN: "", NO_COLOR: "1", TERM: "xterm", SHELL: "/bin/sh", ...env },
    ...(cwd === undefined ? {} : { cwd }),
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const writer = child.stdin.getWriter();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let seen = "";
  const read = async () => {
    const { done, value } = await reader.read();
    if (!done) seen += value;
    return !done;
  };
  return {
    type: (text) => writer.write(new TextEncoder().encode(text)),
    async until(text) {
      while (!seen.includes(text)) {
        if (!await read()) throw new Error(`The program ended before "${text}" came: ${seen}`);
      }
      seen = seen.slice(seen.indexOf(text) + text.length);
    },
    async end() {
      while (await read());
      const { code } = await child.status;
      await writer.close().catch(() => {});
      return code;
    },
  };
}
