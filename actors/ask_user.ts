// AskUserQuestion: a call whose result is what a person answers, from whichever client, also after a restart.
import { z } from "zod";
import type { CallRecord } from "../machines/call_record.ts";
import type { Tool, ToolOutcome } from "../tools/contract.ts";
import { defineTool } from "../tools/define_tool.ts";
import type { SessionActor } from "./session_port.ts";

export const askToolName = "AskUserQuestion";
export const questionsMax = 4;
export const optionsMax = 8;

const option = z.strictObject({
  label: z.string().min(1).max(200).describe("What the person picks, in a few words"),
  description: z.string().max(1_000).optional().describe("What picking it means"),
});
const askArgs = z.strictObject({
  questions: z.array(z.strictObject({
    question: z.string().min(1).max(2_000).describe("The whole question, as the person reads it"),
    header: z.string().max(40).optional().describe("One or two words for a narrow column"),
    options: z.array(option).max(optionsMax).default([]).describe(
      "Choices; none for an answer in free words",
    ),
    multiSelect: z.boolean().default(false).describe("Whether several may be picked"),
  })).min(1).max(questionsMax),
});

/** The tool as models see it. The kernel carries it out: nothing runs while the person thinks. */
export function askUserTool(): Tool {
  return defineTool({
    name: askToolName,
    description:
      "Asks the user up to four questions and waits for the answers. Use it when a decision is theirs: a choice between ways to go, a missing fact. They may always answer in their own words",
    parameters: askArgs,
    effect: "pure",
    requires_confirmation: false,
    limits: { timeoutMs: 1_000, outputCharsMax: 100_000 },
    run: () => Promise.reject(new Error("A question is asked by the kernel, not run as a tool")),
  });
}

/** Asks, or says why not. The call gets its result when a person answers. */
export async function askUser(
  session: SessionActor,
  record: CallRecord,
  { attempts, allowedBy }: { attempts: number; allowedBy: string },
): Promise<ToolOutcome | null> {
  if (record.by === "user") {
    return { status: "failed", error: "Cannot run AskUserQuestion by hand: there is nobody to ask but you" };
  }
  const { actor, callId: call_id, name } = record;
  const questions = askArgs.parse(record.args).questions.map(({ multiSelect, ...question }) => {
    return { ...question, multi_select: multiSelect };
  });
  const started = await session.tell({
    actor,
    type: "call.started",
    data: { call_id, name, attempt: attempts + 1, allowed_by: allowedBy },
  });
  const told = started.accepted &&
    await session.tell({ actor, type: "question.asked", data: { call_id, questions } });
  return told && told.accepted ? null : { status: "interrupted", reason: "the turn was cancelled" };
}
