// What each mode, the sandbox and the rules make of real calls, and in which words.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { join } from "node:path";
import { symlink } from "node:fs/promises";
import type { JsonObject } from "../../src/protocol/json.ts";
import type { PermissionMode } from "../../src/protocol/permission_mode.ts";
import { type Asked, judge, rule, serverTool } from "./judged.ts";

let workspace: string;
let outside: string;
beforeAll(async () => {
  const base = await Deno.realPath(await Deno.makeTempDir({ prefix: "jamey-modes-" }));
  [workspace, outside] = [join(base, "workspace"), join(base, "outside")];
  for (const folder of [workspace, outside, join(workspace, ".git")]) await Deno.mkdir(folder);
  await symlink(outside, join(workspace, "leads-out"));
  await symlink(join(workspace, ".git"), join(workspace, "leads-to-git"));
  await symlink(join(base, "nothing"), join(workspace, "leads-nowhere"));
});
afterAll(() => Deno.remove(join(workspace, ".."), { recursive: true }));

const works = { status: "works", kind: "test 1" } as const;
const broken = { status: "unavailable", reason: "bubblewrap is not installed" } as const;
const decide = async (name: string, args: JsonObject, asked: Omit<Asked, "workspace"> = {}) =>
  (await judge(name, args, { workspace, ...asked })).permission;
const write = (path: string): [string, JsonObject] => ["Write", { file_path: path, content: "x" }];
const bash = (command: string, more: JsonObject = {}): [string, JsonObject] => ["Bash", { command, ...more }];
const modes: PermissionMode[] = ["default", "acceptEdits", "plan", "auto", "dontAsk", "bypassPermissions"];
/** One answer a mode, in the order above. */
const inModes = async ([name, args]: [string, JsonObject], asked: Omit<Asked, "workspace"> = {}) =>
  await Promise.all(modes.map(async (mode) => (await decide(name, args, { ...asked, mode })).decision));

describe("each mode", () => {
  it("decides about changes of files, protected places and links by what is really changed", async () => {
    const free = ["ask", "allow", "deny", "allow", "deny", "allow"];
    const held = ["ask", "ask", "deny", "ask", "deny", "allow"];
    expect(await inModes(write("src/a.ts"))).toEqual(free);
    expect(await inModes(write(join(workspace, "src/a.ts")))).toEqual(free);
    for (
      const path of [
        ".git/hooks/pre-commit",
        "sub/.Claude/settings.json",
        // As other systems would take them.
        ".git./hooks/pre-commit",
        "GIT~1/config",
        ".git::$INDEX_ALLOCATION/config",
        ".v\u017Fcode/tasks.json",
        ".g\u200Cit/config",
        ".mcp.json",
        "leads-out/a",
        "leads-to-git/config",
        "leads-nowhere",
        join(outside, "a"),
        "../outside/a",
      ]
    ) expect([path, await inModes(write(path))]).toEqual([path, held]);
  });

  it("lets commands run unasked only in a sandbox that works, and only in auto", async () => {
    expect(await inModes(bash("make"), { sandbox: works })).toEqual([
      "ask",
      "ask",
      "deny",
      "allow",
      "deny",
      "allow",
    ]);
    const asks = ["ask", "ask", "deny", "ask", "deny", "allow"];
    expect(await inModes(bash("make"), { sandbox: broken })).toEqual(asks);
    expect(await inModes(bash("make"))).toEqual(asks);
    expect(await inModes(bash("make", { outside_sandbox: true }), { sandbox: works })).toEqual(asks);
  });

  it("leaves reading free, and asks about the web", async () => {
    expect(await inModes(["Read", { file_path: "a" }])).toEqual(Array(6).fill("allow"));
    const fetch: [string, JsonObject] = ["WebFetch", { url: "https://example.com/" }];
    expect(await inModes(fetch, { sandbox: works })).toEqual(["ask", "ask", "ask", "ask", "deny", "allow"]);
  });

  it("asks about what destroys beyond repair, whatever allows it and even in the sandbox", async () => {
    const rules = [rule("allow", "*"), rule("allow", "Bash"), rule("allow", "Bash(rm -rf /)")];
    for (const sandbox of [works, broken]) {
      for (const command of ["rm -rf /", 'rm -rf "$HOME"', "make && rm -rf ~"]) {
        expect([command, await inModes(bash(command), { rules, sandbox })]).toEqual([
          command,
          ["ask", "ask", "deny", "ask", "deny", "ask"],
        ]);
      }
    }
    const { because } = await decide(...bash("rm -rf /"), { mode: "bypassPermissions" });
    expect(because).toMatch(/^it may destroy beyond repair: /);
    expect((await decide(...bash("rm -rf node_modules"), { rules })).decision).toBe("allow");
  });

  it("asks every time about what asks every time", async () => {
    expect(await inModes(["ExitPlanMode", { plan: "x" }])).toEqual([
      "ask",
      "ask",
      "ask",
      "ask",
      "deny",
      "ask",
    ]);
    expect((await decide("ExitPlanMode", { plan: "x" }, { rules: [rule("allow", "*")] })).decision).toBe(
      "ask",
    );
  });
});

describe("rules", () => {
  it("that allow a program allow it part by part, and nothing that hides another one", async () => {
    const rules = [
      rule("allow", "Bash(git log:*)"),
      rule("allow", "Bash(npm run *)"),
      rule("deny", "Bash(rm:*)"),
    ];
    const of = async (command: string) =>
      (await decide(...bash(command), { rules, mode: "bypassPermissions" })).decision;
    const asked = async (command: string) => (await decide(...bash(command), { rules })).decision;
    expect(await asked("git log -3 && npm run test")).toBe("allow");
    for (const command of ["git log -3 && make", "git log $(make)", "git log > out", "git log --output=x"]) {
      expect([command, await asked(command)]).toEqual([command, "ask"]);
    }
    for (
      const command of ["rm a", "git log; rm a", "/bin/rm a", "sh -c 'rm a'", "git log $(rm a)", "env rm a"]
    ) {
      expect([command, await of(command)]).toEqual([command, "deny"]);
    }
  });

  it("that allow answer for the person, but never for a protected place that they do not name", async () => {
    const allow = (text: string) => ({ rules: [rule("allow", text)] });
    expect((await decide(...write("src/a.ts"), allow("Edit"))).decision).toBe("allow");
    expect((await decide(...write("src/a.ts"), allow("Edit(src/**)"))).decision).toBe("allow");
    expect((await decide(...write("lib/a.ts"), allow("Edit(src/**)"))).decision).toBe("ask");
    for (const text of ["*", "Edit", "Write", "Edit(**)"]) {
      expect((await decide(...write(".git/config"), allow(text))).decision).toBe("ask");
    }
    expect((await decide(...write(".claude/notes.md"), allow("Edit(.claude/**)"))).decision).toBe("allow");
  });

  it("name the reason with their layer, text and place", async () => {
    const denied = await decide(...write("a"), { rules: [rule("deny", "Edit(a)", "managed")] });
    expect(denied).toEqual({
      decision: "deny",
      because: `the managed rule deny "Edit(a)" (the managed's file) refuses it`,
    });
    expect((await decide(...bash("make"), { mode: "auto", sandbox: broken })).because).toBe(
      'the sandbox does not work (bubblewrap is not installed), so the mode "auto" asks about commands',
    );
  });

  it("that allow a command also answer when it asks to leave the sandbox", async () => {
    const rules = [rule("allow", "Bash(make test)")];
    expect((await decide(...bash("make test"), { rules })).decision).toBe("allow");
    expect(
      (await decide(...bash("make test", { outside_sandbox: true }), { rules, sandbox: works })).decision,
    )
      .toBe("allow");
    expect((await decide(...bash("make", { outside_sandbox: true }), { rules, sandbox: works })).decision)
      .toBe("ask");
  });

  it("that were given in the sandbox answer nothing outside of it, and refuse however it would run", async () => {
    const rules = [rule("allow", "Bash(make test) [in the sandbox]")];
    const decision = async (asked: Omit<Asked, "workspace">, args: JsonObject = {}) =>
      (await decide(...bash("make test", args), asked)).decision;
    expect(await decision({ rules, sandbox: works })).toBe("allow");
    expect(await decision({ rules, sandbox: works }, { outside_sandbox: true })).toBe("ask");
    expect(await decision({ rules, sandbox: broken })).toBe("ask");
    expect(await decision({ rules })).toBe("ask");
    const denying = [rule("deny", "Bash(make test) [in the sandbox]")];
    expect(await decision({ rules: denying, sandbox: works }, { outside_sandbox: true })).toBe("deny");
  });

  it("that cannot be read hold the calls that they may be about", async () => {
    const rules = [rule("deny", "Write(")];
    expect((await decide(...write("a"), { rules, mode: "bypassPermissions" })).decision).toBe("ask");
    expect((await decide("Read", { file_path: "a" }, { rules })).decision).toBe("allow");
  });

  it("about files have a person look at commands that name them", async () => {
    const rules = [rule("deny", "Read(./secrets/**)")];
    const mode = "bypassPermissions";
    for (const command of ["cat secrets/a", "cat ./secrets/a", "tar -c --file=secrets/a"]) {
      expect([command, (await decide(...bash(command), { rules, mode })).decision]).toEqual([command, "ask"]);
    }
    expect((await decide(...bash("cat src/a"), { rules, mode })).decision).toBe("allow");
    const kept = [rule("deny", "Edit(lock.json)")];
    expect((await decide(...bash("cat lock.json"), { rules: kept, mode })).decision).toBe("allow");
    expect((await decide(...bash("date > lock.json"), { rules: kept, mode })).decision).toBe("ask");
  });

  it("for a server of MCP are about that server, whatever its tools are called", async () => {
    const rules = [rule("allow", "mcp__github")];
    const own = await judge(serverTool("github", "get"), {}, { workspace, rules });
    const other = await judge(serverTool("github__evil", "get"), {}, { workspace, rules });
    expect([own.permission.decision, other.permission.decision]).toEqual(["allow", "ask"]);
  });
});

describe("the rule that the answer always would add", () => {
  const offered = async (name: string, args: JsonObject, asked: Omit<Asked, "workspace"> = {}) =>
    (await judge(name, args, { workspace, ...asked })).rule;

  it("is exactly what was asked about", async () => {
    expect(await offered(...bash("npm test"))).toBe("Bash(npm test)");
    expect(await offered("WebFetch", { url: "https://a.example/x" })).toBe("WebFetch(domain:a.example)");
    expect(await offered(...write(".mcp.json"))).toBe("Write(.mcp.json)");
    expect(await offered(...bash('echo "*"'))).toBe('Bash(echo "*")');
    expect(await offered(...bash("cd a && npm test"))).toBe("Bash(cd a && npm test)");
    expect(await offered(...bash("npm test"), { sandbox: works })).toBe("Bash(npm test) [in the sandbox]");
  });

  it("is not there when it would be wider, or would not answer", async () => {
    expect(await offered(...bash("ls *"))).toBeNull();
    expect(await offered(...write(".claude/*"))).toBeNull();
    expect(await offered("ExitPlanMode", { plan: "x" })).toBeNull();
    expect(await offered(...bash("make"), { rules: [rule("ask", "Bash(make)")] })).toBeNull();
    expect(await offered(...bash("make", { outside_sandbox: true }), { sandbox: works })).toBeNull();
    expect(await offered(...bash("x".repeat(2_000)))).toBeNull();
  });
});
