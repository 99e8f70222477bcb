// Approvals on the command line: what waits, shown in full, and the answer bound to exactly what was shown.
import type { Client } from "../client/client.ts";
import type { ApprovalDecision } from "../protocol/facts.ts";
import type { Approval } from "../protocol/http.ts";
import { Problem } from "../protocol/problem.ts";
import type { Context } from "./command.ts";
import { neutral, neutralLine } from "./neutral.ts";
import type { Colours } from "./terminal.ts";

export interface ShownAnswer {
  session: string;
  call: string | undefined;
  decision: ApprovalDecision;
  reason?: string;
}

/** Answers the call, or lists what waits when no call is named. The digest makes sure that nothing else is meant. */
export async function answerShown(context: Context, wanted: ShownAnswer): Promise<number> {
  const client = await context.client();
  const { approvals } = await client.approvals(wanted.session);
  if (wanted.call === undefined) return list(context, approvals);
  const approval = find(approvals, wanted.call, wanted.session);
  await client.answer(wanted.session, approval.call_id, {
    decision: wanted.decision,
    digest: approval.digest,
    ...(wanted.reason === undefined ? {} : { reason: wanted.reason }),
  });
  if (context.json) context.terminal.json({ call_id: approval.call_id, decision: wanted.decision });
  else {context.terminal.talk(
      `${verb(wanted.decision)} ${neutralLine(approval.name)}: ${neutral(approval.prompt)}`,
    );}
  return 0;
}

function list(context: Context, approvals: readonly Approval[]): number {
  if (approvals.length === 0) context.terminal.talk("Nothing waits for approval");
  if (context.json) context.terminal.json({ approvals });
  else {approvals.forEach((approval) =>
      context.terminal.line(approvalText(approval, context.terminal.colours))
    );}
  return 0;
}

/** By id or by the unique start of an id. */
function find(approvals: readonly Approval[], call: string, session: string): Approval {
  const exact = approvals.filter(({ call_id }) => call_id === call);
  const [found, ...more] = exact.length > 0
    ? exact
    : approvals.filter(({ call_id }) => call_id.startsWith(call));
  if (found !== undefined && more.length === 0) return found;
  const why = found === undefined
    ? "no such call waits for approval"
    : "more than one waiting call starts so";
  throw new Problem(found === undefined ? "not_found" : "conflict", `Cannot answer call "${call}": ${why}`, {
    hint: `List what waits with: jamey approve ${session}`,
  });
}

/** The whole question: nothing of it may be cut, because what is hidden would be allowed too. */
export function approvalText(
  approval: Pick<Approval, "call_id" | "name" | "actor" | "prompt">,
  colours: Colours,
): string {
  const { bold, yellow, dim } = colours;
  const lines = neutral(approval.prompt).split("\n").map((line) => `    ${line}`);
  return [
    `${yellow("?")} ${bold(neutralLine(approval.name))} asks to run ` +
    dim(`(${neutralLine(approval.actor)}, call ${neutralLine(approval.call_id)})`),
    ...lines,
  ].join("\n");
}

export interface TypedAnswer {
  decision: ApprovalDecision;
  reason?: string;
}

/** The tool by which an agent hands in its plan: each plan is one of its own, so nothing is allowed for always. */
export const planTool = "ExitPlanMode";

/** The words for the answers to a call of this tool. */
export function approvalChoices(tool: string): string {
  return tool === planTool
    ? "y accept the plan, n no, or n and what to change"
    : "y once, a always, n no, or n and a reason";
}

/** What a person typed as an answer to a call of this tool; undefined when it is none. */
export function parseAnswer(line: string, tool: string): TypedAnswer | undefined {
  const [, word = "", reason = ""] = /^(\S+)\s*([\s\S]*)$/.exec(line.trim()) ?? [];
  const lower = word.toLowerCase();
  if (reason === "" && (lower === "y" || lower === "yes")) return { decision: "allow_once" };
  if (reason === "" && (lower === "a" || lower === "always") && tool !== planTool) {
    return { decision: "allow_always" };
  }
  if (lower === "n" || lower === "no") {
    return { decision: "reject_once", ...(reason === "" ? {} : { reason }) };
  }
  return undefined;
}

/** Sends an answer; false when somebody else was first. */
export async function sendAnswer(
  client: Client,
  session: string,
  approval: Pick<Approval, "call_id" | "digest">,
  answer: TypedAnswer,
): Promise<boolean> {
  try {
    await client.answer(session, approval.call_id, { ...answer, digest: approval.digest });
    return true;
  } catch (thrown) {
    if (thrown instanceof Problem && thrown.code === "conflict") return false;
    throw thrown;
  }
}

function verb(decision: ApprovalDecision): string {
  return decision.startsWith("allow") ? "Allowed" : "Denied";
}
