import { expect, it } from "vitest";
import fc from "fast-check";
import { kernelToolList } from "../../actors/kernel_tools.ts";
import { readRule, ruleCharsMax } from "../../src/permission/rule.ts";
import { builtInToolNames, unknownTool } from "../../src/permission/tool_names.ts";
import { allTools } from "../../tools/list.ts";
import { settingsTools } from "../../tools/settings_tools.ts";

it.each([
  ["Bash", { tool: "Bash", specifier: null }],
  ["*", { tool: "*", specifier: null }],
  [" Bash(npm run test:*) ", { tool: "Bash", specifier: "npm run test:*" }],
  ["Bash(*)", { tool: "Bash", specifier: null }],
  ["Bash(echo (a) b)", { tool: "Bash", specifier: "echo (a) b" }],
  ["Bash(a\nb)", { tool: "Bash", specifier: "a\nb" }],
  ["Read(./secrets/**)", { tool: "Read", specifier: "./secrets/**" }],
  ["Read(~/.zshrc)", { tool: "Read", specifier: "~/.zshrc" }],
  ["WebFetch(domain:*.example.com)", { tool: "WebFetch", specifier: "domain:*.example.com" }],
  ["Task(reviewer)", { tool: "Agent", specifier: "reviewer" }],
  ["mcp__github", { tool: "mcp__github", specifier: null }],
  ["mcp__github__*", { tool: "mcp__github__*", specifier: null }],
  ["mcp__github__get_issue", { tool: "mcp__github__get_issue", specifier: null }],
  ["my_own_tool", { tool: "my_own_tool", specifier: null }],
])("the rule %j is read", (text, parsed) => {
  expect(readRule(text)).toEqual({ ok: true, rule: { ...parsed, confined: false } });
});

it("a rule may be for the sandbox only, when it is about commands", () => {
  const rule = { tool: "Bash", specifier: "npm test", confined: true };
  expect(readRule("Bash(npm test) [in the sandbox]")).toEqual({ ok: true, rule });
  expect(readRule("Write(a) [in the sandbox]")).toMatchObject({ ok: false });
});

it.each([
  ["", "begins with the name of a tool"],
  ["(rm)", "begins with the name of a tool"],
  ["Bash(rm", 'without ")"'],
  ["Bash(rm) ", null],
  ["Bash()", 'write "Bash" for every call'],
  ["bash(rm:*)", 'write "Bash"'],
  ["READ", 'write "Read"'],
  ["rm -rf", "is not the name of a tool"],
  ["*(x)", "leave them out"],
  ["mcp__github(x)", "leave them out"],
  ["mcp__git*", "mcp__server__*"],
  ["mcp__", "mcp__server__*"],
  ["WebFetch(example.com)", "domain:example.com"],
  ["WebFetch(domain:example.com/path)", "without a port or a path"],
  ["WebFetch(domain:example.com:443)", "without a port or a path"],
  ["WebFetch(domain:*.*.com)", "without a port or a path"],
  ["Read(!a)", '"!"'],
  ["Read(~other/x)", "homes of other users"],
  ["Read(**/*.{env,pem})", "one rule for each"],
  ["Read(a/../b)", "at the beginning only"],
  ["Bash(a\0b)", "NUL"],
  [`Bash(${"x".repeat(ruleCharsMax)})`, "characters"],
])("of %j it is said why it is no rule", (text, words) => {
  const read = readRule(text);
  if (words === null) return expect(read.ok).toBe(true);
  expect(read).toMatchObject({ ok: false, error: expect.stringContaining(words) });
  expect(read).toMatchObject({ error: expect.stringMatching(/^Cannot read the rule "/) });
});

it("any text is read or refused in words, never lost", () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 60 }), (text) => {
      const read = readRule(text);
      return read.ok ? read.rule.tool !== "" : read.error.length > 20;
    }),
    { numRuns: 3_000 },
  );
});

it("the tools that rules may name are those that there are", () => {
  const searchUrl = "https://search.example/?q={query}";
  const tools = [...allTools, ...settingsTools({ web: { searchUrl } }), ...kernelToolList()];
  // The library of skills makes its tool for a daemon.
  const names = [...tools.map(({ name }) => name), "Skill"];
  expect(builtInToolNames.toSorted()).toEqual(names.toSorted());
});

it("a rule about a tool that there is not is known; those of servers cannot be", () => {
  expect(unknownTool("Bsh(rm:*)", [])).toBe("Bsh");
  expect(unknownTool("lookup", [])).toBe("lookup");
  for (const rule of ["Bash(rm:*)", "*", "mcp__x", "mcp__x__*", "Task(a)", "KillBash", "lookup", "Bash("]) {
    expect(unknownTool(rule, ["lookup"]), rule).toBeNull();
  }
});
