// What holds in a folder or a session, and why a call would run, be asked about or be refused: the kernel's own decision,
// asked for without running anything.
import { foldMeta, type SessionMeta } from "../machines/session_meta.ts";
import type { Rule } from "../src/permission/contract.ts";
import { decidePermission } from "../src/permission/decide.ts";
import { guardLayer } from "../src/permission/guard.ts";
import type { CommandSubject, PermissionQuestion } from "../src/permission/layer.ts";
import { withDeniedFiles } from "../src/permission/denied_files.ts";
import { areAllowing, isMeantBy, type RelevantRule, relevantRules } from "../src/permission/match.ts";
import { allowsPart } from "../src/permission/match_command.ts";
import { rulesLayer } from "../src/permission/rules.ts";
import { isConfined } from "../src/permission/sandbox.ts";
import type { SecretPlaces } from "../src/permission/secret_places.ts";
import { rulesOfSession } from "../src/permission/session_rules.ts";
import { mainActor } from "../src/protocol/facts.ts";
import type { JsonObject } from "../src/protocol/json.ts";
import type { PermissionMode } from "../src/protocol/permission_mode.ts";
import type { Explanation, PermissionsView, RuleView } from "../src/protocol/permission_views.ts";
import { Problem } from "../src/protocol/problem.ts";
import type { Tool, ToolCall } from "../tools/contract.ts";
import { refusedPath } from "../tools/refused_path.ts";
import { grantOf } from "./call_digest.ts";
import { judgeCall, type JudgeParts } from "./judge_call.ts";
import { rootsOf } from "./tool_context.ts";

/** The session that is asked about; without one, a new session in this folder and mode. */
export type PermissionSubject =
  | { meta: SessionMeta; planFile: string }
  | { workspace: string; mode: PermissionMode };

export async function permissionsOf(parts: JudgeParts, subject: PermissionSubject): Promise<PermissionsView> {
  const meta = metaOf(subject);
  const set = await rulesOfSession(parts.rules, meta);
  return {
    workspace: meta.workspace,
    ...("meta" in subject ? { session_id: meta.sessionId } : {}),
    permission_mode: meta.permissionMode,
    sandbox: await parts.sandbox?.state() ?? { status: "off" },
    rules: set.rules.map(ruleView),
    granted: [...meta.granted],
    refused: [...meta.refused],
    problems: [...set.problems],
  };
}

/** Throws a Problem `not_found` for a tool that is not there, `bad_request` for arguments that it does not take. */
export async function explainPermission(
  parts: JudgeParts & { tools: ReadonlyMap<string, Tool>; secretPlaces: SecretPlaces },
  subject: PermissionSubject,
  { tool: name, args, mode }: { tool: string; args: JsonObject; mode?: PermissionMode | undefined },
): Promise<Explanation> {
  const tool = parts.tools.get(name);
  if (tool === undefined) throw unknownTool(name, parts.tools);
  const parsed = tool.parse(args);
  if (!parsed.ok) throw new Problem("bad_request", parsed.error);
  const own = metaOf(subject);
  const meta = mode === undefined ? own : { ...own, permissionMode: mode };
  const planFile = "planFile" in subject ? subject.planFile : "";
  const { question, permission, confinement, rule } = await judgeCall(parts, {
    meta,
    actor: mainActor,
    by: "model",
    tool,
    call: parsed.call,
    grant: grantOf(parsed.call),
    planFile,
    hook: null,
  });
  const refusal = permission.decision === "deny"
    ? null
    : await refusalOf({ tool, call: parsed.call, question, planFile, secretPlaces: parts.secretPlaces });
  const relevant = relevantRules(question);
  return {
    ...(refusal === null
      ? permission
      : { decision: "deny", because: `"${name}" itself refuses: ${refusal}` }),
    tool: name,
    permission_mode: meta.permissionMode,
    confinement,
    parts: partsOf(question),
    rules: relevant.map((one) => ({ ...ruleView(one.rule), applies: applies(one, question) })),
    rule: refusal === null ? rule : null,
  };
}

interface Refusable {
  tool: Tool;
  call: ToolCall;
  question: PermissionQuestion;
  planFile: string;
  secretPlaces: SecretPlaces;
}

/** Why the tool does not do it whatever is allowed: a command that waits for ever, a file that is kept from tools. */
async function refusalOf(
  { tool, call, question, planFile, secretPlaces }: Refusable,
): Promise<string | null> {
  const { meta, actor, by, places, rules } = question;
  const { permissionMode } = meta;
  const refusal = call.refusal({ actor, by, permissionMode });
  if (refusal !== null) return refusal;
  const context = {
    session: { planFile },
    workspace: places.workspace,
    roots: await rootsOf(places, { permissionMode, planFile }),
    secrets: withDeniedFiles(secretPlaces, { tool: tool.name, rules, places }),
  };
  for (const subject of call.subjects) {
    const refused = subject.kind === "path" ? await refusedPath(tool.name, subject, context) : null;
    if (refused !== null) return refused;
  }
  return null;
}

function unknownTool(name: string, tools: ReadonlyMap<string, Tool>): Problem {
  const meant = [...tools.keys()].find((known) => known.toLowerCase() === name.toLowerCase());
  const hint = meant === undefined ? "See the tools with: jamey tools" : `There is "${meant}"`;
  return new Problem("not_found", `Cannot explain a call of "${name}": there is no tool of that name here`, {
    hint,
  });
}

/** Each simple command as if it stood alone. One that is no more than the whole says nothing new. */
function partsOf(question: PermissionQuestion): Explanation["parts"] {
  const commands = question.subjects.filter((subject): subject is CommandSubject =>
    subject.kind === "command"
  );
  return commands.flatMap((subject) =>
    subject.analysis.commands.flatMap((part) => {
      const text = part.text ?? part.words.map((word) => word ?? "...").join(" ");
      const analysis = { ...subject.analysis, commands: [part], doubt: subject.analysis.doubt ?? part.doubt };
      const alone = { ...subject, command: text, analysis };
      const asked = { ...question, subjects: [alone] };
      return part.isValue && !isStopped(asked) ? [] : [{ text, ...decidePermission(asked) }];
    })
  );
}

/** A value of a variable is no part that anybody wrote; it is shown where it is the reason. */
function isStopped(question: PermissionQuestion): boolean {
  return [guardLayer, rulesLayer].some((layer) => {
    const decision = layer.vote(question)?.decision;
    return decision === "deny" || decision === "must_ask";
  });
}

/** An allowing rule applies to a command when it covers a part of it. */
function applies(relevant: RelevantRule, question: PermissionQuestion): boolean {
  if (relevant.rule.action !== "allow") return isMeantBy(relevant, question);
  if (relevant.parsed.confined && !isConfined(question)) return false;
  const covers = (subject: CommandSubject) =>
    subject.analysis.commands.some((part) => allowsPart(relevant.parsed.specifier, part));
  return areAllowing([relevant], question) ||
    question.subjects.some((subject) => subject.kind === "command" && covers(subject));
}

function ruleView({ action, text, layer, source, workspace }: Rule): RuleView {
  return { action, text, layer, source, ...(workspace === undefined ? {} : { workspace }) };
}

function metaOf(subject: PermissionSubject): SessionMeta {
  if ("meta" in subject) return subject.meta;
  const meta = foldMeta(null, {
    seq: 1,
    at: new Date(0).toISOString(),
    v: 1,
    actor: mainActor,
    type: "session.created",
    data: {
      session_id: "",
      workspace: subject.workspace,
      add_dirs: [],
      provider: "",
      model: "",
      agent_mode: "single",
      permission_mode: subject.mode,
      machine_version: "",
    },
  });
  if (meta === null) throw new Error("A session that begins has no beginning");
  return meta;
}
