// The model call: asks the provider with what the transcript holds, streams its text, and tells exactly one outcome.
import type { PendingEffect } from "../machines/effects.ts";
import type { SessionMeta } from "../machines/session_meta.ts";
import type { ToolSpec } from "../src/protocol/conversation.ts";
import type { ErrorInfo, FactDraft } from "../src/protocol/facts.ts";
import type { ModelEvent, Provider } from "../src/providers/contract.ts";
import { modelRequest, requestHead, storeHead, wireHash } from "./model_request.ts";
import type { Executor, SessionActor } from "./session_actor.ts";

/** Characters of a provider's error text that are logged. */
const errorCharsMax = 2_000;

export interface ModelCallParts {
  /** The provider of a session by name, or undefined when this daemon has none of that name. */
  provider: (name: string) => Provider | undefined;
  specs: () => ToolSpec[];
}

export function modelExecutor(parts: ModelCallParts): Executor {
  return async (session, effect, { signal }) => {
    const meta = session.state().meta;
    if (meta === null) throw new Error("A session without a beginning calls no model");
    if (signal.aborted) return await fail(session, effect, cancelled);
    const provider = parts.provider(meta.provider);
    if (provider === undefined) return await fail(session, effect, noProvider(meta.provider));
    const called = await announce(session, effect, { provider, meta, specs: parts.specs() });
    if (called === null) return;
    let text = "";
    for await (const event of provider.stream(called.request, { signal })) {
      if (event.type === "text") {
        session.delta({ actor: effect.actor, of_seq: called.seq, offset: text.length, text: event.text });
        text += event.text;
      } else if (event.type === "done") await reply(session, effect, event);
      else if (event.type === "failed") await fail(session, effect, event.error, event.text);
    }
    session.endText(called.seq);
  };
}

async function announce(
  session: SessionActor,
  effect: PendingEffect,
  parts: { provider: Provider; meta: SessionMeta; specs: ToolSpec[] },
) {
  const { provider, meta } = parts;
  const transcript = await session.transcript();
  const head = requestHead(meta, effect.actor, parts.specs);
  const ref = await storeHead(head, session.log);
  const request = modelRequest(meta.model, head, transcript.forRequest(effect.actor));
  const told = await session.tell({
    actor: effect.actor,
    type: "model.called",
    data: {
      request_id: requestId(effect),
      provider: provider.name,
      model: meta.model,
      attempt: effect.attempts + 1,
      head: { ...ref },
      request_sha256: wireHash(provider.encode(request)),
    },
  });
  if (told.accepted) return { seq: told.seq, request };
  await fail(session, effect, cancelled);
  return null;
}

async function reply(
  session: SessionActor,
  effect: PendingEffect,
  done: Extract<ModelEvent, { type: "done" }>,
): Promise<void> {
  const id = requestId(effect);
  // Our own call ids: unique in the session, short enough to type, and the same whatever the endpoint calls them.
  const calls = done.calls.map((call, index) => ({ call_id: `c${id.slice(1)}-${index + 1}`, ...call }));
  const { text, usage, stop_reason } = done;
  const draft: FactDraft = {
    actor: effect.actor,
    type: "model.replied",
    data: { request_id: id, text, calls, usage, stop_reason },
  };
  const told = await session.tell(draft);
  // Too late: the turn was cancelled while the answer came.
  if (!told.accepted) await fail(session, effect, cancelled, text);
}

const cancelled: ErrorInfo = { code: "cancelled", message: "the turn was cancelled" };

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
