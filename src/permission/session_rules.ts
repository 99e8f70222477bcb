// The rules that were given for one session only, beside those of its folder and its user.
import type { SessionMeta } from "../../machines/session_meta.ts";
import type { Rule, RuleAction, RuleSet } from "./contract.ts";

const source = "given for this session";

/** The rules in force in a session, from those of its folder. */
export function withSessionRules(set: RuleSet, { rules }: Pick<SessionMeta, "rules">): RuleSet {
  const own = (action: RuleAction, texts: readonly string[]) =>
    texts.map((text): Rule => ({ action, text, layer: "session", source }));
  return { ...set, rules: [...set.rules, ...own("allow", rules.allow), ...own("deny", rules.deny)] };
}
