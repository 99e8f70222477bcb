// A call without a result, as the log has it.
import type { CallOrigin, FactData, FactOf } from "../src/protocol/facts.ts";
import type { JsonObject, JsonValue } from "../src/protocol/json.ts";
import type { Question, QuestionAnswer } from "../src/protocol/work_facts.ts";

/** A call without a result: what its execution and its recovery need to know. */
export interface CallRecord {
  callId: string;
  name: string;
  actor: string;
  by: CallOrigin;
  /** Of a workflow: the node whose call it is. */
  node?: string;
  args: JsonObject | string;
  prompt: string | null;
  digest: string | null;
  /** Why a person is asked, and what answers beyond this call would cover. */
  asked: Pick<FactData<"call.approval_requested">, "reason" | "grant" | "rule">;
  /** The digest that a person approved. */
  approved: string | null;
  evidence: JsonValue;
  startedSeq: number | null;
  /** What it asked a person, since which fact, and the answers. */
  questions: { questions: Question[]; seq: number } | null;
  answers: QuestionAnswer[] | null;
}

export function proposedRecord(fact: FactOf<"call.proposed">): CallRecord {
  const { call_id, name, args, by, node } = fact.data;
  return {
    callId: call_id,
    name,
    actor: fact.actor,
    by,
    ...(node === undefined ? {} : { node }),
    args,
    prompt: null,
    digest: null,
    asked: {},
    approved: null,
    evidence: null,
    startedSeq: null,
    questions: null,
    answers: null,
  };
}

export function askedOf({ reason, grant, rule }: FactData<"call.approval_requested">): CallRecord["asked"] {
  return {
    ...(reason === undefined ? {} : { reason }),
    ...(grant === undefined ? {} : { grant }),
    ...(rule === undefined ? {} : { rule }),
  };
}
