// Commands: what a client may ask of a session, turned into the fact it would be. The machines have the last word.
import { nanoid } from "nanoid";
import type { Command, Receipt } from "../src/protocol/commands.ts";
import { type FactDraft, mainActor } from "../src/protocol/facts.ts";
import { Problem } from "../src/protocol/problem.ts";
import type { AgentSet } from "../src/context/agent_definitions.ts";
import type { Hooks } from "../src/hooks/contract.ts";
import type { PermissionRules } from "../src/permission/contract.ts";
import type { ProviderRegistry } from "../src/providers/contract.ts";
import type { Question, QuestionAnswer } from "../src/protocol/work_facts.ts";
import { resolveModel } from "../src/providers/resolve_model.ts";
import { answerBudget } from "./answer_budget.ts";
import type { SessionLimits } from "./budgets.ts";
import { actorNamed } from "./actor_names.ts";
import { answerCall } from "./answer_call.ts";
import { endBeside } from "./end_beside.ts";
import { checkMode, checkRules } from "./permission_settings.ts";
import { checkModeRefused } from "./refused_work.ts";
import { runHooks } from "./run_hooks.ts";
import { receiptOf } from "./receipt.ts";
import type { SessionActor } from "./session_port.ts";
import { startTeamByHand } from "./start_team.ts";
import type { ToolRegistry } from "./tool_registry.ts";
import { carryOutWorkflow } from "./workflow_commands.ts";

export interface CommandParts {
  /** Who asks, and through which program. */
  who: { by: string; client?: string };
  registry: ToolRegistry;
  hooks: Hooks;
  providers: ProviderRegistry;
  limits: SessionLimits;
  rules: PermissionRules | undefined;
  agents?: ((workspace: string) => Promise<AgentSet>) | undefined;
}

export async function carryOut(
  session: SessionActor,
  command: Command,
  parts: CommandParts,
): Promise<Receipt> {
  const { who } = parts;
  const { by } = who;
  const main = (draft: Pick<FactDraft, "type" | "data">, what: string) =>
    // Type and data come as one pair from each case below.
    log(session, { actor: mainActor, ...draft } as FactDraft, { what });
  switch (command.type) {
    case "message.send":
      return await sendMessage(session, command, parts);
    case "question.answer":
      return await log(session, await questionDraft(session, command, who), {
        what: `answer call "${command.call_id}" of`,
      });
    case "budget.answer":
      return await answerBudget(session, command, parts);
    case "session.set_mode": {
      const { permission_mode } = command;
      await checkMode(parts.rules, permission_mode, session.state().meta?.workspace ?? "");
      return await main(
        { type: "session.mode_changed", data: { permission_mode, ...who } },
        "set the mode of",
      );
    }
    case "session.set_rules": {
      const { allow, ask = [], deny } = command;
      checkRules([...allow, ...ask, ...deny]);
      const data = { allow, ...(ask.length === 0 ? {} : { ask }), deny, ...who };
      return await main({ type: "session.rules_set", data }, "set the rules of");
    }
    case "session.set_model": {
      const chosen = resolveModel(parts.providers, command.model, session.state().meta?.provider);
      return await main({ type: "session.model_changed", data: { ...chosen, by } }, "set the model of");
    }
    case "session.compact": {
      const { instructions } = command;
      const data = { by, ...(instructions === undefined ? {} : { instructions }) };
      return await main({ type: "context.compact_requested", data }, "compact");
    }
    case "team.start":
      return await startTeamByHand(session, command, parts);
    case "workflow.start":
    case "workflow.pause":
    case "workflow.resume":
    case "workflow.edit":
    case "workflow.cancel":
      return await carryOutWorkflow(session, command, parts);
    case "background.end":
      return await endBackground(session, command.background_id);
    case "turn.cancel":
      return await cancelTurn(session, command.actor, by);
    case "call.answer":
      return receiptOf(
        session,
        await answerCall(session, command, parts),
        `answer call "${command.call_id}" of`,
      );
    case "tool.run":
      return await runByHand(session, command);
    case "session.rename":
      return await main({ type: "session.renamed", data: { name: command.name } }, "rename");
  }
}

async function cancelTurn(session: SessionActor, named: string | undefined, by: string): Promise<Receipt> {
  const draft = {
    actor: named === undefined ? mainActor : await actorNamed(session, named),
    type: "turn.cancelled",
    data: { by, outcome: "cancelled" },
  } as const;
  if (named !== undefined) return await log(session, draft, { what: `cancel "${draft.actor}" of` });
  return await log(session, draft, { what: "cancel the turn of" }).catch(async (thrown) => {
    if (await endBeside(session, by)) return { seq: session.visible().seq };
    throw thrown;
  });
}

async function runByHand(
  session: SessionActor,
  command: Extract<Command, { type: "tool.run" }>,
): Promise<Receipt> {
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
  { what, id }: { what: string; id?: string },
): Promise<Receipt> {
  return receiptOf(session, await session.tell(draft, id === undefined ? {} : { id }), what);
}

/** Hooks hear a message before it is accepted, and may refuse it. */
async function sendMessage(
  session: SessionActor,
  command: Extract<Command, { type: "message.send" }>,
  { hooks, registry, rules }: CommandParts,
): Promise<Receipt> {
  const { message: text, delivery, max_steps, images, to } = command;
  const message_id = command.id ?? nanoid();
  // Before hooks hear of it: a message to nobody is none.
  const actor = to === undefined ? mainActor : await actorNamed(session, to);
  if (session.seqOf(message_id) === undefined) {
    if (to === undefined) await checkModeRefused(session.state().meta, { registry, rules });
    const { signal } = new AbortController();
    const runs = await runHooks({ session, hooks, signal }, "UserPromptSubmit", { fields: { prompt: text } });
    const against = runs.find((run) => run.outcome === "blocked" || run.outcome === "timed_out");
    if (against !== undefined) {
      const why = against.reason ?? "it gave no reason";
      throw new Problem(
        "forbidden",
        `Cannot send the message: the hook "${against.name}" refused it: ${why}`,
      );
    }
  }
  const data = {
    message_id,
    text,
    delivery,
    ...(max_steps === undefined ? {} : { max_steps }),
    ...(images === undefined || images.length === 0 ? {} : { images }),
  };
  const draft: FactDraft = { actor, type: "message.received", data };
  return { ...await log(session, draft, { what: "send a message to", id: message_id }), message_id };
}

async function questionDraft(
  session: SessionActor,
  { call_id, answers }: Extract<Command, { type: "question.answer" }>,
  who: CommandParts["who"],
): Promise<FactDraft> {
  const transcript = await session.transcript();
  const record = transcript.call(call_id);
  const asked = record?.questions?.questions;
  if (record === undefined || asked === undefined) {
    throw transcript.knows(call_id)
      ? new Problem("conflict", `Cannot answer call "${call_id}": it does not wait for an answer any more`)
      : new Problem("not_found", `Cannot answer call "${call_id}": session "${session.id}" has no such call`);
  }
  checkAnswers(call_id, asked, answers);
  return { actor: record.actor, type: "question.answered", data: { call_id, answers, ...who } };
}

function checkAnswers(callId: string, asked: readonly Question[], answers: readonly QuestionAnswer[]): void {
  const refuse = (what: string) => new Problem("bad_request", `Cannot answer call "${callId}": ${what}`);
  if (answers.length !== asked.length) {
    throw refuse(`there are ${asked.length} questions and ${answers.length} answers`);
  }
  for (const [index, { options, multi_select }] of asked.entries()) {
    const { selected = [], text } = answers[index] ?? {};
    const unknown = selected.find((label) => !options.some((option) => option.label === label));
    if (unknown !== undefined) throw refuse(`question ${index + 1} has no option "${unknown}"`);
    if (selected.length > 1 && !multi_select) throw refuse(`question ${index + 1} takes one option`);
    if (selected.length === 0 && (text ?? "") === "") throw refuse(`question ${index + 1} has no answer`);
  }
}

async function endBackground(session: SessionActor, id: string): Promise<Receipt> {
  if (await session.stopEffect(`background.run:${id}`, "cancelled")) return { seq: session.visible().seq };
  throw new Problem(
    "not_found",
    `Cannot end background task "${id}": session "${session.id}" runs none of that id`,
  );
}
