// The judgement of a call: all that has to be found out about it, and then the one pure decision. Runs and logs nothing.
import { homedir } from "node:os";
import { resolve } from "node:path";
import type { SessionMeta } from "../machines/session_meta.ts";
import type { CallOrigin } from "../src/protocol/facts.ts";
import type { Permission, PermissionRules, Subject } from "../src/permission/contract.ts";
import { decidePermission } from "../src/permission/decide.ts";
import type { JudgedSubject, PermissionQuestion } from "../src/permission/layer.ts";
import { offeredGrant, offeredRule } from "../src/permission/offered_rule.ts";
import { rulesLayer } from "../src/permission/rules.ts";
import { type CommandConfinement, confinementOf } from "../src/permission/sandbox.ts";
import { rulesOfSession } from "../src/permission/session_rules.ts";
import type { Analysis } from "../src/permission/shell/command.ts";
import { messageOf } from "../src/protocol/problem.ts";
import type { Tool, ToolCall } from "../tools/contract.ts";
import type { Sandbox, SandboxState } from "../tools/sandbox/contract.ts";
import { grantOf } from "./call_digest.ts";
import { realPathOf } from "./real_path.ts";

export interface JudgeParts {
  rules: PermissionRules | null;
  sandbox: Sandbox | null;
}

export interface CallToJudge {
  meta: SessionMeta;
  actor: string;
  by: CallOrigin;
  tool: Tool;
  call: ToolCall;
  /** What a standing answer covers, as it is logged. */
  grant: string;
  planFile: string;
  hook: PermissionQuestion["hook"];
}

export interface Judgement {
  question: PermissionQuestion;
  permission: Permission;
  /** How its commands are to run; null when it is no command. */
  confinement: CommandConfinement | null;
  /** Known when it matters to this call: for commands, and in the mode that relies on it. */
  sandbox: SandboxState | null;
  /** What the answer "always" would add, when the call is asked about. */
  rule: string | null;
  /** What an answer for the session would cover, when the call is asked about. */
  offered: string | null;
}

export async function judgeCall(parts: JudgeParts, given: CallToJudge): Promise<Judgement> {
  const { meta, actor, by, tool, call, grant, planFile, hook } = given;
  const places = await placesOf(meta);
  const { workspace } = places;
  const isCommand = call.subjects.some(({ kind }) => kind === "command");
  const sandbox = isCommand || meta.permissionMode === "auto" ? await stateOf(parts.sandbox) : null;
  const question: PermissionQuestion = {
    meta,
    actor,
    by,
    name: tool.name,
    requiresConfirmation: call.requiresConfirmation,
    alwaysAsks: tool.alwaysAsks,
    effect: tool.effect,
    grant,
    allowedInPlan: call.allowedInPlan({ planFile, workspace }),
    hook,
    subjects: await Promise.all(call.subjects.map((subject) => judged(subject, workspace))),
    rules: await rulesOfSession(parts.rules, meta),
    sandbox: sandbox ?? noSandbox,
    places,
  };
  const permission = decidePermission(question);
  const confinement = confinementOf(question);
  const asks = permission.decision === "ask";
  return {
    question,
    permission,
    confinement,
    sandbox: parts.sandbox === null ? null : sandbox,
    rule: asks ? offeredRule(question) : null,
    offered: asks ? offeredGrant(question) : null,
  };
}

/** Why a rule refuses a call that a person has approved; null when none does. An answer is not asked for twice. */
export async function refusedByRule(
  parts: JudgeParts,
  { meta, record: { actor, by }, tool, call }: Pick<CallToJudge, "meta" | "tool" | "call"> & {
    record: Pick<CallToJudge, "actor" | "by">;
  },
): Promise<string | null> {
  const given = { meta, actor, by, tool, call, grant: grantOf(call), planFile: "", hook: null };
  const vote = rulesLayer.vote((await judgeCall(parts, given)).question);
  return vote?.decision === "deny" ? vote.because : null;
}

const noSandbox: SandboxState = { status: "off" };

async function stateOf(sandbox: Sandbox | null): Promise<SandboxState> {
  return await sandbox?.state() ?? noSandbox;
}

const isWindows = Deno.build.os === "windows";

async function judged(subject: Subject, workspace: string): Promise<JudgedSubject> {
  if (subject.kind === "command") return { ...subject, analysis: await analysed(subject.command) };
  if (subject.kind !== "path") return subject;
  const given = resolve(workspace, subject.path);
  return { ...subject, path: { given, real: await realPathOf(given) } };
}

const unread = { commands: [], writes: [], alarm: null };

/** The grammar is loaded with the first command. One that cannot be loaded must not let anything pass. */
async function analysed(command: string): Promise<Analysis> {
  if (isWindows) {
    return { ...unread, doubt: "it is a command of PowerShell, of which nothing is known here" };
  }
  try {
    const { openShell } = await import("../src/permission/shell/analyse.ts");
    return (await openShell()).analyse(command);
  } catch (thrown) {
    const doubt = `the grammar of the shell cannot be loaded (${messageOf(thrown)})`;
    return { ...unread, doubt, alarm: `${doubt}, so nobody can tell what it does` };
  }
}

/** The session's folders without links, the workspace among them; one that is gone stays as it was named. */
export async function placesOf(
  { workspace, addDirs }: Pick<SessionMeta, "workspace" | "addDirs">,
): Promise<PermissionQuestion["places"]> {
  const real = async (path: string) => await realPathOf(path) ?? path;
  const first = await real(workspace);
  return { workspace: first, roots: [first, ...await Promise.all(addDirs.map(real))], home: homedir() };
}
