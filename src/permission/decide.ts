// Permission: the one place that decides whether a call may run, must be asked for, or is refused.
import type { PermissionQuestion } from "./layer.ts";
import { permissionLayers } from "./list.ts";

export type Permission = { decision: "allow" } | { decision: "ask" } | { decision: "deny"; reason: string };

/** Every layer votes, in any order: a refusal beats a firm question, that an allowance, that a question. */
export function decidePermission(question: PermissionQuestion): Permission {
  const votes = permissionLayers.map((layer) => layer.vote(question));
  for (const vote of votes) if (vote?.decision === "deny") return vote;
  const has = (decision: string) => votes.some((vote) => vote?.decision === decision);
  if (has("must_ask")) return { decision: "ask" };
  if (has("allow")) return { decision: "allow" };
  return { decision: has("ask") ? "ask" : "allow" };
}
