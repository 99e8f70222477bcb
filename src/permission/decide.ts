// Permission: the one place that decides whether a call may run, must be asked for, or is refused.
import type { Permission } from "./contract.ts";
import type { PermissionQuestion, Vote } from "./layer.ts";
import { permissionLayers } from "./list.ts";
import { modeOf } from "./mode.ts";

/** Every layer votes, in any order: a refusal beats a firm question, that an allowance, that a question. Pure. */
export function decidePermission(question: PermissionQuestion): Permission {
  const votes = permissionLayers.map((layer) => layer.vote(question));
  const first = (decision: NonNullable<Vote>["decision"]) =>
    votes.find((vote) => vote?.decision === decision)?.because;
  const denied = first("deny");
  if (denied !== undefined) return { decision: "deny", because: denied };
  const firmly = first("must_ask");
  if (firmly !== undefined) return asked(firmly, question);
  const allowed = first("allow");
  if (allowed !== undefined) return { decision: "allow", because: allowed };
  const mildly = first("ask");
  if (mildly !== undefined) return asked(mildly, question);
  return { decision: "allow", because: `"${question.name}" asks nobody by itself` };
}

/** Where nobody is to be asked, what would ask is refused; what a person runs by hand asks that person. */
function asked(because: string, question: PermissionQuestion): Permission {
  if (modeOf(question) !== "dontAsk" || question.by === "user") return { decision: "ask", because };
  return { decision: "deny", because: `the mode "dontAsk" asks nobody, and this would: ${because}` };
}
