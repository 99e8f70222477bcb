// Approvals on the command line: what waits, shown in full, and the answer bound to exactly what was shown.
import type { Client } from "../client/client.ts";
import type { ApprovalDecision } from "../protocol/facts.ts";
import type { Approval } from "../protocol/http.ts";
import { Problem } from "../protocol/problem.ts";
import type { Context, Input } from "./command.ts";
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
  if (wanted.call === undefined && isMeant(wanted)) throw callMissing(wanted);
  const client = await context.client();
  const { approvals } = await client.approvals(wanted.session);
  if (wanted.call === undefined) return list(context, approvals);
  const approval = find(approvals, wanted.call, wanted.session);
  checkReach(approval, wanted.decision);
  await client.answer(wanted.session, approval.call_id, {
    decision: wanted.decision,
    digest: approval.digest,
    ...(wanted.reason === undefined ? {} : { reason: wanted.reason }),
  });
  if (context.json) {
    context.terminal.json({ call_id: approval.call_id, decision: wanted.decision });
    return 0;
  }
  context.terminal.talk(
    `${verb(wanted.decision)} ${neutralLine(approval.name)}: ${neutral(approval.prompt)}`,
  );
  const reach = reachText(approval, wanted.decision);
  if (reach !== undefined) context.terminal.talk(reach);
  return 0;
}

/** Who says how far an answer reaches, or why, wants to answer and not to look: a list would be taken for an answer. */
function isMeant({ decision, reason }: ShownAnswer): boolean {
  return !decision.endsWith("_once") || reason !== undefined;
}

function callMissing({ session, decision }: ShownAnswer): Problem {
  const command = decision.startsWith("allow") ? "approve" : "deny";
  return new Problem("usage", `Cannot run "jamey ${command}": the call to answer is missing`, {
    hint: `List what waits with: jamey ${command} ${session}`,
  });
}

/** How far an answer is to reach, by the options of the command line. */
export function reachOf(input: Input, command: string): "once" | "session" | "always" {
  const [session, always] = [input.flag("session"), input.flag("always")];
  if (session && always) {
    throw new Problem("usage", `Cannot run "jamey ${command}": give --session or --always, not both`);
  }
  return always ? "always" : session ? "session" : "once";
}

/** The daemon refuses it as well; here it is said in the words of the command line. */
function checkReach({ call_id, rule, grant }: Approval, decision: ApprovalDecision): void {
  const refused = (option: string, why: string, hint: string) =>
    new Problem("conflict", `Cannot answer call "${call_id}" with ${option}: ${why}`, { hint });
  if (decision.endsWith("_always") && rule === undefined) {
    throw refused("--always", "no rule says exactly this call", "Answer it without --always");
  }
  if (decision === "allow_session" && grant === undefined) {
    throw refused("--session", "it is asked about every time", "Answer it without --session");
  }
}

function reachText({ rule = "" }: Approval, decision: ApprovalDecision): string | undefined {
  switch (decision) {
    case "allow_session":
    case "reject_session":
      return "The same call is answered so for the rest of the session";
    case "allow_always":
    case "reject_always": {
      const action = decision === "allow_always" ? "allow" : "deny";
      return `Added for this folder: ${action} ${neutralLine(rule)} (see: jamey permissions)`;
    }
    default:
      return undefined;
  }
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
  approval: Pick<Approval, "call_id" | "name" | "actor" | "prompt" | "reason" | "rule">,
  colours: Colours,
): string {
  const { bold, yellow, dim } = colours;
  const { reason, rule } = approval;
  const lines = neutral(approval.prompt).split("\n").map((line) => `    ${line}`);
  return [
    `${yellow("?")} ${bold(neutralLine(approval.name))} asks to run ` +
    dim(`(${neutralLine(approval.actor)}, call ${neutralLine(approval.call_id)})`),
    ...lines,
    ...(reason === undefined ? [] : [dim(`  asked because ${neutralLine(reason)}`)]),
    ...(rule === undefined ? [] : [dim(`  "always" adds the rule ${neutralLine(rule)} for this folder`)]),
  ].join("\n");
}

export interface TypedAnswer {
  decision: ApprovalDecision;
  reason?: string;
}

/** The tool by which an agent hands in its plan: each plan is one of its own. */
export const planTool = "ExitPlanMode";

type Offered = Pick<Approval, "name" | "grant" | "rule">;

/** The words for the answers to a call: those that would hold. */
export function approvalChoices({ name, grant, rule }: Offered): string {
  if (name === planTool) return "y accept the plan, n no, or n and what to change";
  return [
    "y once",
    ...(grant === undefined ? [] : ["s session"]),
    ...(rule === undefined ? [] : ["a always"]),
    "n no, or n and a reason",
  ].join(", ");
}

/** What a person typed as an answer to a call; undefined when it is none. */
export function parseAnswer(line: string, { grant, rule }: Offered): TypedAnswer | undefined {
  const [, word = "", reason = ""] = /^(\S+)\s*([\s\S]*)$/.exec(line.trim()) ?? [];
  const lower = word.toLowerCase();
  if (reason === "" && (lower === "y" || lower === "yes")) return { decision: "allow_once" };
  if (reason === "" && (lower === "s" || lower === "session") && grant !== undefined) {
    return { decision: "allow_session" };
  }
  if (reason === "" && (lower === "a" || lower === "always") && rule !== undefined) {
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
