// `jamey approve` and `deny`: what waits, shown in full, and the answer bound to exactly what was shown.
import type { Client } from "../client/client.ts";
import type { ApprovalDecision } from "../protocol/facts.ts";
import type { Approval } from "../protocol/http.ts";
import { Problem } from "../protocol/problem.ts";
import { approvalText } from "./approvals.ts";
import type { Context, Input } from "./command.ts";
import { neutral, neutralLine } from "./neutral.ts";
import { pendingIn } from "./pending.ts";
import { pendingCommand } from "./pending_text.ts";
import { namesIn, sayWaiting } from "./waiting.ts";

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
  if (wanted.call === undefined) return await list(context, client, wanted.session);
  const { approvals } = await client.approvals(wanted.session);
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

async function list(context: Context, client: Client, session: string): Promise<number> {
  const { terminal, json } = context;
  if (json) {
    terminal.json({ approvals: (await client.approvals(session)).approvals });
    return 0;
  }
  const { state, session_id } = await client.view(session);
  if (state.approvals.length === 0) terminal.talk("Nothing waits for approval");
  for (const pending of pendingIn(state)) {
    if (pending.kind !== "approval") continue;
    terminal.line(approvalText(pending.approval, terminal.colours, namesIn(state.tree)));
    terminal.talk(terminal.talkColours.dim(`  Answer with: ${pendingCommand(pending, session_id)}`));
  }
  sayWaiting(terminal, state, { session: session_id, besides: "approval" });
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

function verb(decision: ApprovalDecision): string {
  return decision.startsWith("allow") ? "Allowed" : "Denied";
}
