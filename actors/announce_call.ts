// The announcement of a model call: its turn in the session, where the request is made from all that was said, every budget
// above the agent is looked at, and what the call may use is held back. Two that ask at once can never both get the last of it.
import type { ModelRequest } from "../src/protocol/conversation.ts";
import type { FactData, FactDraft } from "../src/protocol/facts.ts";
import { costOf } from "../src/providers/prices.ts";
import type { Provider } from "../src/providers/contract.ts";
import { exceededBudget, type SessionLimits } from "./budgets.ts";
import { modelRequest, type RequestHead, storeHead, wireHash } from "./model_request.ts";
import type { SessionActor } from "./session_port.ts";
import { headTokens, messagesTokens } from "./token_estimate.ts";

export interface Announcing {
  session: SessionActor;
  actor: string;
  requestId: string;
  provider: Provider;
  model: string;
  attempt: number;
  instead?: FactData<"model.called">["instead_of"];
  head: RequestHead;
  /** How much larger requests turned out than they were estimated. */
  correction: number;
  limits: SessionLimits;
  now: () => number;
  signal: AbortSignal;
}

/** `refused`: the turn was cancelled. `paused`: a budget is used up, and the log says so. */
export type Announced = { seq: number; request: ModelRequest; estimate: number } | "refused" | "paused";

/** Logs the request as it will be sent; made when its turn comes, so that no message in between is missed. */
export async function announce(announcing: Announcing): Promise<Announced> {
  const { session, head, signal } = announcing;
  const ref = await storeHead(head, session.log);
  const first = await announceNow(announcing, ref);
  if (first !== "taken") return first;
  // What is left of a budget is held back for others: some of it comes back when one of them has ended.
  while (!signal.aborted) {
    const change = nextChange(session, signal);
    try {
      const announced = await announceNow(announcing, ref);
      if (announced !== "taken") return announced;
      await change.seen;
    } finally {
      change.leave();
    }
  }
  return "refused";
}

async function announceNow(
  announcing: Announcing,
  ref: { blob: string; bytes: number },
): Promise<Announced | "taken"> {
  const { session, actor, requestId, provider, model, head, attempt, instead, limits } = announcing;
  let request: ModelRequest | undefined;
  let estimate = 0;
  let met: ReturnType<typeof exceededBudget> = null;
  const told = await session.tell((transcript): FactDraft | null => {
    const nowMs = announcing.now();
    met = exceededBudget({ state: session.state(), transcript, actor, limits, nowMs, requestId });
    if (met === "taken") return null;
    if (met !== null) return { actor, type: "budget.exceeded", data: met };
    request = modelRequest({ provider: provider.name, model }, head, transcript.forRequest(actor));
    estimate = headTokens(head) + messagesTokens(request.messages);
    return {
      actor,
      type: "model.called",
      data: {
        request_id: requestId,
        provider: provider.name,
        model,
        attempt,
        head: { ...ref },
        request_sha256: wireHash(provider.encode(request)),
        ...(instead === undefined ? {} : { instead_of: instead }),
        reserved: reservation(announcing, request, estimate),
      },
    };
  });
  if (met === "taken") return "taken";
  if (!told.accepted) return "refused";
  if (request === undefined) return "paused";
  return { seq: told.seq, request, estimate };
}

/** The most that the call may use: its request as large as it may turn out, and the longest answer of the model. */
function reservation(
  { provider, model, correction }: Announcing,
  { max_output_tokens }: ModelRequest,
  estimate: number,
): NonNullable<FactData<"model.called">["reserved"]> {
  const { outputMax, price } = provider.info(model);
  const input_tokens = Math.ceil(estimate * Math.max(1, correction));
  const output_tokens = Math.min(max_output_tokens ?? outputMax, outputMax);
  // All of it may have to be written to the endpoint's cache, which costs the most.
  const cost_usd = costOf({ input_tokens, output_tokens, cache_write_tokens: input_tokens }, price);
  return { tokens: input_tokens + output_tokens, ...(cost_usd === undefined ? {} : { cost_usd }) };
}

/** After these there may be more of a budget than before. */
const changes: ReadonlySet<string> = new Set([
  "model.replied",
  "model.failed",
  "turn.ended",
  "agent.finished",
  "agent.failed",
  "agent.stopped",
  "budget.exceeded",
  "budget.extended",
]);

/** `seen` resolves with the next fact that may make room, or when the call is to stop. */
function nextChange(session: SessionActor, signal: AbortSignal): { seen: Promise<void>; leave: () => void } {
  let leave = () => {};
  const seen = new Promise<void>((resolve) => {
    const done = () => resolve();
    const { unsubscribe } = session.subscribe({
      event: ({ type }) => changes.has(type) && resolve(),
      delta: () => {},
      closed: done,
    });
    signal.addEventListener("abort", done, { once: true });
    if (signal.aborted) resolve();
    leave = () => {
      unsubscribe();
      signal.removeEventListener("abort", done);
    };
  });
  return { seen, leave: () => leave() };
}
