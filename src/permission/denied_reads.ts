// Files that a rule refuses to have read: kept from tools that search whole folders as well, like secret ones.
import type { RuleSet } from "./contract.ts";
import { parsedRule } from "./match.ts";
import { matchesPath, type PathPlaces } from "./match_path.ts";
import { wordRule } from "./rules.ts";
import type { SecretPlaces } from "./secret_places.ts";

export function withDeniedReads(
  secrets: SecretPlaces,
  { rules: { rules }, places }: { rules: RuleSet; places: PathPlaces },
): SecretPlaces {
  const denied = rules.flatMap((rule) => {
    const parsed = rule.action === "deny" ? parsedRule(rule) : "";
    if (typeof parsed === "string" || parsed.tool !== "Read" || parsed.specifier === null) return [];
    return [{ rule, specifier: parsed.specifier }];
  });
  if (denied.length === 0) return secrets;
  return {
    ...secrets,
    reasonFor: (real) => {
      const found = denied.find(({ specifier }) =>
        matchesPath(specifier, { given: real, real }, { action: "deny", places })
      );
      return secrets.reasonFor(real) ?? (found === undefined ? null : `${wordRule(found.rule)} refuses it`);
    },
  };
}
