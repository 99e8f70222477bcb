// A budget as people and models write it: minutes, where facts have milliseconds.
import { z } from "zod";
import type { ActorBudget } from "./agent_facts.ts";

const minuteMs = 60_000;

export const writtenBudget = z.strictObject({
  tokens: z.number().int().positive().optional(),
  cost_usd: z.number().positive().optional(),
  wall_minutes: z.number().positive().max(1_000_000).optional(),
  model_calls: z.number().int().positive().optional(),
  on_limit: z.enum(["ask", "stop"]).optional(),
});
export type WrittenBudget = z.infer<typeof writtenBudget>;

export function budgetOf({ wall_minutes, ...rest }: WrittenBudget): ActorBudget {
  return wall_minutes === undefined ? rest : { ...rest, wall_ms: Math.ceil(wall_minutes * minuteMs) };
}

/** Both hold: of each limit the smaller one. */
export function tighterBudget(a: ActorBudget, b: ActorBudget): ActorBudget {
  const tighter: ActorBudget = { ...b, ...a };
  for (const limit of ["tokens", "cost_usd", "wall_ms", "model_calls"] as const) {
    const most = Math.min(a[limit] ?? Infinity, b[limit] ?? Infinity);
    if (most !== Infinity) tighter[limit] = most;
  }
  if (a.on_limit === "stop" || b.on_limit === "stop") tighter.on_limit = "stop";
  return tighter;
}
