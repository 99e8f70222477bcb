// Budgets in money that cannot be held, because nobody said what the model costs: whoever watches is told, once.
import type { Provider } from "../src/providers/contract.ts";
import type { SessionActor } from "./session_port.ts";

/** By session: the budget and the model that it was said of. */
const said = new WeakMap<SessionActor, Set<string>>();

/** `seq`: the call that it is said of. */
export async function sayUnpriced({ session, actor, provider, model, seq }: {
  session: SessionActor;
  actor: string;
  provider: Provider;
  model: string;
  seq: number;
}): Promise<void> {
  if (provider.info(model).price !== undefined) return;
  const { ledger } = await session.transcript();
  const known = said.get(session) ?? new Set();
  said.set(session, known);
  for (const of of ledger.holders(actor)) {
    const key = `${of} ${provider.name}/${model}`;
    if (ledger.budget(of)?.cost_usd === undefined || known.has(key)) continue;
    known.add(key);
    const text = `The budget of "${of}" in US dollars cannot be held: nobody said what ` +
      `"${provider.name}/${model}" costs (set models."${model}".price in the configuration)`;
    session.notice({ actor, of_seq: seq, text });
  }
}
