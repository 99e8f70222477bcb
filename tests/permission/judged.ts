// Calls of the real tools as the kernel judges them, in a folder of their own, with rules and a sandbox state of a test's choice.
import { foldMeta, type SessionMeta } from "../../machines/session_meta.ts";
import { grantOf } from "../../actors/call_digest.ts";
import { judgeCall, type Judgement } from "../../actors/judge_call.ts";
import type { Rule, RuleAction, RuleLayer } from "../../src/permission/contract.ts";
import type { JsonObject } from "../../src/protocol/json.ts";
import type { PermissionMode } from "../../src/protocol/permission_mode.ts";
import { createSkills } from "../../src/context/skills.ts";
import { createSkillLibrary } from "../../src/context/skill_library.ts";
import { agentTool } from "../../actors/agent_tool.ts";
import type { Tool } from "../../tools/contract.ts";
import { looseTool } from "../../tools/external/loose_tool.ts";
import { toolName } from "../../tools/mcp/names.ts";
import { allTools } from "../../tools/list.ts";
import type { Sandbox, SandboxState } from "../../tools/sandbox/contract.ts";
import { skillTool } from "../../tools/skill.ts";
import { openRateLimit } from "../../tools/web/rate_limit.ts";
import { webFetchTool } from "../../tools/web/web_fetch.ts";

export interface Asked {
  workspace: string;
  mode?: PermissionMode;
  rules?: readonly Rule[];
  sandbox?: SandboxState;
  addDirs?: readonly string[];
  by?: "model" | "user";
}

export const rule = (action: RuleAction, text: string, layer: RuleLayer = "user"): Rule => ({
  action,
  text,
  layer,
  source: `the ${layer}'s file`,
});

/** A tool of an MCP server, as far as the decision sees it. */
export function serverTool(server: string, tool: string): Tool {
  return looseTool({
    name: toolName(server, tool),
    description: "",
    parameters: {},
    requiresConfirmation: true,
    subjects: [{ kind: "name", name: server }],
    limits: { timeoutMs: 1_000, outputCharsMax: 1_000 },
    run: () => Promise.resolve({ status: "finished", output: "", truncated: false }),
  });
}

export const knownTools: readonly Tool[] = [
  ...allTools,
  agentTool({ agents: [], broken: [] }),
  skillTool(createSkillLibrary(createSkills({ home: "/nonexistent" }))),
  webFetchTool({ rules: { allowPrivate: false }, rate: openRateLimit() }),
];

export async function judge(name: string | Tool, args: JsonObject, asked: Asked): Promise<Judgement> {
  const tool = typeof name === "string" ? knownTools.find((known) => known.name === name) : name;
  const parsed = tool?.parse(args);
  if (tool === undefined || parsed?.ok !== true) {
    throw new Error(`No such call: ${JSON.stringify(parsed ?? name)}`);
  }
  const { rules = [], sandbox, by = "model" } = asked;
  const parts = {
    rules: {
      of: () => Promise.resolve({ rules, problems: [] }),
      add: () => Promise.resolve(),
      remove: () => Promise.resolve(false),
    },
    sandbox: sandbox === undefined ? null : thatIs(sandbox),
  };
  const given = {
    actor: "main",
    by,
    tool,
    call: parsed.call,
    grant: grantOf(parsed.call),
    planFile: "",
    hook: null,
  };
  return await judgeCall(parts, { ...given, meta: metaOf(asked) });
}

/** A sandbox of which only the state is asked. */
function thatIs(state: SandboxState): Sandbox {
  return {
    state: () => Promise.resolve(state),
    confine: () => Promise.reject(new Error("nothing runs here")),
    close: () => Promise.resolve(),
  };
}

export function metaOf({ workspace, mode = "default", addDirs = [] }: Asked): SessionMeta {
  const data = {
    session_id: "s",
    workspace,
    add_dirs: [...addDirs],
    provider: "p",
    model: "m",
    agent_mode: "single" as const,
    permission_mode: mode,
    machine_version: "v",
  };
  const meta = foldMeta(null, { seq: 1, at: "", v: 1, actor: "main", type: "session.created", data });
  if (meta === null) throw new Error("no meta");
  return meta;
}
