// Commands: what a client may ask of a session, turned into the fact it would be. The machines have the last word.
import { nanoid } from "nanoid";
import type { Command, Receipt } from "../src/protocol/commands.ts";
import { type FactDraft, mainActor } from "../src/protocol/facts.ts";
import { Problem } from "../src/protocol/problem.ts";
import type { Tool } from "../tools/contract.ts";
import type { SessionActor } from "./session_actor.ts";

type AnswerCommand = Extract<Command, { type: "call.answer" }>;

export async function carryOut(
  session: SessionActor,
  command: Command,
  parts: { by: string; tools: ReadonlyMap<string, Tool> },
): Promise<Receipt> {
  switch (command.type) {
    case "message.send": {
      const { message: text, delivery, max_steps } = command;
      const message_id = command.id ?? nanoid();
      const data = { message_id, text, delivery, ...(max_steps === undefined ? {} : { max_steps }) };
      const draft: FactDraft = { actor: mainActor, type: "message.received", data };
      return { ...await log(session, draft, { what: "send a message to", id: message_id }), message_id };
    }
    case "turn.cancel": {
      const data = { by: parts.by, outcome: "cancelled" as const };
      return await log(session, { actor: mainActor, type: "turn.cancelled", data }, {
        what: "cancel the turn of",
      });
    }
    case "call.answer":
      return await log(session, await answerDraft(session, command, parts), {
        what: `answer call "${command.call_id}" of`,
      });
    case "tool.run": {
      const call_id = command.id ?? `by-hand-${nanoid(10)}`;
      if (modelCallId.test(call_id)) throw reservedId(call_id);
      const { name, args } = command.tool_call;
      const draft: FactDraft = {
        actor: mainActor,
        type: "call.proposed",
        data: { call_id, name, args, by: "user" },
      };
      return { ...await log(session, draft, { what: "run a tool in", id: call_id }), call_id };
    }
    case "session.rename":
      return await log(session, { actor: mainActor, type: "session.renamed", data: { name: command.name } }, {
        what: "rename",
      });
  }
}

/** What calls of the model are named, see `reply` of the model call. */
const modelCallId = /^c\d+-\d+$/;

function reservedId(callId: string): Problem {
  return new Problem(
    "bad_request",
    `Cannot run a tool as "${callId}": ids of this form are those of the model`,
    {
      hint: "Choose another id, or leave it out",
    },
  );
}

async function log(
  session: SessionActor,
  draft: FactDraft,
  options: { what: string; id?: string },
): Promise<Receipt> {
  const told = await session.tell(draft, options.id === undefined ? {} : { id: options.id });
  if (told.accepted) return { seq: told.seq };
  if (told.repeatedSeq !== undefined) return { seq: told.repeatedSeq, repeated: true };
  throw new Problem("conflict", `Cannot ${options.what} session "${session.id}": ${told.why}`);
}

/** The answer to a pending approval; the first one wins, any later one is a conflict. */
async function answerDraft(
  session: SessionActor,
  command: AnswerCommand,
  parts: { by: string; tools: ReadonlyMap<string, Tool> },
): Promise<FactDraft> {
  const { call_id, decision, reason } = command;
  const transcript = await session.transcript();
  const open = session.state().calls[call_id];
  const record = transcript.call(call_id);
  if (open === undefined || record === undefined || open.asked === null) {
    throw transcript.knows(call_id)
      ? new Problem("conflict", `Cannot answer call "${call_id}": it does not wait for an answer any more`)
      : new Problem("not_found", `Cannot answer call "${call_id}": session "${session.id}" has no such call`);
  }
  const { digest } = open.asked;
  if (command.digest !== undefined && command.digest !== digest) {
    throw new Problem("conflict", `Cannot answer call "${call_id}": what was shown is not what would run`, {
      hint: "Look at the approval again",
    });
  }
  const { actor } = open;
  const always = decision === "allow_always" || decision === "reject_always";
  const parsed = parts.tools.get(record.name)?.parse(record.args);
  const grant = always && parsed?.ok === true ? { grant: parsed.call.grant } : {};
  const call = { call_id, name: record.name, by: parts.by, ...grant };
  return decision === "allow_once" || decision === "allow_always"
    ? { actor, type: "call.approved", data: { ...call, decision, digest } }
    : { actor, type: "call.denied", data: { ...call, reason: reason ?? "the user refused" } };
}
