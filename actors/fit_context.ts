// Keeps a request inside the model's window: old results become references, then the past becomes a summary, then it is
// left out, then long texts lose their middle. Each step is a fact and each is taken at most once for a request, so it ends.
import { compactedView, type Compaction, firstAfter, withCompaction } from "../machines/compaction.ts";
import type { Conversation } from "../machines/conversation.ts";
import type { ErrorInfo, FactData, FactDraft } from "../src/protocol/facts.ts";
import type { Provider } from "../src/providers/contract.ts";
import type { RequestHead } from "./model_request.ts";
import type { SessionActor } from "./session_port.ts";
import { summarise } from "./summarise.ts";
import { headTokens, messagesTokens } from "./token_estimate.ts";

export interface ContextSettings {
  /** Shares of what the window takes as input: above them results become references, and the past a summary. */
  microAt: number;
  compactAt: number;
}

export const defaultContext: ContextSettings = { microAt: 0.6, compactAt: 0.8 };

/** Of the window for the answer, at most. */
const answerShare = 0.2;
/** Of the input that is kept word for word after a summary. */
const tailShare = 0.25;
/** The newest messages keep their whole results as long as there is another way. */
const microKeepMessages = 6;
/** What references must free, or they are not worth a new prompt prefix. */
const microWorthShare = 0.1;
const textMaxFloor = 400;
const charsPerToken = 3;

export interface Fitting {
  session: SessionActor;
  actor: string;
  provider: Provider;
  model: string;
  head: RequestHead;
  settings: ContextSettings;
  /** How much larger requests turned out than they were estimated; 1 when nothing is known. */
  correction: number;
  /** The endpoint has refused a request as too large: make it smaller, whatever the estimate says. */
  refused: boolean;
  /** Asks the hooks; why one objects, or null. */
  objection: () => Promise<string | null>;
  signal: AbortSignal;
}

/** What it takes to measure a request. */
type Measuring = Pick<Fitting, "session" | "actor" | "provider" | "model" | "head" | "correction">;

type Compacted = FactData<"context.compacted">;

export const cancelledError: ErrorInfo = { code: "cancelled", message: "the turn was cancelled" };

/** Returns null when the request fits now, else why it cannot be made to. After an abort it changes nothing any more. */
export async function fitContext(fitting: Fitting): Promise<ErrorInfo | null> {
  const { session, actor, settings, signal } = fitting;
  const transcript = await session.transcript();
  const limit = inputLimit(fitting);
  const requested = transcript.compactRequest(actor);
  const size = () => sizeOf(fitting, transcript.forRequest(actor));
  const above = (share: number) => size() > limit * share;
  if (!fitting.refused && requested === null && !above(Math.min(settings.microAt, settings.compactAt))) {
    return null;
  }
  const conversation = transcript.conversation(actor);
  const tell = async (data: Compacted | null) => {
    if (data === null || signal.aborted) return;
    const draft: FactDraft = { actor, type: "context.compacted", data };
    await session.tell(draft);
  };

  if (fitting.refused || above(settings.microAt)) {
    await tell(microStep(fitting, conversation, limit, microKeepMessages));
  }
  if (fitting.refused || requested !== null || above(settings.compactAt)) {
    const objection = await fitting.objection();
    if (objection === null || above(1)) {
      await tell(await summaryStep(fitting, conversation, limit, requested));
    } else if (requested !== null) await tell(unchanged(fitting, conversation, objection));
  }
  if (above(1)) await tell(microStep(fitting, conversation, limit, 0));
  if (above(1) || (fitting.refused && above(settings.compactAt))) {
    await tell(textStep(fitting, conversation, limit, transcript.forRequest(actor).length));
  }
  if (signal.aborted) return cancelledError;
  return above(1) ? overflow(fitting, size(), limit) : null;
}

/** Why the request does not fit as it is, or null. Changes nothing: for a model that is asked this once. */
export async function tooLarge(measuring: Measuring): Promise<ErrorInfo | null> {
  const transcript = await measuring.session.transcript();
  const size = sizeOf(measuring, transcript.forRequest(measuring.actor));
  const limit = inputLimit(measuring);
  return size > limit ? overflow(measuring, size, limit) : null;
}

/** The tokens that a model takes as input. */
export function inputLimit({ provider, model }: Pick<Fitting, "provider" | "model">): number {
  const { window, outputMax } = provider.info(model);
  return window - Math.min(outputMax, Math.floor(window * answerShare));
}

function sizeOf({ head, correction }: Measuring, messages: ReturnType<Conversation["forRequest"]>): number {
  return Math.ceil((headTokens(head) + messagesTokens(messages)) * correction);
}

/** What the request would be under another compaction. */
function sizeUnder(fitting: Fitting, conversation: Conversation, compaction: Compaction): number {
  const { messages, seqs } = conversation;
  return sizeOf(fitting, compactedView({ messages, seqs, steering: [] }, compaction));
}

function measured(
  fitting: Fitting,
  conversation: Conversation,
  data: Omit<Compacted, "tokens_before" | "tokens_after">,
): Compacted {
  const whole = {
    ...data,
    tokens_before: sizeUnder(fitting, conversation, conversation.compaction),
    tokens_after: 0,
  };
  const tokens_after = sizeUnder(fitting, conversation, withCompaction(conversation.compaction, whole));
  return { ...whole, tokens_after };
}

function microStep(
  fitting: Fitting,
  conversation: Conversation,
  limit: number,
  keep: number,
): Compacted | null {
  const through = conversation.seqs.at(-1 - keep) ?? 0;
  if (through <= conversation.compaction.micro) return null;
  const data = measured(fitting, conversation, { kind: "micro", through });
  const worth = keep === 0 ? 1 : limit * microWorthShare;
  return data.tokens_before - data.tokens_after >= worth ? data : null;
}

/** The past up to a point between two rounds becomes a summary, or is left out when there can be none. */
async function summaryStep(
  fitting: Fitting,
  conversation: Conversation,
  limit: number,
  requested: { instructions: string } | null,
): Promise<Compacted | null> {
  const tail = tailShare * (limit - headTokens(fitting.head)) / fitting.correction;
  const boundary = findBoundary(conversation, requested === null ? tail : 0);
  const through = conversation.seqs[boundary - 1] ?? 0;
  const { before } = conversation.compaction;
  if (through <= before) {
    return requested === null ? null : unchanged(fitting, conversation, "there is nothing to summarise yet");
  }
  const first = firstAfter(conversation.seqs, before);
  const result = await summarise(fitting, {
    messages: conversation.messages.slice(first, boundary),
    earlier: conversation.compaction.summary,
    instructions: requested?.instructions ?? "",
    inputTokensMax: Math.floor(limit / fitting.correction),
    summaryTokensMax: Math.floor(limit * tailShare / fitting.correction),
  });
  if ("summary" in result) {
    const { summary, usage } = result;
    return measured(fitting, conversation, { kind: "summary", through, summary, usage });
  }
  if (requested === null) {
    return measured(fitting, conversation, { kind: "cut", through, reason: result.why });
  }
  // What a person asked for and nothing forces is left undone rather than paid for with the past.
  const size = sizeUnder(fitting, conversation, conversation.compaction);
  if (!fitting.refused && size <= limit * fitting.settings.compactAt) {
    return unchanged(fitting, conversation, result.why);
  }
  const needed = conversation.seqs[findBoundary(conversation, tail) - 1] ?? 0;
  return measured(fitting, conversation, {
    kind: "cut",
    through: Math.max(needed, before),
    reason: result.why,
  });
}

/** A compaction that was asked for is answered with what stands in its way; everything stays as it is. */
function unchanged(fitting: Fitting, conversation: Conversation, reason: string): Compacted {
  const through = conversation.compaction.before;
  return measured(fitting, conversation, { kind: "cut", through, reason });
}

/** Index of the first message that is kept: never between a call and its result, never before what is sent now. */
export function findBoundary({ messages, seqs, compaction }: Conversation, tailTokens: number): number {
  const first = firstAfter(seqs, compaction.before);
  let kept = 0;
  let boundary = first;
  for (let index = messages.length - 1; index > first; index--) {
    const message = messages[index];
    if (message === undefined) break;
    kept += messagesTokens([message]);
    if (boundary > first && kept > tailTokens) break;
    if (message.role !== "tool" && (seqs[index - 1] ?? 0) < (seqs[index] ?? 0)) boundary = index;
  }
  return boundary;
}

/** `count`: the messages that would be sent, which share the room. */
function textStep(
  fitting: Fitting,
  conversation: Conversation,
  limit: number,
  count: number,
): Compacted | null {
  const { compaction } = conversation;
  const room = Math.max(0, limit / fitting.correction - headTokens(fitting.head));
  const text_max = Math.max(textMaxFloor, Math.floor(room * charsPerToken / (2 * Math.max(1, count))));
  if (compaction.textMax !== null && text_max >= compaction.textMax) return null;
  return measured(fitting, conversation, {
    kind: "cut",
    through: compaction.before,
    text_max,
    reason: "single texts are longer than the window",
  });
}

function overflow({ model, head }: Measuring, size: number, limit: number): ErrorInfo {
  const fixed = headTokens(head);
  return {
    code: "context_overflow",
    message:
      `Cannot ask model "${model}": the request has about ${size} tokens and its window takes ${limit}, ` +
      `${fixed} of them for instructions and tools; choose a model with a larger window`,
  };
}
