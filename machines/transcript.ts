// The transcript: what was said, folded from facts, one conversation per agent. It is not in any machine's context;
// it is kept beside the state while a session is busy and folded anew from the log when it is needed.
import type { Message } from "../src/protocol/conversation.ts";
import { type Fact, type FactData, isCallFact, mainActor, type ProposedCall } from "../src/protocol/facts.ts";
import { type Activity, createActivity } from "./activity.ts";
import { type Answers, createAnswers } from "./answers.ts";
import { type Attendance, createAttendance, isAnswer } from "./attendance.ts";
import { askedOf, type CallRecord, proposedRecord } from "./call_record.ts";
import { type CallResult, type Conversation, createConversation } from "./conversation.ts";
import { createCrew, type Crew } from "./crew.ts";
import { endNote, mailText } from "./crew_words.ts";
import { createLedger, type Ledger } from "./ledger.ts";
import { reminders } from "./reminders.ts";
import { createRepetition, type Repetition } from "./repetition.ts";
import { createSessionWork, type SessionWork } from "./session_work.ts";
import { createUsageTotals, type UsageTotals } from "./usage_totals.ts";

export interface Transcript {
  apply(fact: Fact): void;
  /** Todos, tasks, files and background tasks of the session. */
  readonly work: SessionWork;
  /** The other agents of the session and what leads them. */
  readonly crew: Crew;
  /** Since when each actor does what it does. */
  readonly activity: Activity;
  /** The messages of an agent, oldest first: all there ever were. */
  messages(actor: string): readonly Message[];
  conversation(actor: string): Conversation;
  /** What the next model call of an agent is sent: the compacted conversation, what steers it from now on, reminders. */
  forRequest(actor: string): Message[];
  repetition(actor: string): Repetition;
  /** Tokens and costs so far, by agent and by model (as `provider/model`). */
  readonly usage: UsageTotals;
  /** Budgets of actors: what they may use, have used and have reserved. */
  readonly ledger: Ledger;
  /** The limit at which the agent waits, or last waited, for a person. */
  exceeded(actor: string): FactData<"budget.exceeded"> | undefined;
  /** Since when the agent works without a person. */
  attendance(actor: string): Attendance;
  /** A compaction that was asked for and not made yet. */
  compactRequest(actor: string): { instructions: string } | null;
  call(callId: string): CallRecord | undefined;
  /** True for every call there ever was. */
  knows(callId: string): boolean;
  /** Arguments of any call a model reply names. */
  proposed(requestId: string): readonly ProposedCall[];
  /** What agents other than the main one answered at the ends of their turns. */
  readonly answers: Answers;
  lastText(actor: string): string;
  /** How a sub-agent ended, in words: its result, its error or the reason it was stopped. */
  agentEnd(actor: string): string;
}

/** What belongs to one agent. */
interface Agent {
  conversation: Conversation;
  repetition: Repetition;
  /** Model calls since the todo list was written. */
  callsSinceTodos: number;
  attendance: Attendance;
  /** Instructions for a compaction that was asked for; null when none was. */
  compactRequest: { instructions: string } | null;
  exceeded: FactData<"budget.exceeded"> | undefined;
}

export function createTranscript(): Transcript {
  const agents = new Map<string, Agent>();
  const open = new Map<string, CallRecord>();
  const replies = new Map<string, ProposedCall[]>();
  const crew = createCrew();
  const activity = createActivity();
  const known = new Set<string>();
  const byHand = new Set<string>();
  const work = createSessionWork();
  const usage = createUsageTotals();
  const answers = createAnswers();
  const ledger = createLedger();

  const of = (actor: string): Agent => {
    const found = agents.get(actor);
    if (found !== undefined) return found;
    const made = {
      conversation: createConversation({ led: actor !== mainActor }),
      repetition: createRepetition(),
      callsSinceTodos: 0,
      attendance: createAttendance(),
      compactRequest: null,
      exceeded: undefined,
    };
    agents.set(actor, made);
    return made;
  };

  const aliveOrMain = (actor: string) => (crew.agent(actor)?.end ?? null) === null ? actor : mainActor;

  /** The end of a background task that a person began: none of the conversation, like all calls by hand. */
  const isByHand = (fact: Fact): boolean => {
    if (fact.type === "background.ended") return byHand.has(fact.data.background_id);
    if (fact.type !== "background.started") return false;
    if (open.get(fact.data.call_id)?.by === "user") byHand.add(fact.data.background_id);
    return false;
  };

  const apply = (fact: Fact): void => {
    work.apply(fact);
    usage.apply(fact);
    answers.apply(fact);
    ledger.apply(fact);
    crew.apply(fact);
    activity.apply(fact);
    if (fact.type === "team.message_sent") {
      const mail = { from: fact.data.from, seq: fact.seq, text: fact.data.text };
      for (const path of fact.data.to) of(path).conversation.hear(mailText(fact.data), { wakes: true, mail });
      return;
    }
    const ended = endNote(fact, crew);
    if (ended !== null) {
      const mail = { from: fact.actor, seq: fact.seq, text: ended.text };
      of(aliveOrMain(ended.parent)).conversation.hear(ended.text, { ...ended, mail });
    }
    if (fact.type === "mode.started" || fact.type === "mode.finished") {
      const parent = crew.supervisor(fact.actor)?.start.data.parent;
      if (parent !== undefined) of(parent).conversation.apply(fact);
      return;
    }
    // What a sub-agent left running is the main agent's when it is gone.
    const agent = of(fact.type === "background.ended" ? aliveOrMain(fact.actor) : fact.actor);
    if (!isByHand(fact)) agent.conversation.apply(fact);
    agent.attendance.apply(fact);
    count(agent, fact);
    // Whoever answers for a sub-agent is there for the agent that waits for it.
    if (isAnswer(fact)) of(mainActor).attendance.begin(fact.at);
    switch (fact.type) {
      case "model.replied":
        if (fact.data.calls.length > 0) replies.set(fact.data.request_id, fact.data.calls);
        return;
      case "call.proposed":
        open.set(fact.data.call_id, proposedRecord(fact));
        known.add(fact.data.call_id);
        return;
      case "question.answered": {
        const call = open.get(fact.data.call_id);
        if (call !== undefined) call.answers = fact.data.answers;
        return;
      }
      case "question.asked": {
        const call = open.get(fact.data.call_id);
        if (call !== undefined) call.questions = { questions: fact.data.questions, seq: fact.seq };
        return;
      }
      default:
        return applyCall(fact, open, agent);
    }
  };

  return {
    apply,
    work,
    usage,
    answers,
    ledger,
    crew,
    activity,
    messages: (actor) => of(actor).conversation.messages,
    conversation: (actor) => of(actor).conversation,
    forRequest: (actor) => {
      const { conversation, callsSinceTodos, repetition } = of(actor);
      return [
        ...conversation.forRequest(),
        ...reminders({ todos: work.todos(), callsSinceTodos, repetition }),
      ];
    },
    repetition: (actor) => of(actor).repetition,
    exceeded: (actor) => of(actor).exceeded,
    attendance: (actor) => of(actor).attendance,
    compactRequest: (actor) => of(actor).compactRequest,
    call: (callId) => open.get(callId),
    knows: (callId) => known.has(callId),
    proposed: (requestId) => replies.get(requestId) ?? [],
    lastText: (actor) => {
      const last = of(actor).conversation.messages.findLast((message) => message.role === "assistant");
      return last?.role === "assistant" ? last.text : "";
    },
    agentEnd: (actor) => {
      const end = crew.agent(actor)?.end;
      return end?.how === "stopped" ? `the sub-agent was stopped (${end.text})` : end?.text ?? "";
    },
  };
}

/** What a person says, a new turn and a compaction mean for the counts of an agent. */
function count(agent: Agent, fact: Fact): void {
  switch (fact.type) {
    case "message.received":
    case "agent.started":
    case "budget.extended":
      return agent.repetition.reset();
    case "model.called":
      agent.callsSinceTodos += 1;
      return;
    case "budget.exceeded":
      agent.exceeded = fact.data;
      return;
    case "todo.written":
      agent.callsSinceTodos = 0;
      return;
    case "context.compact_requested":
      agent.compactRequest = { instructions: fact.data.instructions ?? "" };
      return;
    case "context.compacted":
      if (fact.data.kind !== "micro") agent.compactRequest = null;
  }
}

function applyCall(fact: Fact, open: Map<string, CallRecord>, agent: Agent): void {
  if (!isCallFact(fact)) return;
  const call = open.get(fact.data.call_id);
  if (call === undefined) return;
  switch (fact.type) {
    case "call.approval_requested":
      call.prompt = fact.data.prompt;
      call.digest = fact.data.digest;
      call.asked = askedOf(fact.data);
      return;
    case "call.approved":
      call.approved = fact.data.digest;
      return;
    case "call.started":
      call.evidence = fact.data.evidence ?? null;
      call.startedSeq = fact.seq;
      return;
  }
  const result = resultOf(fact);
  if (result === null) return;
  open.delete(call.callId);
  // A call made by hand is no part of what the model said, so its result is none of the conversation.
  if (call.by !== "model") return;
  agent.conversation.result({ ...call, seq: fact.seq }, result);
  agent.repetition.note(call, result);
}

/** The one result of a call as the model reads it, or null for facts that do not end a call. */
export function resultOf(fact: Fact): CallResult | null {
  switch (fact.type) {
    case "call.finished": {
      const { output, images } = fact.data;
      return { output, is_error: false, ...(images === undefined ? {} : { images }) };
    }
    case "call.failed":
      return { output: joined(`Error: ${fact.data.error}`, fact.data.output), is_error: true };
    case "call.denied":
      return { output: `Denied: ${fact.data.reason}`, is_error: true };
    case "call.interrupted":
      return { output: joined(`Interrupted: ${fact.data.reason}`, fact.data.output), is_error: true };
    default:
      return null;
  }
}

function joined(head: string, output: string | undefined): string {
  return output === undefined || output === "" ? head : `${head}\n${output}`;
}

/** The whole fold: the transcript of facts in order. */
export function foldTranscript(facts: Iterable<Fact>): Transcript {
  const transcript = createTranscript();
  for (const fact of facts) transcript.apply(fact);
  return transcript;
}
