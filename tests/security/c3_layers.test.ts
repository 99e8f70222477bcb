// C3: a refusal beats a question, a question an allowance, in whatever layer, order and mode they stand.
import { afterAll, beforeAll, expect, it } from "vitest";
import fc from "fast-check";
import { decidePermission } from "../../src/permission/decide.ts";
import type { Rule, RuleAction, RuleLayer } from "../../src/permission/contract.ts";
import type { PermissionQuestion } from "../../src/permission/layer.ts";
import type { JsonObject } from "../../src/protocol/json.ts";
import type { PermissionMode } from "../../src/protocol/permission_mode.ts";
import type { Tool } from "../../tools/contract.ts";
import { judge, rule, serverTool } from "../permission/judged.ts";
import { tally } from "../support/tally.ts";

interface Case {
  tool: string | Tool;
  args: JsonObject;
  /** Rules that are about this call, and some that look as if they were. */
  meant: string[];
  others: string[];
}

const cases: Case[] = [
  {
    tool: "Bash",
    args: { command: "npm run test -- --watch" },
    meant: ["Bash", "*", "Bash(npm run test:*)", "Bash(npm run test -- --watch)", "Bash(npm run *)"],
    others: ["Bash(npm run tes)", "Bash(npx:*)", "Read", "Bash(npm run build)"],
  },
  {
    tool: "Read",
    args: { file_path: "src/a.ts" },
    meant: ["Read", "*", "Read(src/**)", "Read(./src/a.ts)", "Read(*.ts)"],
    others: ["Edit", "Read(lib/**)", "Read(//src/a.ts)", "Write(src/**)"],
  },
  {
    tool: "Grep",
    args: { pattern: "x", path: "src" },
    meant: ["Grep", "Read", "Read(src)"],
    others: ["Glob", "Edit(src)", "Read(lib)"],
  },
  {
    tool: "Write",
    args: { file_path: "src/a.ts", content: "x" },
    meant: ["Edit", "Write", "*", "Edit(src/**)", "Write(src/a.ts)"],
    others: ["Read(src/**)", "NotebookEdit", "Edit(src/b.ts)"],
  },
  {
    tool: "WebFetch",
    args: { url: "https://docs.example.com/a" },
    meant: ["WebFetch", "*", "WebFetch(domain:docs.example.com)", "WebFetch(domain:*.example.com)"],
    others: ["WebFetch(domain:example.com)", "WebFetch(domain:docs.example.com.evil.org)", "WebSearch"],
  },
  {
    tool: "Agent",
    args: { description: "look", prompt: "look" },
    meant: ["Agent", "*", "Agent(general-purpose)", "Task(general-*)"],
    others: ["Agent(general)", "Skill(general-purpose)"],
  },
  {
    tool: "Skill",
    args: { skill: "deploy" },
    meant: ["Skill", "*", "Skill(deploy)", "Skill(dep*)"],
    others: ["Skill(deployer)", "Agent(deploy)"],
  },
  {
    tool: serverTool("github", "get"),
    args: {},
    meant: ["mcp__github", "mcp__github__*", "mcp__github__get", "*"],
    others: ["mcp__gitlab", "mcp__github__put", "mcp__git__hub"],
  },
];

/** About nothing of all this. */
const foreign = ["Computer", "Browser(domain:a.example)", "mcp__calendar", "NotebookEdit(x/**)", "TodoWrite"];

const layers: RuleLayer[] = ["managed", "user", "folder", "session"];
const actions: RuleAction[] = ["allow", "ask", "deny"];
const modes: PermissionMode[] = ["default", "acceptEdits", "plan", "auto", "dontAsk", "bypassPermissions"];
const sandboxes = ["works", "unavailable", "off"] as const;

let workspace: string;
const questions: PermissionQuestion[] = [];
beforeAll(async () => {
  workspace = await Deno.realPath(await Deno.makeTempDir({ prefix: "jamey-c3-" }));
  for (const { tool, args } of cases) questions.push((await judge(tool, args, { workspace })).question);
});
afterAll(() => Deno.remove(workspace, { recursive: true }));

/** What must come out of a case under these rules, told from how they were made and not by matching them. */
function check(
  at: number,
  rules: readonly Rule[],
  more: { mode: PermissionMode; granted?: boolean },
): string | null {
  const question = questions[at];
  const found = cases[at];
  if (question === undefined || found === undefined) throw new Error("no such case");
  const { mode, granted = false } = more;
  const meant = new Set(rules.filter(({ text }) => found.meant.includes(text)).map(({ action }) => action));
  const meta = { ...question.meta, permissionMode: mode, granted: granted ? [question.grant] : [] };
  const problems: string[] = [];
  for (const status of sandboxes) {
    const alone = { ...question, meta, sandbox: { status } };
    const { decision, because } = decidePermission({ ...alone, rules: { rules, problems: [] } });
    const isRight = meant.has("deny")
      ? decision === "deny"
      : meant.has("ask")
      ? decision === "deny" || (decision === "ask" && mode !== "dontAsk")
      : meant.has("allow")
      ? decision === "allow" || mode === "plan"
      : decision === decidePermission(alone).decision;
    if (!isRight || because === "") {
      problems.push(`${found.tool} in ${mode}, ${status}: ${decision}, ${because}`);
    }
  }
  return problems[0] ?? null;
}

it("C3: in all orders of all layers and in all modes a refusal wins, and a question beats an allowance", () => {
  let tried = 0;
  const escapes: string[] = [];
  const trios = actions.flatMap((first) =>
    actions.filter((second) => second !== first).map((second) => [first, second] as const)
  ).map(([first, second]) => [first, second, ...actions.filter((a) => a !== first && a !== second)]);
  for (const [at, { meant }] of cases.entries()) {
    for (const text of meant) {
      for (const order of trios) {
        for (let shift = 0; shift < layers.length; shift++) {
          const placed = order.map((action, index) =>
            rule(action, text, layers[(index + shift) % layers.length])
          );
          for (const rules of [placed, placed.slice(0, 2), placed.slice(1)]) {
            for (const mode of modes) {
              for (const granted of [false, true]) {
                tried += sandboxes.length;
                const problem = check(at, rules, { mode, granted });
                if (problem !== null) escapes.push(problem);
              }
            }
          }
        }
      }
    }
  }
  tally({
    family: "C3",
    what: "layer orders in all modes",
    tried,
    refused: tried - escapes.length,
    escapes: escapes.length,
  });
  expect(escapes.slice(0, 5)).toEqual([]);
});

it("C3: in any set of rules the strictest that is meant decides, and those that are not meant decide nothing", () => {
  const anyCase = fc.integer({ min: 0, max: cases.length - 1 });
  const runs = 4_000;
  const input = anyCase.chain((at) => {
    const texts = [...cases[at]?.meant ?? [], ...cases[at]?.others ?? [], ...foreign];
    const anyRule = fc.record({
      action: fc.constantFrom(...actions),
      text: fc.constantFrom(...texts),
      layer: fc.constantFrom(...layers),
    }).map(({ action, text, layer }) => rule(action, text, layer));
    return fc.record({
      at: fc.constant(at),
      rules: fc.array(anyRule, { maxLength: 12 }),
      mode: fc.constantFrom(...modes),
    });
  });
  let escapes = 0;
  fc.assert(
    fc.property(input, ({ at, rules, mode }) => {
      const problem = check(at, rules, { mode });
      if (problem !== null) escapes++;
      return problem === null;
    }),
    { numRuns: runs },
  );
  tally({
    family: "C3",
    what: "any sets of rules",
    tried: runs * sandboxes.length,
    refused: runs * sandboxes.length,
    escapes,
  });
});
