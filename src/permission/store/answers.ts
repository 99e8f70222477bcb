// The rules that the user gave as answers or on the command line: one small file of their own, changed by the daemon only.
import { rename } from "node:fs/promises";
import { z } from "zod";
import { ruleActions } from "../../config/rule_lists.ts";
import { ruleFault } from "../../config/rule_text.ts";
import { messageOf, Problem } from "../../protocol/problem.ts";
import { readSmallFile, replaceFile } from "../../trust/file.ts";
import type { Rule, RuleAction, RuleSet } from "../contract.ts";
import { ruleCharsMax } from "../rule.ts";

export const answersMax = 5_000;
const fileBytesMax = 32 * 1024 * 1024;

const answer = z.object({
  action: z.enum(ruleActions),
  text: z.string().min(1).max(ruleCharsMax),
  /** Absolute, real path of the folder it holds in; null: everywhere. */
  workspace: z.string().nullable(),
  given_at: z.string(),
});
type Answer = z.infer<typeof answer>;
const fileShape = z.object({ version: z.literal(1), rules: z.array(answer).max(answersMax) });

export interface GivenRule {
  action: RuleAction;
  text: string;
  workspace: string | null;
}

export interface Answers {
  /** Those for this folder and for all. Synchronous and in memory. */
  of(workspace: string): RuleSet;
  /** Durable when it resolves; the same rule twice is one. Throws a Problem `bad_request` for what is no rule. */
  add(rule: GivenRule): Promise<void>;
  /** False when there is no such rule. */
  remove(rule: GivenRule): Promise<boolean>;
}

/** Opens the file, which need not exist yet. One that makes no sense is set aside, and said until the next start. */
export async function openAnswers(path: string, report: (line: string) => void): Promise<Answers> {
  const loaded = await load(path, report);
  let { answers } = loaded;
  let writing: Promise<void> = Promise.resolve();
  /** One change after the other: each is on disk before it counts, and one that fails changes nothing. */
  const change = (next: (now: readonly Answer[]) => readonly Answer[]): Promise<boolean> => {
    const done = writing.then(async () => {
      const changed = next(answers);
      if (changed === answers) return false;
      await replaceFile(path, JSON.stringify({ version: 1, rules: changed }, null, 1));
      answers = changed;
      return true;
    });
    writing = done.then(() => {}, () => {});
    return done;
  };
  return {
    of: (workspace) => ({
      rules: answers.filter((one) => one.workspace === null || one.workspace === workspace)
        .map((one) => ruleOf(one, path)),
      problems: loaded.problems,
    }),
    add: async (rule) => {
      check(rule);
      await change((now) => {
        if (now.some((one) => isSame(one, rule))) return now;
        if (now.length >= answersMax) throw tooMany();
        const { action, text, workspace } = rule;
        return [...now, { action, text, workspace, given_at: new Date().toISOString() }];
      });
    },
    remove: (rule) =>
      change((now) => {
        const kept = now.filter((one) => !isSame(one, rule));
        return kept.length === now.length ? now : kept;
      }),
  };
}

function ruleOf({ action, text, workspace }: Answer, path: string): Rule {
  return { action, text, layer: "user", source: path, ...(workspace === null ? {} : { workspace }) };
}

function isSame(one: GivenRule, other: GivenRule): boolean {
  return one.action === other.action && one.text === other.text && one.workspace === other.workspace;
}

function check({ text }: GivenRule): void {
  const fault = ruleFault(text);
  if (fault === null) return;
  throw new Problem("bad_request", `Cannot use the rule ${JSON.stringify(text.slice(0, 200))}: ${fault}`, {
    hint:
      'Write it as in: Bash(npm run test:*), Read(./secrets/**), WebFetch(domain:example.com), or "Edit" alone',
  });
}

function tooMany(): Problem {
  return new Problem("limit_reached", `Cannot add the rule: there are ${answersMax} already`, {
    hint: "Take back those that are no longer needed: jamey permissions remove RULE",
  });
}

async function load(
  path: string,
  report: (line: string) => void,
): Promise<{ answers: readonly Answer[]; problems: readonly string[] }> {
  const text = await readSmallFile(path, fileBytesMax);
  if (text === null) return { answers: [], problems: [] };
  try {
    if (text === "too large") throw new Error(`it has more than ${fileBytesMax} bytes`);
    const { rules } = fileShape.parse(JSON.parse(text.content));
    if (text.isPrivate) return { answers: rules, problems: [] };
    // What we write is private: this one may be from elsewhere, such as a data folder that came with a repository.
    const problem = `Cannot use what "${path}" allows: others can read or change the file, remove it or ` +
      `make it yours alone: chmod 600 "${path}"`;
    report(problem);
    return { answers: rules.filter(({ action }) => action !== "allow"), problems: [problem] };
  } catch (thrown) {
    const aside = `${path}.damaged-${Date.now()}`;
    await rename(path, aside);
    const why = thrown instanceof z.ZodError ? "it is not what was written" : messageOf(thrown);
    const problem =
      `Cannot read the rules in "${path}": ${why}, it is kept as "${aside}" and none of them holds`;
    report(problem);
    return { answers: [], problems: [problem] };
  }
}
