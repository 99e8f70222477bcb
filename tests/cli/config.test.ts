// `jamey config` as a process: nothing it prints holds a secret, and nothing it writes loses a comment.
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { defaultText } from "../../src/config/default_text.ts";
import { noProviders } from "./no_providers.ts";
import { jamey, type RunOptions } from "./program.ts";

let folder = "";
let path = "";
const canary = "canary-" + "0123456789";
const run = (args: string[], { env = {}, ...options }: RunOptions = {}) =>
  jamey(join(folder, "data"), ["config", ...args], {
    ...options,
    env: { ...noProviders, XDG_CONFIG_HOME: join(folder, "config"), ...env },
  });

beforeEach(async () => {
  folder = await Deno.makeTempDir({ prefix: "jamey-cli-config-" });
  path = join(folder, "config", "jamey-code", "runtime.toml");
});
afterEach(() => Deno.remove(folder, { recursive: true }));

async function write(text: string): Promise<void> {
  await Deno.mkdir(join(path, ".."), { recursive: true });
  await Deno.writeTextFile(path, text, { mode: 0o600 });
}

describe("config path and check", () => {
  test("path says where the file is, also before there is one, and with --config the one that was named", async () => {
    expect(await run(["path"])).toMatchObject({ code: 0, stdout: `${path}\n` });
    expect(JSON.parse((await run(["path", "--json"])).stdout)).toEqual({ path, exists: false });
    expect((await run(["path", "--config", "/x/mine.toml"])).stdout).toBe("/x/mine.toml\n");
  });

  test("check is content with no file and with a good one", async () => {
    expect((await run(["check"])).code).toBe(0);
    await write(defaultText);
    expect(await run(["check"])).toMatchObject({ code: 0, stdout: `"${path}" is all right\n` });
  });

  test("check says every problem on a line of its own, and ends with exit code 52", async () => {
    await write('[limits]\nsteps = "a"\nstpes = 1\n[web]\nsearch_key = "hunter2"\n');
    const { code, stdout } = await run(["check"]);
    expect(code).toBe(52);
    expect(stdout.trimEnd().split("\n")).toHaveLength(3);
    expect(stdout).toContain(`${path}: line 2: "limits.steps"`);
    expect(stdout).not.toContain("hunter2");
    const json = JSON.parse((await run(["check", "--json"])).stdout);
    expect(json).toMatchObject({ path, ok: false });
    expect(json.problems.map(({ line }: { line: number }) => line)).toEqual([2, 3, 5]);
  });

  test("check warns of rules about no tool and of keys that are to pass, and the daemon may start with them", async () => {
    await write(
      '[permissions]\nallow = ["mcp__any__tool", "my_tool", "Task(a)"]\ndeny = [\n  "Bsh(rm:*)",\n  "Frobnicate(rm:*)",\n]\n' +
        '[environment]\npass = ["HOST", "WORK_KEY", "COPY", "JAMEY_TOKEN"]\n' +
        '[providers.work]\nkind = "openai"\nkey = "env:WORK_KEY"\n' +
        '[tools.my_tool]\ntype = "process"\ncommand = ["x"]\ndescription = "d"\n',
    );
    const env = { WORK_KEY: canary, COPY: `key=${canary}`, HOST: "h" };
    const { code, stdout } = await run(["check"], { env });
    const passed = 'line 8: "environment.pass" names';
    expect(stdout.trimEnd().split("\n")).toEqual([
      `${path}: warning: line 4: the deny rule "Bsh(rm:*)" is about no tool that there is; did you mean "Bash"?`,
      `${path}: warning: line 5: the deny rule "Frobnicate(rm:*)" is about no tool that there is; see them with: jamey tools`,
      `${path}: warning: ${passed} "WORK_KEY", which no program gets all the same: it is the variable of a key; remove it`,
      `${path}: warning: ${passed} "COPY", which no program gets all the same: a key is in its value; remove it`,
      `${path}: warning: ${passed} "JAMEY_TOKEN", which no program gets all the same: it is the variable of a key; remove it`,
    ]);
    expect(code).toBe(0);
    const json = JSON.parse((await run(["check", "--json"], { env })).stdout);
    expect(json).toMatchObject({ ok: true, problems: [] });
    expect(json.warnings.map(({ line }: { line: number }) => line)).toEqual([4, 5, 8, 8, 8]);
  });

  test("check also says what does not fit this environment, and that a named file is missing", async () => {
    await write('default_provider = "nobody"\n');
    expect(await run(["check"])).toMatchObject({ code: 52, stdout: expect.stringContaining('"nobody"') });
    const missing = await run(["check", "--config", join(folder, "none.toml")]);
    expect(missing).toMatchObject({ code: 52, stdout: expect.stringContaining("there is no such file") });
  });
});

describe("config get", () => {
  test("shows what holds: a value, a section as TOML, all of it as JSON", async () => {
    await write("[limits]\nsteps = 7\n");
    expect((await run(["get", "limits.steps"])).stdout).toBe("7\n");
    expect((await run(["get", "limits"])).stdout).toMatch(/^steps = 7\nwall_minutes = 120\n/);
    expect(JSON.parse((await run(["get", "--json"])).stdout)).toMatchObject({
      default_provider: "scripted",
      limits: { steps: 7, repeat: 5 },
    });
  });

  test("what is not set, and what is no key, are told apart from an empty answer", async () => {
    const unset = await run(["get", "browser.executable"]);
    expect(unset).toMatchObject({ code: 42, stdout: "" });
    expect(unset.stderr).toContain("it is not set");
    expect((await run(["get", "limits.constructor"])).code).toBe(42);
    expect((await run(["get", "a = 1"])).code).toBe(42);
  });

  test("never shows a secret, wherever somebody put it", async () => {
    await write(
      '[providers.work]\nkind = "openai"\nkey = "env:WORK_KEY"\nmodel = "m"\n' +
        '[mcp.a]\ncommand = "a"\nargs = ["--token", "canary-0123456789"]\nenv = { PASSWORD = "hunter2" }\n' +
        '[mcp.b]\nurl = "http://h/"\nheaders = { Cookie = "hunter2" }\n',
    );
    const env = { WORK_KEY: canary, OPENAI_API_KEY: canary, ANTHROPIC_API_KEY: canary };
    let shown = "";
    const words = [[], ["providers"], ["providers.work.key"], ["mcp.a.env.PASSWORD"], ["mcp.a.args"], [
      "mcp",
    ]];
    for (const key of words) {
      for (const format of [[], ["--json"]]) {
        const { code, stdout, stderr } = await run(["get", ...key, ...format], { env });
        expect(code).toBe(0);
        shown += stdout + stderr;
      }
    }
    expect(shown).not.toMatch(/canary|hunter2/);
    expect(shown).toContain("env:WORK_KEY");
    console.log(`K4 config get: ${words.length * 2} answers, 0 secrets`);
  });

  test("a file that cannot be read is an error with exit code 52", async () => {
    await write("nonsense");
    const { code, stdout, stderr } = await run(["get"]);
    expect({ code, stdout }).toEqual({ code: 52, stdout: "" });
    expect(stderr).toMatch(new RegExp(`^error: Cannot read config "${path}": line 1: `));
  });
});

describe("config set", () => {
  test("makes the file with its comments, for this user only, and keeps them at every change", async () => {
    expect((await run(["set", "limits.steps", "7"])).code).toBe(0);
    expect((await run(["set", "limits.steps", "8", "default_provider", "scripted"])).code).toBe(0);
    const text = await Deno.readTextFile(path);
    expect(text).toContain(defaultText.trimEnd());
    expect((await run(["get", "limits.steps"])).stdout).toBe("8\n");
    expect(((await Deno.stat(path)).mode ?? 0) & 0o777).toBe(0o600);
    expect([...Deno.readDirSync(join(path, ".."))].map(({ name }) => name)).toEqual(["runtime.toml"]);
  });

  test.each([
    ["a wrong type", ["limits.steps", "many"], "expected a number"],
    ["an unknown key", ["limits.stpes", "1"], 'did you mean "steps"'],
    ["a secret", ["web.search_key", canary], "env:NAME"],
    ["half of a provider", ["providers.work.kind", "anthropic"], "providers.work.key"],
  ])("%s writes nothing, and is bad input", async (_, words, part) => {
    const before = "# mine\n[limits]\nrepeat = 4\n";
    await write(before);
    const { code, stdout, stderr } = await run(["set", ...words]);
    expect({ code, stdout }).toEqual({ code: 42, stdout: "" });
    expect(stderr).toContain(part);
    expect(stderr).not.toContain("canary");
    expect(await Deno.readTextFile(path)).toBe(before);
  });

  test.each([
    ["no TOML", "# mine\n[limits]\noops\n", "line 3: "],
    ["an unknown key", "# mine\n[limits]\nstpes = 1\n", 'line 3: "limits.stpes"'],
  ])("a file with %s is not changed, and the line that is wrong is named", async (_, before, part) => {
    await write(before);
    const { code, stderr } = await run(["set", "limits.steps", "7"]);
    expect(code).not.toBe(0);
    expect(stderr).toContain(part);
    expect(await Deno.readTextFile(path)).toBe(before);
  });

  test("a default that is not there is set with a warning: the daemon may have another environment", async () => {
    const { code, stderr } = await run(["set", "default_provider", "openai"]);
    expect(code).toBe(0);
    expect(stderr).toContain("warning: ");
    expect(stderr).toContain("OPENAI_API_KEY is not set");
  });

  test.each([[[]], [["set"]], [["set", "limits.steps"]], [["frobnicate"]], [["path", "x"]], [[
    "key",
    "a b",
  ]]])(
    "words that make no sense end with exit code 2: %j",
    async (words) => {
      const { code, stderr } = await run(words);
      expect(code).toBe(2);
      expect(stderr).toContain("jamey config --help");
    },
  );
});

test("config key stores what stdin says in the keychain, and shows it nowhere", async () => {
  const tool = join(folder, "secret-tool");
  await Deno.writeTextFile(tool, `#!/bin/sh\necho "$@" > "${folder}/args"; cat > "${folder}/stored"\n`);
  await Deno.chmod(tool, 0o755);
  const env = { PATH: `${folder}:/usr/bin:/bin` };
  const { code, stdout, stderr } = await run(["key", "work"], { env, stdin: `${canary}\n` });
  expect(code, stderr).toBe(0);
  expect(stdout + stderr + await Deno.readTextFile(join(folder, "args"))).not.toContain("canary");
  expect(await Deno.readTextFile(join(folder, "stored"))).toBe(canary);
  expect(stderr).toContain('"keychain:work"');
  expect((await run(["key", "work"], { env, stdin: "two\nlines\n" })).code).toBe(42);
});
