// The ledger: what each actor of a session may use, has used and has reserved for calls under way. Whoever is below an actor
// uses of its budget as well; at the top is the session. A pure fold, kept with the transcript.
import type { ActorBudget } from "../src/protocol/agent_facts.ts";
import { type Fact, type FactData, mainActor } from "../src/protocol/facts.ts";
import { createWorkClock } from "./work_clock.ts";

/** The account above the main agent and everything that a person began beside it. */
export const sessionAccount = "session";

/** What is counted; units: tokens, US dollars, model calls, ms of work. */
export type AccountLimit = "tokens" | "cost" | "calls" | "wall";
export type Amounts = Readonly<Record<AccountLimit, number>>;
export type Maxima = Partial<Amounts>;

export interface BudgetRow {
  actor: string;
  limit: AccountLimit;
  used: number;
  reserved: number;
  max: number;
}

/**
 * `full`: the budget of `of` is used up. `taken`: what is left is reserved for calls under way, and may come back when they
 * end.
 */
export type Room =
  | { is: "free" }
  | { is: "taken" }
  | { is: "full"; of: string; limit: AccountLimit; used: number; max: number; stops: boolean };

export interface Asking {
  actor: string;
  /** The time; ms since 1970. */
  nowMs: number;
  /** The call that asks: what it had reserved before does not stand in its own way. */
  requestId?: string;
  /** What the whole session may use: it stands in no fact. */
  session?: Maxima;
}

export interface Ledger {
  apply(fact: Fact): void;
  /**
   * Whether a call may begin: nothing above its actor is used up with all that is reserved. So what is used never goes beyond
   * a budget by more than one call, as long as calls use no more than they reserve.
   */
  room(asking: Asking): Room;
  /** The budget that an actor began with. */
  budget(path: string): ActorBudget | undefined;
  /** Those that hold for an actor, the nearest first. */
  holders(actor: string): string[];
  /** Every limit of every actor that has one. */
  rows(nowMs: number): BudgetRow[];
  /** The budget that was met by an actor, or by those that use of the same, and not extended since: the nearest. */
  metBy(actor: string): FactData<"budget.exceeded"> | undefined;
}

interface Account {
  parent: string | null;
  budget: ActorBudget | undefined;
  max: Maxima;
  used: Record<SpentLimit, number>;
  reserved: Record<SpentLimit, number>;
  /** How it was met, unless it has been extended since. */
  met: FactData<"budget.exceeded"> | undefined;
}

type SpentLimit = Exclude<AccountLimit, "wall">;
type Spending = Record<SpentLimit, number>;

const limits: readonly AccountLimit[] = ["tokens", "cost", "calls", "wall"];
const nothing: Spending = { tokens: 0, cost: 0, calls: 0 };

export function createLedger(): Ledger {
  const accounts = new Map<string, Account>([
    [sessionAccount, opened(null, undefined)],
    [mainActor, opened(sessionAccount, undefined)],
  ]);
  const reservations = new Map<string, { actor: string; amounts: Spending }>();
  const clock = createWorkClock(above);

  const open = (path: string, parent: string, budget: ActorBudget | undefined): void =>
    void accounts.set(path, opened(parent, budget));

  /** The actor and all above it; one that nobody began is the session's. */
  function above(actor: string): string[] {
    const path: string[] = [];
    for (let at: string | null = accounts.has(actor) ? actor : sessionAccount; at !== null;) {
      path.push(at);
      at = accounts.get(at)?.parent ?? null;
    }
    return path;
  }

  const add = (actor: string, to: "used" | "reserved", amounts: Spending, sign = 1): void => {
    for (const path of above(actor)) {
      const account = accounts.get(path);
      if (account === undefined) continue;
      for (const limit of ["tokens", "calls"] as const) account[to][limit] += sign * amounts[limit];
      account[to].cost = rounded(account[to].cost + sign * amounts.cost);
    }
  };

  /** Gives back what a call reserved; `made`: it was made, whatever came of it. */
  const release = (requestId: string, { made }: { made: boolean }): void => {
    const reservation = reservations.get(requestId);
    if (reservation === undefined) return;
    reservations.delete(requestId);
    add(reservation.actor, "reserved", reservation.amounts, -1);
    if (made) add(reservation.actor, "used", { ...nothing, calls: 1 });
  };
  const releaseAll = (actor?: string): void => {
    for (const [id, reservation] of reservations) {
      if (actor === undefined || reservation.actor === actor) release(id, { made: false });
    }
  };
  const spend = (actor: string, usage: FactData<"model.replied">["usage"]): void => {
    const { input_tokens, output_tokens, cost_usd = 0 } = usage;
    add(actor, "used", { tokens: input_tokens + output_tokens, cost: cost_usd, calls: 0 });
  };

  const apply = (fact: Fact): void => {
    clock.apply(fact);
    const { actor } = fact;
    switch (fact.type) {
      case "agent.started":
      case "team.started":
      case "workflow.started":
        return open(actor, fact.data.parent, fact.data.budget);
      case "mode.started":
        return open(actor, fact.data.parent, fact.data.settings.budget);
      case "model.called": {
        const { request_id, reserved } = fact.data;
        release(request_id, { made: true });
        const amounts = { tokens: reserved?.tokens ?? 0, cost: reserved?.cost_usd ?? 0, calls: 1 };
        reservations.set(request_id, { actor, amounts });
        return add(actor, "reserved", amounts);
      }
      case "model.replied":
        release(fact.data.request_id, { made: true });
        return spend(actor, fact.data.usage);
      case "model.failed":
        return release(fact.data.request_id, { made: true });
      case "context.compacted":
        return fact.data.usage === undefined ? undefined : spend(actor, fact.data.usage);
      // What an earlier daemon asked is asked again, and what an agent asked that is gone never will be answered.
      case "session.owned":
      case "session.forked":
        return releaseAll();
      case "agent.finished":
      case "agent.failed":
      case "agent.stopped":
      case "turn.ended":
        return releaseAll(actor);
      case "budget.exceeded": {
        releaseAll(actor);
        const owner = accounts.get(fact.data.of ?? "");
        if (owner !== undefined) owner.met = fact.data;
        return;
      }
      case "budget.extended":
        return extend(fact.data);
    }
  };

  const extend = ({ of, limit, max }: FactData<"budget.extended">): void => {
    const account = of === undefined ? undefined : accounts.get(of);
    const known = limits.find((one) => one === limit);
    const before = known === undefined ? undefined : account?.max[known];
    // What is without limit gets none by being extended.
    if (account === undefined || known === undefined || before === undefined) return;
    account.max = { ...account.max, [known]: Math.max(max, before) };
    account.met = undefined;
  };

  const rowsOf = (path: string, { max, used, reserved }: Account, nowMs: number): BudgetRow[] =>
    limits.flatMap((limit) => {
      const most = max[limit];
      if (most === undefined) return [];
      const spent = limit === "wall"
        ? { used: clock.worked(path, nowMs), reserved: 0 }
        : { used: used[limit], reserved: reserved[limit] };
      return [{ actor: path, limit, ...spent, max: most }];
    });

  return {
    apply,
    room: ({ actor, nowMs, requestId = "", session = {} }) => {
      const own = reservations.get(requestId)?.amounts ?? nothing;
      const rows = above(actor).flatMap((path) => {
        const account = accounts.get(path);
        if (account === undefined) return [];
        return rowsOf(path, path === sessionAccount ? { ...account, max: session } : account, nowMs);
      });
      const full = rows.find(({ used, max }) => used >= max);
      if (full !== undefined) {
        const { actor: of, limit, used, max } = full;
        const stops = accounts.get(of)?.budget?.on_limit === "stop";
        return { is: "full", of, limit, used, max, stops };
      }
      const taken = rows.some(({ limit, used, reserved, max }) =>
        used + reserved - (limit === "wall" ? 0 : own[limit]) >= max
      );
      return taken ? { is: "taken" } : { is: "free" };
    },
    budget: (path) => accounts.get(path)?.budget,
    holders: (actor) => above(actor).filter((path) => accounts.get(path)?.budget !== undefined),
    rows: (nowMs) => [...accounts].flatMap(([path, account]) => rowsOf(path, account, nowMs)),
    metBy: (actor) => above(actor).map((path) => accounts.get(path)?.met).find((met) => met !== undefined),
  };
}

function opened(parent: string | null, budget: ActorBudget | undefined): Account {
  return {
    parent,
    budget,
    max: {
      ...budget?.tokens === undefined ? {} : { tokens: budget.tokens },
      ...budget?.cost_usd === undefined ? {} : { cost: budget.cost_usd },
      ...budget?.model_calls === undefined ? {} : { calls: budget.model_calls },
      ...budget?.wall_ms === undefined ? {} : { wall: budget.wall_ms },
    },
    used: { ...nothing },
    reserved: { ...nothing },
    met: undefined,
  };
}

/** Sums of many small prices stay what they are: what was reserved and given back leaves nothing. */
function rounded(usd: number): number {
  return Math.round(usd * 1e9) / 1e9;
}
