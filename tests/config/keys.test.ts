import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { readKeychain, writeKeychain } from "../../src/config/keychain.ts";
import { resolveKeys, secretsOf } from "../../src/config/keys.ts";
import { parseConfig } from "../../src/config/parse.ts";
import { runProgram } from "../../src/config/program.ts";
import { printable } from "../../src/config/show.ts";
import { Problem } from "../../src/protocol/problem.ts";
import { looksSecret, referenceIn } from "../../src/providers/reference.ts";

let folder = "";
beforeEach(async () => void (folder = await Deno.makeTempDir({ prefix: "jamey-keys-" })));
afterEach(() => Deno.remove(folder, { recursive: true }));

/** A keychain program of our own: it does what `secret-tool` does, with files. */
async function installKeychain(script = keychainScript): Promise<Record<string, string>> {
  const path = join(folder, "secret-tool");
  await Deno.writeTextFile(path, script);
  await Deno.chmod(path, 0o755);
  return { PATH: `${folder}:/usr/bin:/bin`, HOME: folder };
}
const keychainScript = `#!/bin/sh
env > "$HOME/seen-env"; echo "$*" > "$HOME/seen-args"
case "$1" in
  lookup) cat "$HOME/secret-$5" 2>/dev/null || exit 1;;
  store) cat > "$HOME/secret-$6";;
esac
`;
const secret = "canary-" + "0123456789";
const text = `
[providers.work]
kind = "anthropic"
key = "keychain:work"
[providers.other]
kind = "openai"
key = "env:OTHER_KEY"
[web]
search_key = "env:MISSING_KEY"
[mcp.a]
url = "http://h/"
headers = { Authorization = "Bearer env:OTHER_KEY", Accept = "text/plain" }
[mcp.b]
command = "b"
env = { TOKEN = "env:MCP_TOKEN", PLAIN = "hunter2" }
`;

async function problemOf(work: Promise<unknown>): Promise<Problem> {
  const thrown = await work.then(() => undefined, (error: unknown) => error);
  if (thrown instanceof Problem) return thrown;
  throw new Error(`no problem but ${String(thrown)}`);
}

describe("keys by reference", () => {
  test("are found in the environment and in the keychain, once each; a missing one is a problem for its user only", async () => {
    const env = { ...await installKeychain(), OTHER_KEY: secret, MCP_TOKEN: "mcp-token-1" };
    await writeKeychain("work", "from-the-keychain", { os: "linux", env });
    const keys = await resolveKeys(parseConfig(text, "f"), { os: "linux", env });
    expect(keys.secret("keychain:work")).toBe("from-the-keychain");
    expect(keys.text("Bearer env:OTHER_KEY")).toBe(`Bearer ${secret}`);
    expect(keys.text("text/plain")).toBe("text/plain");
    expect(secretsOf(keys)).toEqual({
      "keychain:work": "from-the-keychain",
      "env:OTHER_KEY": secret,
      "env:MCP_TOKEN": "mcp-token-1",
    });
    expect(keys.problem("env:OTHER_KEY")).toBeUndefined();
    expect(keys.problem("env:MISSING_KEY")?.message).toBe(
      'Cannot find key "env:MISSING_KEY": the variable MISSING_KEY is not set where the daemon runs',
    );
    expect(() => keys.secret("env:MISSING_KEY")).toThrow(Problem);
  });

  test("a key of the environment that no provider uses is a secret all the same", async () => {
    const env = { PATH: folder, OPENAI_API_KEY: secret, ANTHROPIC_API_KEY: " " };
    const mine = '[providers.openai]\nkind = "openai"\nbase_url = "http://127.0.0.1:1/v1"\n';
    const keys = await resolveKeys(parseConfig(mine, "f"), { os: "linux", env });
    expect(secretsOf(keys)).toEqual({ "env:OPENAI_API_KEY": secret });
  });

  test("the keychain's program sees the name and nothing of our environment; a secret is no argument", async () => {
    const env = { ...await installKeychain(), OTHER_KEY: secret };
    await writeKeychain("work", secret, { os: "linux", env });
    expect(await Deno.readTextFile(join(folder, "seen-args"))).not.toContain("canary");
    expect(await readKeychain("work", { os: "linux", env })).toBe(secret);
    expect(await Deno.readTextFile(join(folder, "seen-env"))).not.toMatch(/canary|OTHER_KEY/);
  });

  test.each([
    ["a value with a line break", "a\nb"],
    ["a value with a space", "a b"],
    ["a value outside ASCII", "ключ-canary"],
  ])("%s cannot be a header and is refused without being shown", async (_, value) => {
    const env = { PATH: "", OTHER_KEY: value };
    const keys = await resolveKeys(parseConfig(text, "f"), { os: "linux", env });
    expect(keys.problem("env:OTHER_KEY")?.message).toMatch(
      /spaces, line breaks or characters outside ASCII$/,
    );
    expect(secretsOf(keys)).toEqual({});
  });

  test.each([
    ["no entry", keychainScript, 'Cannot read key "keychain:work": the keychain has no such entry'],
    ["an empty entry", "#!/bin/sh\nexit 0\n", "the keychain has no such entry"],
    ["a locked keychain", "#!/bin/sh\nexit 7\n", "ended with exit code 7"],
    ["a flood", "#!/bin/sh\nhead -c 1000000 /dev/zero | tr '\\0' x\n", "it said more than 65536 bytes"],
  ])("a keychain with %s is a problem that names the reference", async (_, script, part) => {
    const env = await installKeychain(script);
    const { code, message } = await problemOf(readKeychain("work", { os: "linux", env }));
    expect(code).toBe("bad_config");
    expect(message).toContain(part);
    expect(message).toContain('"keychain:work"');
  });

  test("no keychain program, and Windows, are said to be so", async () => {
    const none = await problemOf(readKeychain("work", { os: "linux", env: { PATH: folder } }));
    expect(none.message).toContain('there is no program "secret-tool"');
    expect((await problemOf(readKeychain("work", { os: "windows", env: {} }))).message).toContain("Windows");
  });

  test.each(["", "two\nlines", "nul\0", "x".repeat(16_385)])(
    "what is no secret is not stored",
    async (value) => {
      const env = await installKeychain();
      expect((await problemOf(writeKeychain("work", value, { os: "linux", env }))).code).toBe("bad_request");
      await writeKeychain("work", "x".repeat(16_384), { os: "linux", env });
    },
  );
});

test("a program that does not end is killed, and a child of its own that holds its pipes keeps nobody waiting", async () => {
  const script = `echo $$ > "$0.pid"; sleep 600 & echo $! >> "$0.pid"; wait`;
  const path = join(folder, "stuck");
  await Deno.writeTextFile(path, script);
  const end = await runProgram(["/bin/sh", path], { env: { PATH: "/usr/bin:/bin" }, timeoutMs: 1_000 });
  expect(end).toEqual({ status: "failed", why: "it did not end within 1 s" });
  const pids = (await Deno.readTextFile(`${path}.pid`)).trim().split("\n").map(Number);
  const alive = (pid: number) => Deno.stat(`/proc/${pid}`).then(() => true, () => false);
  // A killed process leaves the list a moment later.
  for (let left = 1_000; left > 0 && await alive(pids[0] ?? 0); left--) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  expect(await alive(pids[0] ?? 0)).toBe(false);
  // Its child, which no keychain has, goes on; it was started for this test.
  if (await alive(pids[1] ?? 0)) Deno.kill(pids[1] ?? 0, "SIGKILL");
});

test("a configuration is shown without any secret, whatever was written into it", async () => {
  const config = parseConfig(text + `\n[instructions]\nextra = "say ${secret} twice"\n`, "f");
  const env = { OTHER_KEY: secret };
  const keys = await resolveKeys(config, { os: "linux", env: { ...env, PATH: folder } });
  const shown = JSON.stringify(printable(config, env));
  expect(shown).not.toMatch(/canary|hunter2|text\/plain/);
  expect(shown).toContain("keychain:work");
  expect(shown).toContain("Bearer env:OTHER_KEY");
  expect(shown).toContain("say [hidden] twice");
  expect(keys.secret("env:OTHER_KEY")).toBe(secret);
});

test("keys of the known issuers are told from references and from words", () => {
  const keys = [
    "sk-proj-abcdefghijklmnop",
    "sk-ant-api03-abcdefgh",
    "sk_live_51H",
    "ghp_abcdefghij",
    "github_pat_11AA",
    "xoxb-123-456",
    "AKIAIOSFODNN7EXAMPLE",
    "AIzaSyA-abcdefgh",
    "eyJhbGciOiJIUzI1.eyJ",
    "Bearer sk-abcdefghijkl",
    "0123456789abcdef0123456789abcdef",
  ];
  expect(keys.filter((key) => !looksSecret(key) || referenceIn(key) !== null)).toEqual([]);
  const words = [
    "env:OPENAI_API_KEY",
    "keychain:work",
    "text/plain",
    "task-list",
    "gpt-5.5",
    "http://127.0.0.1:8080/v1",
  ];
  expect(words.filter(looksSecret)).toEqual([]);
});
