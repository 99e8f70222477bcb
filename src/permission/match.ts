// A rule against a call: which calls it is about, and whether it holds for this one.
import type { Rule } from "./contract.ts";
import type { CommandSubject, JudgedSubject, PermissionQuestion } from "./layer.ts";
import { allowsPart, allowsWhole, isAllowed, isMeant } from "./match_command.ts";
import { matchesHost } from "./match_host.ts";
import { isServerRule, matchesName, matchesServer } from "./match_name.ts";
import { matchesPath } from "./match_path.ts";
import { isProtected, isProtectedIn } from "./protected_places.ts";
import { type ParsedRule, readRule } from "./rule.ts";
import { isConfined } from "./sandbox.ts";
import { isAbout, specifierKind } from "./specifier.ts";

/** A rule that is about the tool of a call. */
export interface RelevantRule {
  rule: Rule;
  parsed: ParsedRule;
}

/** Rules of one file are the same objects from call to call: each is read once. */
const known = new WeakMap<Rule, ParsedRule | string>();

/** The rule, or in words why it cannot be read. */
export function parsedRule(rule: Rule): ParsedRule | string {
  const before = known.get(rule);
  if (before !== undefined) return before;
  const read = readRule(rule.text);
  const parsed = read.ok ? read.rule : read.error;
  known.set(rule, parsed);
  return parsed;
}

/** The rules that speak of this call's tool, whatever stands in their brackets. */
export function relevantRules(question: PermissionQuestion): RelevantRule[] {
  const relevant: RelevantRule[] = [];
  for (const rule of question.rules.rules) {
    const parsed = parsedRule(rule);
    if (typeof parsed !== "string" && speaksOf(parsed, rule, question)) relevant.push({ rule, parsed });
  }
  return relevant;
}

function speaksOf({ tool, specifier }: ParsedRule, { action }: Rule, question: PermissionQuestion): boolean {
  const { name } = question;
  if (isServerRule(tool)) {
    return matchesServer(tool, { tool: name, server: nameOf(question) }, action !== "allow");
  }
  // Two doors to the same web: who closes one means both.
  const isOtherDoor = action !== "allow" && tool === "WebFetch" && specifier !== null && name === "Browser";
  return isAbout(tool, name) || isOtherDoor;
}

/** Whether a refusal or a question of this rule is meant by the call. */
export function isMeantBy({ rule, parsed }: RelevantRule, question: PermissionQuestion): boolean {
  const { tool, specifier } = parsed;
  if (specifier === null) return true;
  if (specifierKind(tool, specifier) === "grant") return isGrant(parsed, question);
  for (const subject of question.subjects) {
    const isMeantHere = subject.kind === "command"
      ? isMeant(specifier, subject)
      : holdsFor(parsed, subject, { action: rule.action, question });
    if (isMeantHere) return true;
  }
  return false;
}

/** Whether these allowing rules together cover all that the call is about. */
export function areAllowing(given: readonly RelevantRule[], question: PermissionQuestion): boolean {
  const rules = given.filter(({ parsed }) => !parsed.confined || isConfined(question));
  if (rules.some(({ parsed }) => parsed.specifier !== null && isGrant(parsed, question))) return true;
  const { subjects } = question;
  if (subjects.length === 0) return rules.some(({ parsed }) => parsed.specifier === null);
  return subjects.every((subject) =>
    subject.kind === "command"
      ? isAllowed(rules.map(({ parsed }) => parsed.specifier), subject)
      : rules.some(({ parsed }) => isSafe(parsed, subject, question) && covers(parsed, subject, question))
  );
}

/** False for a rule that cannot cover the call alone: a quick look, for there are many rules and few are meant. */
export function mayCoverAlone({ parsed }: RelevantRule, question: PermissionQuestion): boolean {
  const { specifier } = parsed;
  const [subject] = question.subjects;
  if (specifier === null || subject?.kind !== "command") return true;
  const [first] = subject.analysis.commands;
  return first === undefined || allowsPart(specifier, first) || allowsWhole(specifier, subject) ||
    isGrant(parsed, question);
}

function covers(parsed: ParsedRule, subject: NotCommand, question: PermissionQuestion): boolean {
  return parsed.specifier === null || holdsFor(parsed, subject, { action: "allow", question });
}

/** A general allowance covers no protected place: the rule must name it. */
function isSafe({ specifier }: ParsedRule, subject: JudgedSubject, question: PermissionQuestion): boolean {
  return !changesProtected(subject, question) || (specifier !== null && isProtected(specifier));
}

/** Whether it changes a file by which something may run later. */
export function changesProtected(subject: JudgedSubject, { places }: PermissionQuestion): boolean {
  if (subject.kind !== "path" || subject.access === "read") return false;
  const { given, real } = subject.path;
  return [given, ...(real === null ? [] : [real])].some((path) => isProtectedIn(path, places.roots));
}

type NotCommand = Exclude<JudgedSubject, CommandSubject>;

function holdsFor(
  { tool, specifier }: ParsedRule,
  subject: NotCommand,
  { action, question }: { action: Rule["action"]; question: PermissionQuestion },
): boolean {
  if (specifier === null) return true;
  const kind = specifierKind(tool, specifier);
  switch (subject.kind) {
    case "path":
      return kind === "path" && matchesPath(specifier, subject.path, { action, places: question.places });
    case "url":
      return kind === "host" && matchesHost(specifier, subject.url);
    case "name":
      return kind === "name" && matchesName(specifier, subject.name, action !== "allow");
  }
}

function isGrant({ tool, specifier }: ParsedRule, { grant, name }: PermissionQuestion): boolean {
  return tool === name && specifierKind(tool, specifier ?? "") === "grant" &&
    grant === `${tool}(${specifier})`;
}

function nameOf({ subjects }: PermissionQuestion): string | null {
  return subjects.find((subject) => subject.kind === "name")?.name ?? null;
}
