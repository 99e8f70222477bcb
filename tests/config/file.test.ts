import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { defaultText } from "../../src/config/default_text.ts";
import { configPath, ensureConfigFile, loadConfig, replaceConfigText } from "../../src/config/file.ts";
import { configBytesMax } from "../../src/config/parse.ts";
import { configDir } from "../../src/platform/config_dir.ts";
import { Problem } from "../../src/protocol/problem.ts";

let home = "";
beforeEach(async () => void (home = await Deno.makeTempDir({ prefix: "jamey-config-" })));
afterEach(() => Deno.remove(home, { recursive: true }));

const place = () => ({ env: { HOME: home }, os: "linux" });
const load = (path?: string) => loadConfig({ ...place(), path });
const mode = async (path: string) => ((await Deno.stat(path)).mode ?? 0) & 0o777;

async function problemOf(work: Promise<unknown>): Promise<Problem> {
  const thrown = await work.then(() => undefined, (error: unknown) => error);
  if (thrown instanceof Problem) return thrown;
  throw new Error(`no problem but ${String(thrown)}`);
}

describe("where the configuration is", () => {
  const of = (os: string, variables: Record<string, string>, cwd = "/elsewhere") =>
    configDir({ os, env: (name) => variables[name], cwd });

  test("each platform has its own place", () => {
    expect(of("linux", { HOME: "/home/me" })).toBe("/home/me/.config/jamey-code");
    expect(of("linux", { HOME: "/home/me", XDG_CONFIG_HOME: "/etc/me" })).toBe("/etc/me/jamey-code");
    expect(of("darwin", { HOME: "/Users/me" })).toBe("/Users/me/Library/Application Support/jamey-code");
    expect(of("windows", { APPDATA: "/roaming" })).toBe("/roaming/jamey-code");
    expect(of("windows", { USERPROFILE: "/users/me" })).toBe("/users/me/AppData/Roaming/jamey-code");
    expect(of("linux", {})).toBeUndefined();
  });

  test.each([
    ["a relative XDG_CONFIG_HOME", "linux", { HOME: "/home/me", XDG_CONFIG_HOME: ".config" }, "/repo"],
    [
      "XDG_CONFIG_HOME in the folder",
      "linux",
      { HOME: "/home/me", XDG_CONFIG_HOME: "/repo/.config" },
      "/repo",
    ],
    ["XDG_CONFIG_HOME that is the folder", "linux", { HOME: "/home/me", XDG_CONFIG_HOME: "/repo" }, "/repo"],
    [
      "a path with dots into the folder",
      "linux",
      { HOME: "/home/me", XDG_CONFIG_HOME: "/x/../repo/c" },
      "/repo",
    ],
    ["JAMEY_CONFIG", "linux", { HOME: "/home/me", JAMEY_CONFIG: "/repo/jamey.toml" }, "/repo"],
    [
      "CONFIG_HOME of others",
      "linux",
      { HOME: "/home/me", CODEX_HOME: "/repo", CLAUDE_CONFIG_DIR: "/repo" },
      "/repo",
    ],
  ])("no variable moves it into the folder the program was started in: %s", (_, os, variables, cwd) => {
    expect(of(os, variables, cwd)).toBe("/home/me/.config/jamey-code");
  });

  test("APPDATA does not move it there either", () => {
    expect(of("windows", { USERPROFILE: "/users/me", APPDATA: "/repo/x" }, "/repo")).toBe(
      "/users/me/AppData/Roaming/jamey-code",
    );
  });

  test("started in the home folder or above it, a place inside is the person's own", () => {
    const variables = { HOME: "/home/me", XDG_CONFIG_HOME: "/home/me/.settings" };
    for (const cwd of ["/home/me", "/home", "/"]) {
      expect(of("linux", variables, cwd)).toBe("/home/me/.settings/jamey-code");
    }
  });
});

describe("reading it", () => {
  test("without a file the defaults hold, and a file that was named must be there", async () => {
    expect((await load()).limits.steps).toBe(100);
    const { code, message } = await problemOf(load(join(home, "mine.toml")));
    expect([code, message]).toEqual([
      "bad_config",
      `Cannot read config "${home}/mine.toml": there is no such file`,
    ]);
  });

  test("a file of a hundred megabytes, a folder, a pipe, bytes that are no text: all are refused in one line", async () => {
    const huge = join(home, "huge.toml");
    await Deno.writeTextFile(huge, "");
    await Deno.truncate(huge, 100 * 1024 * 1024);
    const folder = join(home, "folder.toml");
    await Deno.mkdir(folder);
    const pipe = join(home, "pipe.toml");
    await new Deno.Command("mkfifo", { args: [pipe] }).output();
    const binary = join(home, "binary.toml");
    await Deno.writeFile(binary, new Uint8Array([0xff, 0xfe, 0x64, 0x00]));
    const cases: [string, string][] = [
      [huge, `larger than ${configBytesMax} bytes`],
      [folder, "no plain file"],
      [pipe, "no plain file"],
      [binary, "not UTF-8"],
    ];
    for (const [path, part] of cases) {
      const { code, message } = await problemOf(load(path));
      expect(code).toBe("bad_config");
      expect(message).toContain(`"${path}": it is ${part}`);
      expect(message).not.toContain("\n");
    }
    console.log(`P5 files: ${cases.length} refused`);
  });

  test("a file at the limit is read, one byte more is not", async () => {
    const path = join(home, "limit.toml");
    await Deno.writeTextFile(path, "#".repeat(configBytesMax));
    expect((await load(path)).limits.steps).toBe(100);
    // Bytes that are no text: their number is said before anybody reads them.
    await Deno.writeFile(path, new Uint8Array(configBytesMax + 1).fill(0xff));
    expect((await problemOf(load(path))).message).toContain("larger than");
  });

  test("a file that every user can change is refused, because it names programs to run", async () => {
    const path = join(home, "open.toml");
    await Deno.writeTextFile(path, "");
    await Deno.chmod(path, 0o666);
    const { message, hint } = await problemOf(load(path));
    expect(message).toContain("every user of this machine can change it");
    expect(hint).toBe(`Run: chmod 600 "${path}"`);
  });
});

describe("writing it", () => {
  test("the first run makes a file of comments, for this user only; the second leaves it alone", async () => {
    const path = configPath(place()) ?? "";
    expect(await ensureConfigFile(place())).toBe(true);
    expect(await Deno.readTextFile(path)).toBe(defaultText);
    expect([await mode(path), await mode(join(path, ".."))]).toEqual([0o600, 0o700]);
    await Deno.writeTextFile(path, "# mine\n");
    expect(await ensureConfigFile(place())).toBe(false);
    expect(await Deno.readTextFile(path)).toBe("# mine\n");
  });

  test("where no file can be made, the daemon still has its defaults", async () => {
    await Deno.writeTextFile(join(home, ".config"), "a file");
    expect(await ensureConfigFile(place())).toBe(false);
    expect((await load()).limits.steps).toBe(100);
  });

  test("a change replaces the file as a whole and leaves nothing beside it; a link stays a link", async () => {
    const [real, link] = [join(home, "real.toml"), join(home, "link.toml")];
    await Deno.writeTextFile(real, "# one\n");
    await Deno.symlink(real, link);
    await replaceConfigText(link, "# two\n", "# one\n");
    expect(await Deno.readTextFile(real)).toBe("# two\n");
    expect((await Deno.lstat(link)).isSymlink).toBe(true);
    expect(await mode(real)).toBe(0o600);
    expect([...Deno.readDirSync(home)].map(({ name }) => name).sort()).toEqual(["link.toml", "real.toml"]);
  });

  test("what another program wrote meanwhile is not overwritten", async () => {
    const path = join(home, "shared.toml");
    await Deno.writeTextFile(path, "# theirs\n");
    expect((await problemOf(replaceConfigText(path, "# ours\n", "# before\n"))).code).toBe("conflict");
    expect(await Deno.readTextFile(path)).toBe("# theirs\n");
    expect([...Deno.readDirSync(home)].map(({ name }) => name)).toEqual(["shared.toml"]);
  });
});
