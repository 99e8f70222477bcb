// Approvals as a person sees and types them: the whole question, the answers to it, and an answer on its way.
import type { Client } from "../client/client.ts";
import type { ApprovalDecision } from "../protocol/facts.ts";
import type { Approval } from "../protocol/http.ts";
import { Problem } from "../protocol/problem.ts";
import { nameIn, type NameOf, ownPath } from "./actor_labels.ts";
import { neutral, neutralLine } from "./neutral.ts";
import type { Colours } from "./terminal.ts";

/** The whole question: nothing of it may be cut, because what is hidden would be allowed too. */
export function approvalText(
  approval: Pick<Approval, "call_id" | "name" | "actor" | "node" | "prompt" | "reason" | "rule">,
  colours: Colours,
  nameOf: NameOf = ownPath,
): string {
  const { bold, yellow, dim } = colours;
  const { reason, rule } = approval;
  const name = nameIn(approval.actor, nameOf, approval.node);
  const lines = neutral(approval.prompt).split("\n").map((line) => `    ${line}`);
  return [
    `${yellow("?")} ${bold(neutralLine(approval.name))} asks to run${
      name === undefined ? "" : ` for ${bold(name)}`
    } ` +
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
