// The end of a call in the log: its one result, and the facts that the tool wants written with it.
import type { CallRecord } from "../machines/transcript.ts";
import type { FactDraft } from "../src/protocol/facts.ts";
import type { ToolOutcome } from "../tools/contract.ts";
import type { SessionActor } from "./session_port.ts";

export const cancelledOutcome: ToolOutcome = { status: "interrupted", reason: "the turn was cancelled" };

/** Writes the result, together with the tool's own facts. Does nothing when the call has one already. */
export async function tellOutcome(
  session: SessionActor,
  record: CallRecord,
  outcome: ToolOutcome,
): Promise<void> {
  const { actor, callId: call_id, name } = record;
  const facts = outcome.status === "finished" ? outcome.facts ?? [] : [];
  const before = facts.map((fact): FactDraft => ({ actor, ...fact }));
  await session.tell(outcomeDraft({ actor, call_id, name }, outcome), { before });
}

function outcomeDraft(
  call: { actor: string; call_id: string; name: string },
  outcome: ToolOutcome,
): FactDraft {
  const { actor, ...ids } = call;
  switch (outcome.status) {
    case "finished": {
      const { output, truncated, images, files } = outcome;
      const data = {
        ...ids,
        output,
        truncated,
        ...(images === undefined || images.length === 0 ? {} : { images }),
        ...(files === undefined || files.length === 0 ? {} : { files }),
      };
      return { actor, type: "call.finished", data };
    }
    case "failed":
      return {
        actor,
        type: "call.failed",
        data: { ...ids, error: outcome.error, ...withOutput(outcome.output) },
      };
    case "interrupted":
      return {
        actor,
        type: "call.interrupted",
        data: { ...ids, reason: outcome.reason, ...withOutput(outcome.output) },
      };
  }
}

function withOutput(output: string | undefined): { output?: string } {
  return output === undefined ? {} : { output };
}
