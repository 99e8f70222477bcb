// `jamey permissions` and the rules of `jamey run`, through a real daemon that the command line starts itself.
import { dirname, join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { explanation, permissionsView } from "../../src/protocol/permission_views.ts";
import { splitRules } from "../../src/cli/run_rules.ts";
import { call, script } from "./agent_desk.ts";
import { type Ended, jamey as start, jsonLines } from "./program.ts";

let home = "";
let workspace = "";
const config = '[permissions]\nmode = "acceptEdits"\nask = ["Bash(git push:*)"]\ndeny = ["WebFetch"]\n';

async function write(path: string, text: string): Promise<void> {
  await Deno.mkdir(dirname(path), { recursive: true });
  await Deno.writeTextFile(path, text);
}

function jamey(...args: string[]): Promise<Ended> {
  const env = { HOME: home, XDG_CONFIG_HOME: join(home, "config"), JAMEY_PROVIDER: "scripted" };
  return start(join(home, "data"), args, { env, cwd: workspace });
}

async function ok(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await jamey(...args);
  expect(code, stderr).toBe(0);
  return stdout;
}
const listed = async (...args: string[]) =>
  permissionsView.parse(JSON.parse(await ok("permissions", "--json", ...args)));
const explained = async (...args: string[]) =>
  explanation.parse(JSON.parse(await ok("permissions", "explain", "--json", ...args)));
const rulesHere = async () =>
  (await listed()).rules.map(({ action, text, layer }) => `${layer} ${action} ${text}`);

beforeAll(async () => {
  home = await Deno.realPath(await Deno.makeTempDir({ prefix: "jamey-permissions-" }));
  workspace = join(home, "workspace");
  await Deno.mkdir(workspace);
  await write(join(home, "config", "jamey-code", "runtime.toml"), config);
  await Deno.chmod(join(home, "config", "jamey-code", "runtime.toml"), 0o600);
  await ok("start");
});
afterAll(async () => {
  await ok("stop");
  await Deno.remove(home, { recursive: true });
});
afterEach(async () => {
  await Deno.remove(join(workspace, ".claude"), { recursive: true }).catch(() => {});
  await Deno.remove(join(home, "data", "permissions.json")).catch(() => {});
});

describe("the rules in force", () => {
  test("each is shown with where it comes from, beside the mode and the sandbox", async () => {
    await write(join(workspace, ".claude", "settings.json"), '{"permissions":{\n"deny":["Bash(rm:*)"]}}');
    const text = await ok("permissions");
    const file = join(home, "config", "jamey-code", "runtime.toml");
    expect(text).toMatch(new RegExp(`^deny +WebFetch +everywhere +user +${file}:4$`, "m"));
    expect(text).toMatch(new RegExp(`^ask +Bash\\(git push:\\*\\) +everywhere +user +${file}:3$`, "m"));
    expect(text).toMatch(
      new RegExp(`^deny +Bash\\(rm:\\*\\) +this folder +folder +${workspace}/.claude/settings.json:2$`, "m"),
    );
    expect(text).toMatch(/^mode +acceptEdits$/m);
    expect(text).toMatch(/^sandbox \w+/m);
  });

  test("what a folder allows is in force once jamey trust has approved it, and what cannot be read is said", async () => {
    const settings = { permissions: { allow: ["Bash(make:*)"], deny: ["Bash("] } };
    await write(join(workspace, ".claude", "settings.json"), JSON.stringify(settings));
    const { stdout, stderr } = await jamey("permissions");
    expect(stdout).not.toContain("make");
    expect(stdout).toContain('Cannot use the deny rule "Bash("');
    expect(stderr).toContain("jamey trust");
    expect(await ok("trust", "--yes")).toContain('"Bash(make:*)"');
    expect(await rulesHere()).toContain("folder allow Bash(make:*)");
    await write(
      join(workspace, ".claude", "settings.json"),
      '{"permissions":{"allow":["Bash(make:*)","Bash"]}}',
    );
    expect((await rulesHere()).join()).not.toContain("allow");
    await ok("trust", "--withdraw");
  });

  test("rules of a folder that cannot be read are said wherever they are missed: by explain, a run and doctor", async () => {
    await write(join(workspace, ".claude", "settings.json"), '{"permissions":{"deny":["Bash("]}}');
    await write(join(workspace, ".jamey", "settings.toml"), 'mode = "auto"\n');
    try {
      for (const words of [["permissions", "explain", "ls"], ["run", "--permission-mode", "auto", "hello"]]) {
        const { code, stderr } = await jamey(...words);
        expect(code).toBe(0);
        expect(stderr).toContain('Cannot use the deny rule "Bash("');
        expect(stderr).toMatch(/Cannot use folder settings .*settings\.toml": line 1: "mode"/);
      }
      const { stdout } = await jamey("doctor");
      expect(stdout).toMatch(/^warning permission rules +Cannot use the deny rule "Bash\("/m);
      expect(stdout.match(/Cannot use folder settings/g)).toHaveLength(1);
    } finally {
      await Deno.remove(join(workspace, ".jamey"), { recursive: true });
    }
  });

  test("a new session has the mode of the configuration, and -s shows what holds in it", async () => {
    const session = (await ok("new")).trim();
    const view = await listed("-s", session);
    expect(view).toMatchObject({ session_id: session, permission_mode: "acceptEdits", workspace });
    const other = (await ok("new", "--permission-mode", "plan")).trim();
    expect((await listed("-s", other)).permission_mode).toBe("plan");
  });

  test("the daemon refuses a configuration that would let new sessions act without asking", async () => {
    const file = join(home, "bypass.toml");
    await write(file, '[permissions]\nmode = "bypassPermissions"\n');
    await Deno.chmod(file, 0o600);
    const { code, stderr } = await start(join(home, "other"), ["serve", "--port", "0", "--config", file]);
    expect(code).toBe(52);
    expect(stderr).toContain('line 2: "permissions.mode" is "bypassPermissions"');
  });
});

describe("rules of one's own", () => {
  test("are added for this folder or for all, hold at once and are taken back", async () => {
    const asked = () => explained("npm run lint");
    expect((await asked()).decision).toBe("ask");
    await ok("permissions", "allow", "Bash(npm run lint)");
    expect(await asked()).toMatchObject({ decision: "allow", tool: "Bash" });
    await ok("permissions", "deny", "Bash(npm:*)", "--everywhere");
    const { decision, because, rules } = await asked();
    expect(decision).toBe("deny");
    expect(because).toContain('deny "Bash(npm:*)"');
    expect(rules.filter(({ applies }) => applies).map(({ text, workspace }) => [text, workspace])).toEqual(
      [["Bash(npm run lint)", workspace], ["Bash(npm:*)", undefined]],
    );
    await ok("permissions", "remove", "Bash(npm:*)", "--everywhere");
    await ok("permissions", "remove", "Bash(npm run lint)");
    expect((await asked()).decision).toBe("ask");
  });

  test("a rule about a tool that is not there is kept, and said to be about nothing", async () => {
    const { code, stderr } = await jamey("permissions", "deny", "Reed(./secrets/**)");
    expect(code).toBe(0);
    expect(stderr).toContain('There is no tool "Reed" now');
    expect(await rulesHere()).toContain("user deny Reed(./secrets/**)");
    for (const rule of ["Read(./secrets/**)", "Bash(rm:*)", "mcp__files", "Agent(x)", "Skill(y)", "*"]) {
      const known = await jamey("permissions", "ask", rule);
      expect(known.stderr).toBe(`From now on: ask "${rule}" in ${workspace}\n`);
      await ok("permissions", "remove", rule);
    }
    await ok("permissions", "remove", "Reed(./secrets/**)");
  });

  test("a rule that is not there, or stands in a file, is not removed, and the hint says where it is", async () => {
    await ok("permissions", "allow", "Read", "--everywhere");
    for (
      const [words, hint] of [
        [["Edit"], "jamey permissions"],
        [["Read"], "--everywhere"],
        [["WebFetch"], "runtime.toml"],
        [["WebFetch", "--everywhere"], "runtime.toml"],
      ] as const
    ) {
      const { code, stderr } = await jamey("permissions", "remove", ...words);
      expect(code).toBe(1);
      expect(stderr.split("\n")[1]).toContain(hint);
    }
    expect(await rulesHere()).toContain("user deny WebFetch");
    await ok("permissions", "allow", "Bash(make) [in the sandbox]");
    const { stderr } = await jamey("permissions", "remove", "Bash(make)");
    expect(stderr.split("\n")[1]).toContain("remove 'Bash(make) [in the sandbox]'");
    await ok("permissions", "remove", "Bash(make) [in the sandbox]");
  });
});

describe("why a call would run", () => {
  test("a command is explained part by part, and nothing of it is run", async () => {
    await ok("permissions", "allow", "Bash(git status)");
    await ok("permissions", "deny", "Bash(rm:*)");
    const { decision, parts } = await explained("git status && rm -rf build; touch made");
    expect(decision).toBe("deny");
    expect(parts.map((part) => [part.text, part.decision])).toEqual([
      ["git status", "allow"],
      ["rm -rf build", "deny"],
      ["touch made", "ask"],
    ]);
    const text = await ok("permissions", "explain", "git status && rm -rf build; touch made");
    expect(text).toMatch(/^deny: .*"Bash\(rm:\*\)"/);
    expect(text).toMatch(/^deny +rm -rf build +/m);
    expect(await Deno.stat(join(workspace, "made")).catch(() => null)).toBeNull();
  });

  test("any tool, in any mode", async () => {
    const args = '{"file_path":"a.ts","content":"x"}';
    const decide = async (...more: string[]) =>
      (await explained("--tool", "Write", "--args", args, ...more)).decision;
    expect(await decide()).toBe("allow");
    expect(await decide("--mode", "default")).toBe("ask");
    expect(await decide("--mode", "plan")).toBe("deny");
    expect((await explained("--tool", "WebFetch", "--args", '{"url":"http://x.example/"}')).decision).toBe(
      "deny",
    );
  });

  test("a tool that is not there and arguments that it does not take are errors", async () => {
    expect((await jamey("permissions", "explain", "--tool", "Nothing")).stderr).toContain(
      "there is no tool of that name",
    );
    expect((await jamey("permissions", "explain", "--tool", "Write", "--args", "{}")).stderr).toContain(
      "file_path",
    );
  });
});

describe("rules of one run", () => {
  /** Runs a turn that writes this file; whether it did. */
  const writes = async (file: string, ...words: string[]) => {
    const prompt = script(call("Write", { file_path: file, content: "x" }), { text: "done" });
    const { stdout } = await jamey("run", "--output-format", "json", ...words, prompt);
    const path = join(workspace, file);
    const done = await Deno.remove(path).then(() => true, () => false);
    return { done, session: String(jsonLines(stdout).at(-1)?.["session_id"]) };
  };

  test("--allowed-tools answers what would be asked, --disallowed-tools refuses in every mode", async () => {
    expect((await writes("a.txt", "--permission-mode", "default")).done).toBe(false);
    const allowing = ["--allowed-tools", "Read,Edit(*.txt)", "--allowed-tools", "Glob"];
    expect((await writes("a.txt", "--permission-mode", "default", ...allowing)).done).toBe(true);
    expect((await writes("a.md", "--permission-mode", "default", ...allowing)).done).toBe(false);
    const bypass = ["--permission-mode", "bypassPermissions"];
    expect((await writes("a.txt", ...bypass)).done).toBe(true);
    expect(
      (await writes("a.txt", ...bypass, "--disallowed-tools", "Write", "--disallowed-tools", "Read")).done,
    )
      .toBe(false);
  });

  test("--ask-tools asks about what the mode or another rule would allow, and without a person that is a refusal", async () => {
    const bypass = ["--permission-mode", "bypassPermissions"];
    expect((await writes("a.txt", ...bypass, "--ask-tools", "Write(*.md)")).done).toBe(true);
    expect((await writes("a.txt", ...bypass, "--allowed-tools", "Write", "--ask-tools", "Write")).done).toBe(
      false,
    );
  });

  test("what no rule could allow is denied with what asked, and without the advice to allow it", async () => {
    const prompt = script(call("Bash", { command: "find ~ -delete" }), { text: "done" });
    const { code, stderr } = await jamey("run", "--permission-mode", "bypassPermissions", prompt);
    expect(code).toBe(1);
    expect(stderr).toContain("nobody to ask (jamey run): it may destroy beyond repair: find removes");
    expect(stderr).toContain("the home folder; use jamey chat\n");
  });

  test("they are shown with the session, and hold for a session that is gone on with", async () => {
    const { done, session } = await writes(
      "a.txt",
      "--permission-mode",
      "default",
      "--allowed-tools",
      "Write",
    );
    expect(done).toBe(true);
    const { rules } = await listed("-s", session);
    expect(rules.filter(({ layer }) => layer === "session")).toMatchObject([{
      action: "allow",
      text: "Write",
    }]);
    expect((await writes("a.txt", "-r", session)).done).toBe(true);
    expect((await writes("a.txt", "-r", session, "--disallowed-tools", "Write")).done).toBe(false);
  });
});

test("commas share out rules, but not within brackets", () => {
  expect(splitRules("Read, Bash(git log --format=%h,%s) ,Edit(a,b)")).toEqual([
    "Read",
    "Bash(git log --format=%h,%s)",
    "Edit(a,b)",
  ]);
  expect(splitRules(" , ")).toEqual([]);
});

test.each([
  ["a command in pieces", ["explain", "git", "push"], "'git push'"],
  ["no command", ["explain"], "git push origin main"],
  ["a command and a tool", ["explain", "ls", "--tool", "Read"], "git push origin main"],
  ["arguments that are no JSON", ["explain", "--tool", "Read", "--args", "{"], "--args"],
  ["arguments of a command", ["explain", "ls", "--args", "{}"], "--help"],
  ["an unknown mode", ["explain", "ls", "--mode", "yolo"], "--help"],
  ["a rule that is none", ["allow", "npm test"], "Bash(npm run test:*)"],
  ["a rule in pieces", ["deny", "Bash(npm", "test)"], "'Bash(npm test)'"],
  ["no rule", ["ask"], "Bash(npm run test:*)"],
  ["a rule for a session", ["allow", "Read", "-s", "last"], "--allowed-tools"],
  ["a rule for a folder and for all", ["allow", "Read", "--everywhere", "--workspace", "."], "--help"],
  ["an empty command", ["explain", "  "], "explain 'git push"],
  ["words of a rule that make none together", ["allow", "Bash", "ls"], "allow 'Bash(npm"],
  ["an option of another action", ["--everywhere"], "--help"],
  ["an option of explain", ["allow", "Read", "--mode", "plan"], "--help"],
  ["an unknown action", ["grant", "Read"], "--help"],
])("%s is a usage error with a hint, found before a daemon is asked", async (_, words, hint) => {
  const { code, stdout, stderr } = await start(join(home, "none"), ["permissions", ...words]);
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(stderr).toContain('Cannot run "jamey permissions');
  expect(stderr.split("\n")[1]).toContain(hint);
});
