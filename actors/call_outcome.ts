// The end of a call in the log: its one result, and the facts that the tool wants written with it.
import type { SessionWork } from "../machines/session_work.ts";
import type { CallRecord } from "../machines/call_record.ts";
import type { FactDraft } from "../src/protocol/facts.ts";
import type { ToolFact, ToolOutcome } from "../tools/contract.ts";
import { isLeftOwed } from "./left_owed.ts";
import type { SessionActor } from "./session_port.ts";

export const cancelledOutcome: ToolOutcome = { status: "interrupted", reason: "the turn was cancelled" };

/** Writes the result, together with the tool's own facts. Does nothing when the call has one already. */
export async function tellOutcome(
  session: SessionActor,
  record: CallRecord,
  outcome: ToolOutcome,
): Promise<void> {
  const { actor, callId: call_id, name } = record;
  const draft = outcomeDraft({ actor, call_id, name }, outcome);
  const facts = outcome.status === "finished" ? outcome.facts ?? [] : [];
  if (facts.length === 0) return void await session.tell(draft);
  const { work } = await session.transcript();
  const before = facts.filter((fact) => !isLogged(fact, work)).map((fact): FactDraft => ({ actor, ...fact }));
  const told = await session.tell(draft, { before });
  if (told.accepted || before.length === 0) return;
  // A call must have its result, whatever becomes of what it wanted to say besides; but words that nobody got are not said.
  const unsaid = before.some(({ type }) => type.startsWith("team."));
  const error = `Cannot finish ${name}: ${told.why}`;
  await session.tell(
    unsaid ? outcomeDraft({ actor, call_id, name }, { status: "failed", error }) : draft,
  );
}

/** The same for a call that has done nothing yet; one that a stop of the daemon cut off is left to the next daemon. */
export async function tellCutOff(
  { session, record, signal }: { session: SessionActor; record: CallRecord; signal: AbortSignal },
  outcome: ToolOutcome = cancelledOutcome,
): Promise<void> {
  const isLeft = outcome.status === "interrupted" && record.by !== "user" &&
    isLeftOwed(session, record.actor, signal);
  if (!isLeft) await tellOutcome(session, record, outcome);
}

/** A crash may have cut a write between a tool's own facts and the result they belong to. */
function isLogged(fact: ToolFact, work: SessionWork): boolean {
  switch (fact.type) {
    case "background.started":
      return work.backgrounds().some((task) => task.backgroundId === fact.data.background_id);
    case "file.changed":
      return work.changes().some(({ call_id, path }) =>
        call_id === fact.data.call_id && path === fact.data.path
      );
    default:
      return false;
  }
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
