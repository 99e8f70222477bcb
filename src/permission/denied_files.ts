// Files that a rule refuses: kept from the tool that opens them as well, like secret ones. So a search over the folder above
// shows nothing of them, and a link that changes after the decision leads to none.
import type { RuleSet } from "./contract.ts";
import { parsedRule } from "./match.ts";
import { matchesPath, type PathPlaces } from "./match_path.ts";
import { wordRule } from "./rules.ts";
import type { SecretPlaces } from "./secret_places.ts";
import { isAbout, specifierKind } from "./specifier.ts";

export function withDeniedFiles(
  secrets: SecretPlaces,
  { tool, rules: { rules }, places }: { tool: string; rules: RuleSet; places: PathPlaces },
): SecretPlaces {
  const denied = rules.flatMap((rule) => {
    const parsed = rule.action === "deny" ? parsedRule(rule) : "";
    if (typeof parsed === "string" || parsed.specifier === null) return [];
    const { specifier } = parsed;
    // What may not be read is not looked at for a change either.
    const isMeant = isAbout(parsed.tool, tool) || parsed.tool === "Read";
    return isMeant && specifierKind(parsed.tool, specifier) === "path" ? [{ rule, specifier }] : [];
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
