// Why a budget ended somebody, as the agent that waited for them reads it.
import type { FactData } from "../src/protocol/facts.ts";
import type { BudgetLimit } from "../src/protocol/work_facts.ts";

const units: Readonly<Record<BudgetLimit, string>> = {
  tokens: "tokens",
  cost: "US dollars",
  wall: "ms of work",
  calls: "model calls",
  steps: "model calls of one turn",
  repeat: "repetitions of one call",
};

export function budgetReason({ limit, used, max, of }: FactData<"budget.exceeded">): string {
  const whose = of === undefined ? "a limit of the session" : `the budget of "${of}"`;
  return `${whose} was reached: it used ${used} of ${max} ${units[limit]}, and was not extended`;
}
