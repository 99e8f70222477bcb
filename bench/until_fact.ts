// Waiting for a fact of a session, as a client does: by listening.
import type { Runtime } from "../actors/runtime_options.ts";
import type { Fact, FactOf, FactType } from "../src/protocol/facts.ts";

const untilMs = 60_000;

/** Listens, begins, and gives the first fact of the type that comes from then on. */
export async function untilFact<T extends FactType>(
  runtime: Runtime,
  { session, type, begin }: { session: string; type: T; begin: () => Promise<unknown> },
): Promise<FactOf<T>> {
  const { promise, resolve, reject } = Promise.withResolvers<FactOf<T>>();
  const isMeant = (fact: Fact): fact is FactOf<T> => fact.type === type;
  const timer = setTimeout(() => reject(new Error(`Waited ${untilMs} ms in vain for "${type}"`)), untilMs);
  const { unsubscribe } = await runtime.subscribe(session, {
    event: (fact) => {
      if (isMeant(fact)) resolve(fact);
    },
    delta: () => {},
    closed: (reason) => reject(new Error(`The session was closed: ${reason}`)),
  });
  try {
    await begin();
    return await promise;
  } finally {
    clearTimeout(timer);
    unsubscribe();
  }
}
