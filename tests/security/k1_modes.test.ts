import { join, relative } from "node:path";
import { expect, it } from "vitest";
import { daemonFile } from "../../src/protocol/http.ts";
import type { JsonObject } from "../../src/protocol/json.ts";
import { script } from "../support/runtime.ts";
import { tally } from "../support/tally.ts";
import { removeFolder } from "../support/daemon.ts";

const root = new URL("../..", import.meta.url).pathname;
const othersMask = 0o077;

/** Every file and folder below, with what others may do; less what commands have in the place of their /tmp. */
function open(folder: string): { path: string; mode: number }[] {
  const own = { path: folder, mode: (Deno.lstatSync(folder).mode ?? 0) & 0o777 };
  const inside = [...Deno.readDirSync(folder)].flatMap(({ name, isDirectory }) => {
    const path = join(folder, name);
    if (name === "sandbox-tmp") return [];
    return isDirectory ? open(path) : [{ path, mode: (Deno.lstatSync(path).mode ?? 0) & 0o777 }];
  });
  return [own, ...inside];
}

/** The one in the background, when a command has failed before it was stopped. */
function endDaemon(data: string): void {
  try {
    const { pid } = daemonFile.parse(JSON.parse(Deno.readTextFileSync(join(data, "daemon.json"))));
    Deno.kill(pid, "SIGKILL");
  } catch {
    // It was stopped.
  }
}

it.skipIf(Deno.build.os === "windows")(
  "with a umask of 000 all that is ours is still its owner's alone",
  async () => {
    const calls: { name: string; args: JsonObject }[] = [
      { name: "Bash", args: { command: "echo one" } },
      { name: "Bash", args: { command: "sleep 30", run_in_background: true } },
      { name: "Write", args: { file_path: "made.txt", content: "x".repeat(100_000) } },
      { name: "Write", args: { file_path: "made.txt", content: "y" } },
      { name: "EnterPlanMode", args: {} },
    ];
    const folder = await Deno.realPath(await Deno.makeTempDir({ prefix: "jamey-k1-" }));
    const [data, work] = [join(folder, "data"), join(folder, "work")];
    await Deno.mkdir(work);
    const run = async (...words: string[]) => {
      const { code, stderr } = await new Deno.Command("/bin/sh", {
        args: [
          "-c",
          'umask 000; exec "$@"',
          "sh",
          Deno.execPath(),
          "run",
          "-A",
          join(root, "bin/jamey.ts"),
          ...words,
        ],
        cwd: work,
        clearEnv: true,
        env: {
          PATH: Deno.env.get("PATH") ?? "",
          HOME: join(folder, "home"),
          JAMEY_DATA_DIR: data,
        },
        stdout: "null",
        stderr: "piped",
      }).output();
      expect({ words: words[0], code, stderr: code === 0 ? "" : new TextDecoder().decode(stderr) })
        .toEqual({ words: words[0], code: 0, stderr: "" });
    };
    try {
      await run(
        "run",
        "--permission-mode",
        "bypassPermissions",
        script(...calls.map((call) => ({ calls: [call] })), { text: "done" }),
      );
      await run("fork", "last");
      await run("export", "last", "-o", join(data, "exported.jsonl"));
      await run("archive", "last");
      await run("new");
      const seen = [...open(data), ...open(join(folder, "home/.config/jamey-code"))];
      await run("stop");
      const after = [...open(data), ...open(join(folder, "home/.config/jamey-code"))];
      const wide = [...seen, ...after].filter(({ mode }) => (mode & othersMask) !== 0)
        .map(({ path, mode }) => `${relative(folder, path)} ${mode.toString(8)}`);
      const names = seen.map(({ path }) => relative(folder, path));
      for (
        const part of [
          /token$/,
          /daemon\.json$/,
          /\.jsonl$/,
          /effects\/.*output$/,
          /blobs\/./,
          /\.log$/,
          /runtime\.toml$/,
        ]
      ) {
        expect(names.some((name) => part.test(name)), String(part)).toBe(true);
      }
      tally({
        family: "K1",
        what: "files and folders with a umask of 000",
        tried: seen.length + after.length,
        refused: seen.length + after.length - wide.length,
        escapes: wide.length,
      });
      expect([...new Set(wide)]).toEqual([]);
    } finally {
      endDaemon(data);
    }
    await removeFolder(folder);
  },
  60_000,
);
