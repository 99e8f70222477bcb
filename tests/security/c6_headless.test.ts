// C6: where nobody can be asked, what would ask is refused: with its reason, within the turn, and with an exit that says so.
import { afterAll, beforeAll, expect, it } from "vitest";
import { createHash } from "node:crypto";
import { join } from "node:path";
import type { RuleSet } from "../../src/permission/contract.ts";
import { createSkills } from "../../src/context/skills.ts";
import { createSkillLibrary } from "../../src/context/skill_library.ts";
import type { JsonObject } from "../../src/protocol/json.ts";
import { allTools } from "../../tools/list.ts";
import { skillTool } from "../../tools/skill.ts";
import { openRateLimit } from "../../tools/web/rate_limit.ts";
import { webFetchTool } from "../../tools/web/web_fetch.ts";
import { type AgentDesk, openAgentDesk, script } from "../cli/agent_desk.ts";
import { rule, serverTool } from "../permission/judged.ts";
import { runResult } from "../cli/run_result.ts";
import { tally } from "../support/tally.ts";

const rules: RuleSet = {
  rules: [
    rule("allow", "Bash(true)"),
    rule("ask", "Skill"),
    rule("ask", "Read(./held/**)"),
    rule("ask", "Agent"),
  ],
  problems: [],
};
let desk: AgentDesk;
beforeAll(async () => {
  desk = await openAgentDesk({
    rules: {
      of: () => Promise.resolve(rules),
      add: () => Promise.resolve(),
      remove: () => Promise.resolve(false),
    },
    tools: [
      ...allTools,
      serverTool("github", "get"),
      skillTool(createSkillLibrary(createSkills({ home: "/nonexistent" }))),
      webFetchTool({ rules: {}, rate: openRateLimit() }),
    ],
  });
  await Deno.mkdir(join(desk.workspace, "held"));
  await Deno.writeTextFile(join(desk.workspace, "held", "a.txt"), "kept back");
  await Deno.writeTextFile(join(desk.workspace, "a.txt"), "before");
});
afterAll(() => desk.close());

/** Calls that ask: by the tool's wish, by a rule, by the guard of a mode, every time, and from a sub-agent. */
const asking: { name: string; args: JsonObject; modes: string[] }[] = [
  { name: "Bash", args: { command: "touch ran" }, modes: ["default", "acceptEdits", "auto", "dontAsk"] },
  { name: "Write", args: { file_path: "new.txt", content: "x" }, modes: ["default", "dontAsk"] },
  {
    name: "Edit",
    args: { file_path: "a.txt", old_string: "before", new_string: "after" },
    modes: ["default", "dontAsk"],
  },
  {
    name: "Write",
    args: { file_path: ".mcp.json", content: "{}" },
    modes: ["acceptEdits", "auto", "dontAsk"],
  },
  { name: "WebFetch", args: { url: "https://example.com/" }, modes: ["default", "auto", "dontAsk"] },
  { name: "mcp__github__get", args: {}, modes: ["default", "auto", "dontAsk"] },
  { name: "EnterWorktree", args: {}, modes: ["default", "auto", "dontAsk"] },
  { name: "Skill", args: { skill: "deploy" }, modes: ["default", "bypassPermissions", "dontAsk"] },
  { name: "Read", args: { file_path: "held/a.txt" }, modes: ["default", "bypassPermissions", "dontAsk"] },
  {
    name: "Hook",
    args: { event: "Stop", command: "touch ran" },
    modes: ["default", "bypassPermissions", "dontAsk"],
  },
  {
    name: "Agent",
    args: {
      description: "sub",
      prompt: script({ calls: [{ name: "Bash", args: { command: "touch ran" } }] }),
    },
    modes: ["default", "bypassPermissions", "dontAsk"],
  },
];

function treeHash(folder: string): string {
  const hash = createHash("sha256");
  for (const entry of [...Deno.readDirSync(folder)].sort((a, b) => a.name < b.name ? -1 : 1)) {
    const path = join(folder, entry.name);
    hash.update(`${entry.name} ${entry.isDirectory}\n`);
    hash.update(entry.isDirectory ? treeHash(path) : Deno.readFileSync(path));
  }
  return hash.digest("hex");
}

it("C6: with nobody to ask every call that would ask is refused with a reason, the turn ends, the exit is not 0", async () => {
  const before = treeHash(desk.workspace);
  const escapes: string[] = [];
  let tried = 0;
  for (const mode of ["default", "acceptEdits", "auto", "dontAsk", "bypassPermissions"]) {
    const calls = asking.filter(({ modes }) => modes.includes(mode)).map(({ name, args }) => ({
      name,
      args,
    }));
    const { code, stdout } = await desk.jamey(
      [
        "run",
        "--output-format",
        "json",
        "--permission-mode",
        mode,
        script(...calls.map((call) => ({ calls: [call] })), { text: "tried it all" }),
      ],
    );
    const result = runResult.parse(JSON.parse(stdout));
    const facts = (await desk.server.call("GET", `/sessions/${result.session_id}/events?limit=1000`)).body;
    const text = JSON.stringify(facts);
    const denied = text.match(/"type":"call.denied"/g)?.length ?? 0;
    tried += calls.length;
    if (code === 0) escapes.push(`${mode}: exit 0`);
    if (denied !== calls.length) escapes.push(`${mode}: ${denied} of ${calls.length} refused`);
    if (/"type":"call.(started|finished)"/.test(text)) escapes.push(`${mode}: something ran`);
    if (!text.includes('"type":"turn.ended"')) escapes.push(`${mode}: the turn did not end`);
    for (const [, reason = ""] of text.matchAll(/"type":"call.denied".*?"reason":"(.*?)"/g)) {
      if (reason.length < 10) escapes.push(`${mode}: refused without a reason`);
    }
  }
  if (treeHash(desk.workspace) !== before) escapes.push("a file changed");
  tally({
    family: "C6",
    what: "calls with nobody to ask, in 5 modes",
    tried,
    refused: tried - escapes.length,
    escapes: escapes.length,
  });
  expect(escapes).toEqual([]);
});

it("C6: what a rule allows runs with nobody there, and the exit is 0", async () => {
  const prompt = script({ calls: [{ name: "Bash", args: { command: "true" } }] }, { text: "done" });
  const { code, stdout } = await desk.jamey(["run", "--permission-mode", "dontAsk", prompt]);
  expect({ code, stdout }).toEqual({ code: 0, stdout: "done\n" });
});
