// The model call: looks at budgets and the window, asks the provider (and the next one when it is down), streams the text,
// and tells exactly one outcome.
import type { PendingEffect } from "../machines/effects.ts";
import type { Hooks } from "../src/hooks/contract.ts";
import type { ModelRequest } from "../src/protocol/conversation.ts";
import type { ErrorInfo, FactDraft } from "../src/protocol/facts.ts";
import type { ModelEvent, Provider } from "../src/providers/contract.ts";
import { exceededBudget, type SessionLimits } from "./budgets.ts";
import { cancelledError as cancelled, type ContextSettings, fitContext } from "./fit_context.ts";
import { modelRequest, type RequestHead, storeHead, wireHash } from "./model_request.ts";
import { runHooks } from "./run_hooks.ts";
import type { Executor, SessionActor } from "./session_port.ts";
import { headTokens, messagesTokens } from "./token_estimate.ts";

/** Characters of a provider's error text that are logged. */
const errorCharsMax = 2_000;
/** Characters of a tool's name: no tool has a longer one, and it is part of the state of a call. */
const nameCharsMax = 200;
/** Bounds of how far the estimate of a request's size is corrected by what the endpoint counted. */
const correctionMin = 0.7;
const correctionMax = 3;
const correctionsKept = 1_000;

export interface ModelCallParts {
  /** The provider of a session by name, or undefined when this daemon has none of that name. */
  provider: (name: string) => Provider | undefined;
  /** Names of the providers to try when that one cannot be reached, in order. */
  fallback: readonly string[];
  /** Instructions and tools for an agent, as they are now. */
  head: (session: SessionActor, actor: string) => Promise<RequestHead>;
  limits: SessionLimits;
  context: ContextSettings;
  hooks: Hooks;
  now: () => number;
}

interface Asking {
  session: SessionActor;
  effect: PendingEffect;
  provider: Provider;
  model: string;
  /** Model calls of this effect so far, over restarts and fallbacks. */
  attempt: number;
  signal: AbortSignal;
}

type Failure = Extract<ModelEvent, { type: "failed" }>;

export function modelExecutor(parts: ModelCallParts): Executor {
  const corrections = new Map<string, number>();
  return async (session, effect, { signal }) => {
    const { meta } = session.state();
    if (meta === null) throw new Error("A session without a beginning calls no model");
    if (signal.aborted) return await fail(session, effect, cancelled);
    if (await pause(session, effect.actor, parts)) return;
    const transcript = await session.transcript();
    const own = transcript.agentModel(effect.actor) ?? { provider: meta.provider, model: meta.model };
    let attempt = effect.attempts;
    let last: Failure | null = null;
    for (const name of [own.provider, ...parts.fallback.filter((other) => other !== own.provider)]) {
      const provider = parts.provider(name);
      if (provider === undefined) {
        last ??= { type: "failed", error: noProvider(name), text: "" };
        continue;
      }
      const model = name === own.provider ? own.model : provider.defaultModel;
      const asked = await ask({ session, effect, provider, model, attempt: attempt += 1, signal }, {
        parts,
        corrections,
      });
      if (asked === null) return;
      last = asked;
      if (signal.aborted || asked.text !== "" || !isDown(asked.error)) break;
    }
    await fail(session, effect, last?.error ?? cancelled, last?.text);
  };
}

/** True when a budget is used up: then the fact says so, and the agent waits for a person. */
async function pause(session: SessionActor, actor: string, parts: ModelCallParts): Promise<boolean> {
  const transcript = await session.transcript();
  const state = session.state();
  const exceeded = exceededBudget({ state, transcript, actor, limits: parts.limits, nowMs: parts.now() });
  if (exceeded === null) return false;
  return (await session.tell({ actor, type: "budget.exceeded", data: exceeded })).accepted;
}

/** Another endpoint may answer what this one could not. */
function isDown({ code }: ErrorInfo): boolean {
  return ["unavailable", "rate_limited", "auth", "disconnected", "idle_timeout"].includes(code);
}

interface Means {
  parts: ModelCallParts;
  corrections: Map<string, number>;
}

/** Asks one provider; null when the outcome is logged. A request that was too large after all is tried once more. */
async function ask(asking: Asking, means: Means): Promise<Failure | null> {
  const first = await askOnce(asking, means, { refused: false });
  if (first?.error.code !== "context_overflow" || first.text !== "" || asking.signal.aborted) return first;
  return await askOnce({ ...asking, attempt: asking.attempt + 1 }, means, { refused: true });
}

async function askOnce(
  asking: Asking,
  means: Means,
  { refused }: { refused: boolean },
): Promise<Failure | null> {
  const { session, effect, provider, model, signal } = asking;
  const { parts, corrections } = means;
  const { actor } = effect;
  const key = `${session.id}/${actor}/${provider.name}/${model}`;
  const head = await parts.head(session, actor);
  const objection = async () => {
    const runs = await runHooks({ session, hooks: parts.hooks, signal }, "PreCompact", { actor, fields: {} });
    const against = runs.find((run) => run.outcome === "blocked");
    return against === undefined
      ? null
      : `the hook "${against.name}" objects: ${against.reason ?? "it gave no reason"}`;
  };
  const overflow = await fitContext({
    session,
    actor,
    provider,
    model,
    head,
    settings: parts.context,
    correction: corrections.get(key) ?? 1,
    refused,
    objection,
    signal,
  });
  if (overflow !== null) return { type: "failed", error: overflow, text: "" };
  const called = await announce(asking, head);
  if (called === null) return { type: "failed", error: cancelled, text: "" };
  let text = "";
  let failure: Failure | null = null;
  for await (const event of provider.stream(called.request, { signal })) {
    if (event.type === "text") {
      session.delta({ actor, of_seq: called.seq, offset: text.length, text: event.text });
      text += event.text;
    } else if (event.type === "retry") {
      session.notice({ actor, of_seq: called.seq, text: retryText(event) });
    } else if (event.type === "done") {
      remember(corrections, key, event.usage.input_tokens / called.estimate);
      await reply(asking, event);
    } else if (event.type === "failed") failure = event;
  }
  session.endText(called.seq);
  return failure;
}

function retryText({ attempt, delayMs, error }: Extract<ModelEvent, { type: "retry" }>): string {
  return `${error.message}; asking again in ${(delayMs / 1000).toFixed(1)} s (attempt ${attempt + 1})`;
}

function remember(corrections: Map<string, number>, key: string, ratio: number): void {
  // An endpoint that counts nothing says nothing about the estimate.
  if (!(ratio > 0)) return;
  // Whatever was not used for longest is estimated anew.
  const [oldest] = corrections.keys();
  if (corrections.size >= correctionsKept && oldest !== undefined) corrections.delete(oldest);
  corrections.delete(key);
  corrections.set(key, Math.min(correctionMax, Math.max(correctionMin, ratio)));
}

/** Logs the request as it will be sent; made when its turn comes, so that no message in between is missed. */
async function announce({ session, effect, provider, model, attempt }: Asking, head: RequestHead) {
  const ref = await storeHead(head, session.log);
  let request: ModelRequest | undefined;
  const told = await session.tell((transcript): FactDraft => {
    request = modelRequest({ provider: provider.name, model }, head, transcript.forRequest(effect.actor));
    return {
      actor: effect.actor,
      type: "model.called",
      data: {
        request_id: requestId(effect),
        provider: provider.name,
        model,
        attempt,
        head: { ...ref },
        request_sha256: wireHash(provider.encode(request)),
      },
    };
  });
  if (!told.accepted || request === undefined) return null;
  return { seq: told.seq, request, estimate: headTokens(head) + messagesTokens(request.messages) };
}

async function reply(
  { session, effect, provider, model }: Asking,
  done: Extract<ModelEvent, { type: "done" }>,
): Promise<void> {
  const id = requestId(effect);
  // Our own call ids: unique in the session, short enough to type, and the same whatever the endpoint calls them.
  const calls = done.calls.map(({ name, args }, index) => ({
    call_id: `c${id.slice(1)}-${index + 1}`,
    name: name.slice(0, nameCharsMax).toWellFormed(),
    args,
  }));
  const { text, usage, stop_reason, reasoning } = done;
  const { price } = provider.info(model);
  const draft: FactDraft = {
    actor: effect.actor,
    type: "model.replied",
    data: {
      request_id: id,
      text,
      calls,
      usage,
      stop_reason,
      provider: provider.name,
      model,
      ...(price === undefined ? {} : { price }),
      ...(reasoning === undefined ? {} : { reasoning: { ...reasoning, by: `${provider.name}/${model}` } }),
    },
  };
  const told = await session.tell(draft);
  // Too late: the turn was cancelled while the answer came.
  if (!told.accepted) await fail(session, effect, cancelled, text);
}

async function fail(
  session: SessionActor,
  effect: PendingEffect,
  error: ErrorInfo,
  text = "",
): Promise<void> {
  const data = {
    request_id: requestId(effect),
    error: { code: error.code, message: error.message.slice(0, errorCharsMax) },
    ...(text === "" ? {} : { text }),
  };
  await session.tell({ actor: effect.actor, type: "model.failed", data });
}

function noProvider(name: string): ErrorInfo {
  return {
    code: "bad_config",
    message: `This session uses the provider "${name}", and the daemon was started without it: ` +
      "set its key and endpoint (see .env.example) and restart the daemon",
  };
}

function requestId(effect: PendingEffect): string {
  return String(effect.params.request_id);
}
