// Waiting: for the end of a turn or of a call, over history and live facts alike, as one gap-free sequence.
import { resultOf } from "../machines/transcript.ts";
import { watchTurn } from "../machines/turn.ts";
import { type Fact, type FactOf, isCallFact, mainActor } from "../src/protocol/facts.ts";
import type { TurnResult } from "../src/protocol/http.ts";
import { Problem } from "../src/protocol/problem.ts";
import { facts, foldState } from "./fold.ts";
import type { SessionActor } from "./session_port.ts";
import type { Loaded } from "./sessions.ts";

/** Facts after `after`, history then live, until `signal` aborts or the session closes. */
export async function* follow(actor: SessionActor, after: number, signal: AbortSignal): AsyncGenerator<Fact> {
  const live: Fact[] = [];
  let closed = false;
  let wake = () => {};
  const subscription = actor.subscribe({
    event: (fact) => {
      live.push(fact);
      wake();
    },
    delta: () => {},
    closed: () => {
      closed = true;
      wake();
    },
  });
  const onAbort = () => wake();
  signal.addEventListener("abort", onAbort);
  try {
    yield* facts(actor.log, { from: after + 1, at: subscription.head });
    while (!signal.aborted) {
      const fact = live.shift();
      if (fact !== undefined) {
        if (fact.seq > after) yield fact;
        continue;
      }
      if (closed) return;
      await new Promise<void>((resolve) => wake = resolve);
    }
  } finally {
    signal.removeEventListener("abort", onAbort);
    subscription.unsubscribe();
  }
}

export async function waitForTurn(
  loaded: Loaded,
  messageId: string,
  options: { signal: AbortSignal; machineVersion: string },
): Promise<TurnResult> {
  const { log } = loaded;
  const actor = writable(loaded);
  const message = await findMessage(loaded, messageId);
  const { state } = await foldState(log, { at: message.seq, machineVersion: options.machineVersion });
  const main = state.agents[mainActor];
  const waits = main !== undefined && (main.context.steering + main.context.queued > 0);
  const watch = watchTurn(message, !waits);
  for await (const fact of follow(actor, message.seq, options.signal)) {
    const result = watch.apply(fact);
    if (result !== null) return result;
  }
  throw interrupted(`turn of message "${messageId}"`);
}

async function findMessage({ log, actor }: Loaded, messageId: string): Promise<FactOf<"message.received">> {
  // Its id was the dedupe key of its command; only the ids of very old ones have been forgotten.
  const from = actor?.seqOf(messageId) ?? 1;
  for await (const fact of facts(log, { from })) {
    if (fact.type === "message.received" && fact.data.message_id === messageId) return fact;
  }
  throw new Problem(
    "not_found",
    `Cannot wait for message "${messageId}": session "${log.sessionId}" has none of that id`,
  );
}

export async function waitForCall(
  loaded: Loaded,
  callId: string,
  signal: AbortSignal,
): Promise<{ output: string; success: boolean; name: string }> {
  const actor = writable(loaded);
  for await (const fact of follow(actor, actor.seqOf(callId) ?? 0, signal)) {
    const result = resultOf(fact);
    if (result === null || !isCallFact(fact) || fact.data.call_id !== callId) continue;
    return { output: result.output, success: !result.is_error, name: fact.data.name };
  }
  throw interrupted(`call "${callId}"`);
}

function writable({ actor, problem }: Loaded): SessionActor {
  if (actor !== null) return actor;
  throw problem ?? new Problem("internal", "This session has no actor");
}

function interrupted(what: string): Problem {
  return new Problem("unavailable", `Cannot wait for the ${what} any longer: the session was closed`, {
    hint: "What was accepted is in its log: look at it with `jamey attach`",
  });
}
