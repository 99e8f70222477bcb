// The rules in force in a session: those of its folder, of the folder that its worktree was made from, and those that
// were given for it alone.
import type { SessionMeta } from "../../machines/session_meta.ts";
import { noRules, type PermissionRules, type Rule, type RuleAction, type RuleSet } from "./contract.ts";

const source = "given for this session";

type RuledSession = Pick<SessionMeta, "rules" | "workspace" | "worktree">;

/** Never rejects. Whoever works in a worktree has left no rule behind. */
export async function rulesOfSession(
  rules: PermissionRules | null | undefined,
  meta: RuledSession,
): Promise<RuleSet> {
  const here = await rules?.of(meta.workspace) ?? noRules;
  if (meta.worktree === null) return withSessionRules(here, meta);
  const before = await rules?.of(meta.worktree.came_from) ?? noRules;
  return withSessionRules(both(before, here), meta);
}

/** The rules of a folder and those of the session. */
export function withSessionRules(set: RuleSet, { rules }: Pick<SessionMeta, "rules">): RuleSet {
  const own = (["allow", "ask", "deny"] satisfies RuleAction[]).flatMap((action) =>
    rules[action].map((text): Rule => ({ action, text, layer: "session", source }))
  );
  return { ...set, rules: [...set.rules, ...own] };
}

/** Rules of the machine and the user are in both. */
function both(one: RuleSet, other: RuleSet): RuleSet {
  const known = new Set(one.rules.map((rule) => JSON.stringify(rule)));
  return {
    ...one,
    rules: [...one.rules, ...other.rules.filter((rule) => !known.has(JSON.stringify(rule)))],
    problems: [...new Set([...one.problems, ...other.problems])],
  };
}
