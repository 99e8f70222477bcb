// The answer to a call that waits for a person: bound to what was shown, good for this one call, for the session, or, as
// a rule of the user's, for its folder.
import type { CallRecord } from "../machines/call_record.ts";
import type { PermissionRules, RuleAction } from "../src/permission/contract.ts";
import { sandboxedMark } from "../src/permission/rule.ts";
import type { Command } from "../src/protocol/commands.ts";
import type { ApprovalDecision, FactDraft } from "../src/protocol/facts.ts";
import { Problem } from "../src/protocol/problem.ts";
import { grantOf } from "./call_digest.ts";
import { addUserRule, removeUserRule } from "./permission_settings.ts";
import type { SessionActor, Told } from "./session_port.ts";
import type { ToolRegistry } from "./tool_registry.ts";

export type AnswerCommand = Extract<Command, { type: "call.answer" }>;

export interface AnswerParts {
  /** Who answers, and through which program. */
  who: { by: string; client?: string };
  registry: ToolRegistry;
  rules: PermissionRules | undefined;
}

/** The first answer counts, any later one is a conflict. A rule that it adds is on disk before the answer is. */
export async function answerCall(
  session: SessionActor,
  command: AnswerCommand,
  parts: AnswerParts,
): Promise<Told> {
  const { record, actor, digest } = await waiting(session, command);
  const { call_id, decision, reason = "the user refused" } = command;
  const { action, reach } = strengths[decision];
  checkReach(call_id, decision, record.asked);
  const offeredRule = reach === "always" ? record.asked.rule : undefined;
  // Who refuses a command refuses it however it would run.
  const rule = action === "allow" ? offeredRule : offeredRule?.replace(sandboxedMark, "");
  const { grant: offered } = record.asked;
  const grant = reach === "once"
    ? undefined
    : action === "allow"
    ? offered
    : await refusedGrant(session, record, parts);
  const call = {
    call_id,
    name: record.name,
    ...parts.who,
    ...(grant === undefined ? {} : { grant }),
    ...(rule === undefined ? {} : { rule }),
  };
  const draft: FactDraft = action === "allow"
    ? { actor, type: "call.approved", data: { ...call, decision, digest } }
    : { actor, type: "call.denied", data: { ...call, reason } };
  if (rule === undefined) return await session.tell(draft);
  return await withRule(session, { action, rule, rules: parts.rules }, () => session.tell(draft));
}

const strengths: {
  readonly [decision in ApprovalDecision]: { action: "allow" | "deny"; reach: "once" | "session" | "always" };
} = {
  allow_once: { action: "allow", reach: "once" },
  allow_session: { action: "allow", reach: "session" },
  allow_always: { action: "allow", reach: "always" },
  reject_once: { action: "deny", reach: "once" },
  reject_session: { action: "deny", reach: "session" },
  reject_always: { action: "deny", reach: "always" },
};

const once = { allow: "allow_once", deny: "reject_once" } as const;

async function waiting(session: SessionActor, { call_id, digest: shown }: AnswerCommand) {
  const transcript = await session.transcript();
  const open = session.state().calls[call_id];
  const record = transcript.call(call_id);
  if (open === undefined || record === undefined || open.asked === null) {
    throw transcript.knows(call_id)
      ? new Problem("conflict", `Cannot answer call "${call_id}": it does not wait for an answer any more`)
      : new Problem("not_found", `Cannot answer call "${call_id}": session "${session.id}" has no such call`);
  }
  const { actor, asked: { digest } } = open;
  if (shown !== undefined && shown !== digest) {
    throw new Problem("conflict", `Cannot answer call "${call_id}": what was shown is not what would run`, {
      hint: "Look at the approval again",
    });
  }
  return { record, actor, digest };
}

/** A standing answer that would not hold is refused, so that nobody relies on it. */
function checkReach(callId: string, decision: ApprovalDecision, asked: CallRecord["asked"]): void {
  const { action, reach } = strengths[decision];
  if (reach === "always" && asked.rule === undefined) {
    throw new Problem(
      "conflict",
      `Cannot answer call "${callId}" with "${decision}": no rule says exactly this call`,
      { hint: `Answer it with ${once[action]}, or write a rule yourself: jamey permissions --help` },
    );
  }
  if (reach === "session" && action === "allow" && asked.grant === undefined) {
    throw new Problem(
      "conflict",
      `Cannot answer call "${callId}" with "${decision}": it is asked about every time`,
      { hint: `Answer it with ${once[action]}` },
    );
  }
}

/** What a refusal covers, however the call would run. */
async function refusedGrant(
  session: SessionActor,
  record: CallRecord,
  { registry }: AnswerParts,
): Promise<string | undefined> {
  const tools = await registry.of(session.state().meta?.workspace ?? "/");
  const parsed = tools.get(record.name)?.parse(record.args);
  return parsed?.ok === true ? grantOf(parsed.call) : undefined;
}

interface NewRule {
  action: RuleAction;
  rule: string;
  rules: PermissionRules | undefined;
}

/** An answer that came too late leaves no rule behind. */
async function withRule(
  session: SessionActor,
  { action, rule, rules }: NewRule,
  answer: () => Promise<Told>,
): Promise<Told> {
  const meta = session.state().meta;
  // Whoever works in a worktree means the folder it was made from: the worktree goes.
  const workspace = meta?.worktree?.came_from ?? meta?.workspace;
  if (workspace === undefined) throw new Error(`Session "${session.id}" asks and has no workspace`);
  const given = { action, rule, workspace };
  const isKnown = (await rules?.of(workspace))?.rules.some((one) =>
    one.layer === "user" && one.action === action && one.text === rule && one.workspace === workspace
  );
  await addUserRule(rules, given);
  const told = await answer();
  if (!told.accepted && isKnown !== true) await removeUserRule(rules, given);
  return told;
}
