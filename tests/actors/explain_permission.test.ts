// What is explained is what happens: the same decision, without running anything.
import { afterEach, expect, it } from "vitest";
import { join } from "node:path";
import { explainPermission, permissionsOf } from "../../actors/explain_permission.ts";
import type { Rule } from "../../src/permission/contract.ts";
import { openSecretPlaces } from "../../src/permission/open_secret_places.ts";
import { noSecrets } from "../../src/permission/secret_places.ts";
import type { JsonObject } from "../../src/protocol/json.ts";
import type { PermissionMode } from "../../src/protocol/permission_mode.ts";
import { allTools } from "../../tools/list.ts";
import { judge, rule } from "../permission/judged.ts";
import { openTestRuntime, script, type TestRuntime } from "../support/runtime.ts";

let test: TestRuntime;
afterEach(() => test.close());

const given: Rule[] = [
  rule("deny", "Bash(curl:*)", "managed"),
  rule("ask", "Bash(git push:*)"),
  rule("allow", "Bash(git:*)"),
  rule("allow", "Bash(ls:*)", "folder"),
  rule("deny", "Read(./held/**)"),
  rule("allow", "Edit(src/**)"),
];
const rules = {
  of: () => Promise.resolve({ rules: given, problems: ["Cannot use a rule"] }),
  add: () => Promise.resolve(),
  remove: () => Promise.resolve(false),
};
const tools = new Map(allTools.map((tool) => [tool.name, tool]));
const kernel = { rules, sandbox: null, tools, secretPlaces: noSecrets };
const explain = (command: string, mode: PermissionMode = "default") =>
  explainPermission(kernel, { workspace: test.workspace, mode }, { tool: "Bash", args: { command } });

it("each part of a command is judged by itself, with the rules that apply", async () => {
  test = await openTestRuntime();
  const { decision, because, parts, rules: considered, rule: offered } = await explain("ls -l && make");
  expect({ decision, because, offered }).toEqual({
    decision: "ask",
    because: "no rule allows all of it",
    offered: "Bash(ls -l && make)",
  });
  expect(parts.map(({ text, decision }) => [text, decision])).toEqual([["ls -l", "allow"], ["make", "ask"]]);
  expect(considered.filter(({ applies }) => applies).map(({ text }) => text)).toEqual(["Bash(ls:*)"]);
  expect(considered).toHaveLength(4);
  expect(await explain("ls && curl x")).toMatchObject({ decision: "deny", rule: null, confinement: "bare" });
  expect(await explain("git push")).toMatchObject({ decision: "ask", rule: null });
  expect([...Deno.readDirSync(test.workspace)]).toEqual([]);
});

it("what is explained is what a session then does, in every mode", async () => {
  test = await openTestRuntime({ rules });
  const callsIn = (mode: string) => [
    ...["ls", "make", "curl x", "git status", "git push", "ls | curl x"].map((command) =>
      ["Bash", { command }] as const
    ),
    ["Write", { file_path: `src/${mode}.ts`, content: "x" }] as const,
    ["Write", { file_path: `${mode}.ts`, content: "x" }] as const,
    ["Read", { file_path: "held/a" }] as const,
  ];
  const ends = { "call.denied": "deny", "call.approval_requested": "ask", "call.started": "allow" } as const;
  for (const mode of ["default", "acceptEdits", "dontAsk", "plan"] as const) {
    for (const [tool, args] of callsIn(mode)) {
      const subject = { workspace: test.workspace, mode };
      const explained = await explainPermission(kernel, subject, { tool, args });
      const id = await test.session(mode);
      await test.send(id, script({ calls: [{ name: tool, args }] }, { text: "done" }));
      const first = await test.fact(id, "call.proposed");
      await test.fact(
        id,
        `call.${{ deny: "denied", ask: "approval_requested", allow: "started" }[explained.decision]}`,
      );
      const met = (await test.facts(id)).find(({ seq, type }) =>
        seq > first.seq && Object.hasOwn(ends, type)
      );
      const { data } = met ?? { data: {} };
      const why = "allowed_by" in data ? data.allowed_by : "reason" in data ? data.reason : "";
      expect([mode, tool, why]).toEqual([mode, tool, explained.because]);
    }
  }
});

it("what the tool itself refuses is said to be refused, in its own words, whatever is allowed", async () => {
  const root = await Deno.realPath(await Deno.makeTempDir({ prefix: "jamey-explained-" }));
  const secretPlaces = openSecretPlaces({
    home: root,
    dataDir: join(root, "data"),
    configDir: join(root, "c"),
  });
  test = await openTestRuntime({ folder: root, secretPlaces });
  await Deno.writeTextFile(join(test.workspace, ".env"), "KEY=x");
  await Deno.link(join(test.workspace, ".env"), join(test.workspace, "other.txt"));
  await Deno.writeTextFile(join(root, "beside.txt"), "x");
  await Deno.writeTextFile(join(test.workspace, "open.txt"), "x");
  const calls = [
    ["Read", { file_path: ".env" }, "kept from tools"],
    ["Read", { file_path: "other.txt" }, "kept from tools"],
    ["Read", { file_path: "../beside.txt" }, "outside the workspace"],
    ["Grep", { pattern: "x", path: ".env" }, "kept from tools"],
    ["Write", { file_path: ".env", content: "x" }, "kept from tools"],
    ["Bash", { command: "vim a" }, "vim"],
  ] as const;
  const id = await test.session("bypassPermissions");
  const explained = (tool: string, args: JsonObject) => test.runtime.explain({ session: id }, { tool, args });
  for (const [tool, args, why] of calls) {
    const { decision, because, rule: offered } = await explained(tool, args);
    expect({ decision, offered }).toEqual({ decision: "deny", offered: null });
    expect(because).toContain(why);
    const { tool_calls } = await test.turn(id, script({ calls: [{ name: tool, args }] }, { text: "done" }));
    expect(because).toBe(`"${tool}" itself refuses: ${tool_calls[0]?.output.replace("Error: ", "")}`);
  }
  for (const file_path of ["open.txt", "missing.txt", "."]) {
    expect(await explained("Read", { file_path })).toMatchObject({ decision: "allow" });
  }
  expect(await explained("Grep", { pattern: "x" })).toMatchObject({ decision: "allow" });
});

it("what a variable is set to is no part of the command, unless it is why it is stopped", async () => {
  test = await openTestRuntime();
  const partsOf = async (command: string) => (await explain(command)).parts.map(({ text }) => text);
  expect(await partsOf("FOO=bar npm test")).toEqual(["npm test"]);
  expect(await partsOf("FOO=bar npm test && bar")).toEqual(["npm test", "bar"]);
  expect(await partsOf("PAGER='curl x' man ls")).toEqual(["man ls", "curl x"]);
  expect(await partsOf("FOO=$(bar) npm test")).toEqual(["npm test", "bar"]);
});

it("the words of a question are true: an exact rule could allow it, and leaving the sandbox is named first", async () => {
  test = await openTestRuntime();
  const doubtful = "ls > out";
  expect((await explain(doubtful)).because).toBe(
    "no rule allows all of it, and it cannot be allowed by its parts: it redirects output into a file",
  );
  const exact = {
    ...rules,
    of: () => Promise.resolve({ rules: [rule("allow", `Bash(${doubtful})`)], problems: [] }),
  };
  const subject = { workspace: test.workspace, mode: "default" } as const;
  const asked = { tool: "Bash", args: { command: doubtful } };
  expect(await explainPermission({ ...kernel, rules: exact }, subject, asked)).toMatchObject({
    decision: "allow",
  });
  const { permission } = await judge("Bash", { command: "make", outside_sandbox: true }, {
    workspace: test.workspace,
    rules: given,
    sandbox: { status: "works" },
  });
  expect(permission).toEqual({ decision: "ask", because: "it is to run outside the sandbox" });
});

it("what holds in a folder is listed with where it comes from", async () => {
  test = await openTestRuntime();
  const view = await permissionsOf({ rules, sandbox: null }, { workspace: test.workspace, mode: "auto" });
  expect(view).toMatchObject({
    permission_mode: "auto",
    sandbox: { status: "off" },
    problems: ["Cannot use a rule"],
  });
  expect(view.rules[0]).toEqual({
    action: "deny",
    text: "Bash(curl:*)",
    layer: "managed",
    source: "the managed's file",
  });
});

it("a tool that is not there and arguments that it does not take are said", async () => {
  test = await openTestRuntime();
  const subject = { workspace: test.workspace, mode: "default" } as const;
  const of = (tool: string) => explainPermission(kernel, subject, { tool, args: {} });
  await expect(of("Nothing")).rejects.toMatchObject({
    code: "not_found",
    hint: expect.stringContaining("tools"),
  });
  await expect(of("read")).rejects.toMatchObject({ code: "not_found", hint: 'There is "Read"' });
  await expect(of("Read")).rejects.toMatchObject({ code: "bad_request" });
});

it("what a rule keeps from Read is not found by a search over the folder above it either", async () => {
  test = await openTestRuntime({ rules });
  await Deno.mkdir(join(test.workspace, "held"));
  await Deno.writeTextFile(join(test.workspace, "held", "a"), "needle in a held file\n");
  await Deno.writeTextFile(join(test.workspace, "b"), "needle in an open file\n");
  const id = await test.session("bypassPermissions");
  const grep = { name: "Grep", args: { pattern: "needle", output_mode: "content" } };
  const { tool_calls } = await test.turn(id, script({ calls: [grep] }, { text: "done" }));
  expect(tool_calls[0]?.output).toContain("open file");
  expect(tool_calls[0]?.output).not.toContain("held file");
});
