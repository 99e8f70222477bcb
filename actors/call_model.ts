// The model call: looks at budgets and the window, asks the provider (and the next one when it is down), streams the text,
// and tells exactly one outcome.
import type { PendingEffect } from "../machines/effects.ts";
import type { Hooks } from "../src/hooks/contract.ts";
import type { ErrorInfo, FactData, FactDraft } from "../src/protocol/facts.ts";
import type { ModelEvent, Provider } from "../src/providers/contract.ts";
import { announce } from "./announce_call.ts";
import { exceededBudget, type SessionLimits } from "./budgets.ts";
import { type EstimateCorrections, estimateCorrections } from "./estimate_corrections.ts";
import {
  cancelledError as cancelled,
  type ContextSettings,
  fitContext,
  inputLimit,
  tooLarge,
} from "./fit_context.ts";
import type { RequestHead } from "./model_request.ts";
import { runHooks } from "./run_hooks.ts";
import { isLeftOwed } from "./left_owed.ts";
import type { Executor, SessionActor } from "./session_port.ts";
import { sayUnpriced } from "./unpriced.ts";

/** Characters of a provider's error text that are logged. */
const errorCharsMax = 2_000;
/** Characters of a tool's name: no tool has a longer one, and it is part of the state of a call. */
const nameCharsMax = 200;
/** Times that an address where nobody answers is tried when there is another provider to ask. */
const unreachedTriesMax = 2;

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
  /** For a fallback: who was to answer, and why it did not. */
  instead: Unanswered | null;
  /** There is another provider to ask after this one. */
  hasNext: boolean;
  signal: AbortSignal;
}

type Failure = Pick<Extract<ModelEvent, { type: "failed" }>, "error" | "text">;
type Unanswered = Failure & { provider: string; model: string };

export function modelExecutor(parts: ModelCallParts): Executor {
  const means = { parts, corrections: estimateCorrections() };
  return async (session, effect, { signal }) => {
    const { meta } = session.state();
    if (meta === null) throw new Error("A session without a beginning calls no model");
    if (signal.aborted) return await fail(session, effect, cancelled);
    // Before anything is summarised for it: that costs as well.
    if (await pause(session, effect.actor, parts)) return;
    const transcript = await session.transcript();
    const given = [...transcript.crew.upwards(effect.actor)].map(({ profile }) => profile.model);
    const own = given.find((model) => model !== undefined) ?? { provider: meta.provider, model: meta.model };
    const candidates = candidatesOf(own, parts);
    let attempt = effect.attempts;
    let last: Unanswered = { ...own, error: noProvider(own.provider), text: "" };
    for (const [index, { provider, model, isFallback }] of candidates.entries()) {
      const asked = await ask({
        ...{ session, effect, provider, model, signal },
        attempt: attempt += 1,
        instead: isFallback ? last : null,
        hasNext: index + 1 < candidates.length,
      }, means);
      if (asked === null) return;
      const isPassedOver = isFallback && asked.error.code === "context_overflow";
      last = isPassedOver
        ? passedOver(last, provider, asked.error)
        : { provider: provider.name, model, error: asked.error, text: asked.text };
      if (signal.aborted || asked.text !== "" || !(isPassedOver || isDown(asked.error))) break;
    }
    // A daemon that stops leaves what is led by a team, a mode or a workflow to the next one.
    if (isLeftOwed(session, effect.actor, signal)) return;
    await fail(session, effect, last.error, last.text);
  };
}

/** The session's own model, then those to ask when it does not answer; only what this daemon has. */
function candidatesOf(own: { provider: string; model: string }, parts: ModelCallParts) {
  const names = [own.provider, ...parts.fallback.filter((name) => name !== own.provider)];
  return names.flatMap((name) => {
    const provider = parts.provider(name);
    if (provider === undefined) return [];
    const isFallback = name !== own.provider;
    return [{ provider, model: isFallback ? provider.defaultModel : own.model, isFallback }];
  });
}

/** What keeps the session from an answer is still the first endpoint; why this one was no help is said beside it. */
function passedOver(last: Unanswered, { name }: Provider, { message }: ErrorInfo): Unanswered {
  const { code } = last.error;
  const error = { code, message: `${last.error.message}; the fallback "${name}" is no help: ${message}` };
  return { ...last, error };
}

/** True when a budget is used up: then the fact says so, and the agent waits for a person. */
async function pause(session: SessionActor, actor: string, parts: ModelCallParts): Promise<boolean> {
  const transcript = await session.transcript();
  const state = session.state();
  const exceeded = exceededBudget({ state, transcript, actor, limits: parts.limits, nowMs: parts.now() });
  // What only calls under way stand in the way of is waited for when the call is announced.
  if (exceeded === null || exceeded === "taken") return false;
  return (await session.tell({ actor, type: "budget.exceeded", data: exceeded })).accepted;
}

/** Another endpoint may answer what this one could not. */
function isDown({ code }: ErrorInfo): boolean {
  return ["unavailable", "rate_limited", "auth", "disconnected", "idle_timeout"].includes(code);
}

interface Means {
  parts: ModelCallParts;
  corrections: EstimateCorrections;
}

/**
 * Asks one provider; null when the outcome is logged. A request that was too large after all is tried once more; not so
 * with a fallback, which answers this once: a conversation is not made smaller for good to fit into its window.
 */
async function ask(asking: Asking, means: Means): Promise<Failure | null> {
  const first = await askOnce(asking, means, { refused: false });
  if (
    asking.instead !== null || first?.error.code !== "context_overflow" || first.text !== "" ||
    asking.signal.aborted
  ) return first;
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
  const correction = corrections.of(key, inputLimit({ provider, model }));
  const measuring = { session, actor, provider, model, head, correction };
  const overflow = asking.instead === null
    ? await fitContext({ ...measuring, settings: parts.context, refused, objection, signal })
    : await tooLarge(measuring);
  if (overflow !== null) return { error: overflow, text: "" };
  const called = await announce({
    ...{ session, actor, provider, model, head, correction, signal },
    ...{ limits: parts.limits, now: parts.now, requestId: requestId(effect), attempt: asking.attempt },
    ...(asking.instead === null ? {} : { instead: insteadOf(asking.instead) }),
  });
  if (called === "paused") return null;
  if (called === "refused") return { error: cancelled, text: "" };
  await sayUnpriced({ session, actor, provider, model, seq: called.seq });
  if (asking.instead !== null) {
    const text = `${asking.instead.error.message}; asking "${provider.name}/${model}" instead`;
    session.notice({ actor, of_seq: called.seq, text });
  }
  let text = "";
  let failure: Failure | null = null;
  for await (const event of provider.stream(called.request, { signal })) {
    if (event.type === "text") {
      session.delta({ actor, of_seq: called.seq, offset: text.length, text: event.text });
      text += event.text;
    } else if (event.type === "retry") {
      if (asking.hasNext && event.unreached && event.attempt >= unreachedTriesMax) {
        failure = { error: event.error, text };
        break;
      }
      session.notice({ actor, of_seq: called.seq, text: retryText(event) });
    } else if (event.type === "done") {
      corrections.counted(key, { tokens: event.usage.input_tokens, estimate: called.estimate });
      await reply(asking, event);
    } else if (event.type === "failed") {
      if (event.error.code === "context_overflow") corrections.refused(key, called.estimate);
      failure = event;
    }
  }
  session.endText(called.seq);
  return failure;
}

function retryText({ attempt, delayMs, error }: Extract<ModelEvent, { type: "retry" }>): string {
  return `${error.message}; asking again in ${(delayMs / 1000).toFixed(1)} s (attempt ${attempt + 1})`;
}

function insteadOf({ provider, model, error }: Unanswered): FactData<"model.called">["instead_of"] {
  return { provider, model, error: briefly(error) };
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
    error: briefly(error),
    ...(text === "" ? {} : { text }),
  };
  await session.tell({ actor: effect.actor, type: "model.failed", data });
}

function briefly({ code, message }: ErrorInfo): ErrorInfo {
  return { code, message: message.slice(0, errorCharsMax).toWellFormed() };
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
