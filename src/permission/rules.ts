// The rules of the managed, user, folder and session layers. All count alike: a refusal of any beats all else.
import type { Rule } from "./contract.ts";
import type { PermissionLayer, PermissionQuestion, Vote } from "./layer.ts";
import {
  areAllowing,
  isMeantBy,
  mayCoverAlone,
  parsedRule,
  type RelevantRule,
  relevantRules,
} from "./match.ts";
import { isMentioned } from "./match_command.ts";
import { namedPath } from "./named_paths.ts";

export const rulesLayer: PermissionLayer = {
  name: "rules",
  vote: (question) => {
    if (question.rules.rules.length === 0) return null;
    const relevant = relevantRules(question);
    const of = (action: Rule["action"]) => relevant.filter(({ rule }) => rule.action === action);
    const denying = of("deny").find((rule) => isMeantBy(rule, question));
    if (denying !== undefined) return { decision: "deny", because: `${wordRule(denying.rule)} refuses it` };
    const asking = of("ask").find((rule) => isMeantBy(rule, question));
    if (asking !== undefined) {
      return { decision: "must_ask", because: `${wordRule(asking.rule)} asks about it` };
    }
    return unsure(relevant, question) ?? allowance(of("allow"), question);
  },
};

/** `the user's rule "Bash(npm test)" (runtime.toml:12)`. */
export function wordRule({ text, layer, source, action }: Rule): string {
  return `the ${layer} rule ${action} "${shortened(text)}" (${source})`;
}

const shownChars = 200;
function shortened(text: string): string {
  return text.length <= shownChars ? text : `${text.slice(0, shownChars).toWellFormed()}...`;
}

/** A refusal or a question that may be meant, and cannot be told: a person looks at it, in every mode. */
function unsure(relevant: readonly RelevantRule[], question: PermissionQuestion): Vote {
  const ask = (because: string): Vote => ({ decision: "must_ask", because });
  for (const rule of question.rules.rules) {
    const problem = rule.action === "allow" ? null : parsedRule(rule);
    if (typeof problem === "string" && mayBeAbout(rule.text, question.name)) {
      return ask(`${wordRule(rule)} is about it and cannot be read`);
    }
  }
  for (const subject of question.subjects) {
    if (subject.kind !== "command") continue;
    const { doubt } = subject.analysis;
    const hidden = relevant.find(({ rule, parsed }) =>
      rule.action !== "allow" && isMentioned(parsed.specifier, subject)
    );
    if (hidden !== undefined) {
      return ask(`${wordRule(hidden.rule)} may be meant, and it cannot be told: ${doubt}`);
    }
    const named = namedPath(subject, question);
    if (named !== null) return ask(`it names "${named.path}", which ${wordRule(named.rule)} is about`);
  }
  return null;
}

/** A rule that nobody can read is about the tool it begins with, or about every one. */
function mayBeAbout(text: string, tool: string): boolean {
  const name = /^\s*([A-Za-z_][\w-]*)/.exec(text)?.[1]?.toLowerCase();
  return name === undefined || tool.toLowerCase().startsWith(name);
}

function allowance(allowing: readonly RelevantRule[], question: PermissionQuestion): Vote {
  const [first] = allowing;
  if (first === undefined) return null;
  if (areAllowing(allowing, question)) {
    const alone = allowing.find((rule) => mayCoverAlone(rule, question) && areAllowing([rule], question));
    const because = alone === undefined
      ? `several rules allow its parts, ${wordRule(first.rule)} among them`
      : `${wordRule(alone.rule)} allows it`;
    return { decision: "allow", because };
  }
  const doubt = question.subjects.find((subject) => subject.kind === "command")?.analysis.doubt ?? null;
  if (!question.requiresConfirmation) return null;
  // A rule of exactly this text, or without brackets, could.
  const why = doubt === null ? "" : `, and it cannot be allowed by its parts: ${doubt}`;
  return { decision: "ask", because: `no rule allows all of it${why}` };
}
