// What `npm start` shows a newcomer: the daemon, and one session that does everything it set out to.
import { afterEach, beforeEach, expect, test } from "vitest";
import { join, resolve } from "node:path";

let folder = "";
beforeEach(async () => void (folder = await Deno.makeTempDir({ prefix: "jamey-demo-test-" })));
afterEach(() => Deno.remove(folder, { recursive: true }));

test("the demo lists, reads, runs and writes its note, offline, and goes on until Ctrl-C", async () => {
  const [dataDir, notes] = [join(folder, "data"), join(folder, "notes")];
  await Deno.mkdir(notes);
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", resolve("bin/demo.ts")],
    stdin: "null",
    stdout: "piped",
    stderr: "null",
    clearEnv: true,
    env: {
      PATH: Deno.env.get("PATH") ?? "",
      HOME: folder,
      JAMEY_DATA_DIR: dataDir,
      TMPDIR: notes,
      NO_COLOR: "1",
    },
  }).spawn();
  let stdout = "";
  for await (const part of child.stdout.pipeThrough(new TextDecoderStream())) {
    const before = stdout.includes("until Ctrl-C");
    stdout += part;
    if (!before && stdout.includes("until Ctrl-C")) child.kill("SIGINT");
  }
  expect((await child.status).code).toBe(0);
  const [, note = ""] = /Note: written to (\S+)/.exec(stdout) ?? [];
  expect(stdout).not.toContain("call.failed");
  expect(await Deno.readTextFile(note)).toContain("Hello from the shell");
});
