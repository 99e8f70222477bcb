// What `jamey permissions` does: lists rules, explains a decision, and adds and removes rules of the user's own.
import { basename } from "node:path";
import type { Client } from "../client/client.ts";
import { ruleFault } from "../config/rule_text.ts";
import { type JsonObject, jsonObject } from "../protocol/json.ts";
import { permissionMode } from "../protocol/permission_mode.ts";
import type { ExplainBody, RuleView } from "../protocol/permission_views.ts";
import { Problem } from "../protocol/problem.ts";
import { sayAwaiting, sayRuleProblems } from "./awaiting_trust.ts";
import type { Context, Input } from "./command.ts";
import { neutralLine, shortLine } from "./neutral.ts";
import { workspaceOf } from "./new.ts";
import { explanationLines, permissionLines } from "./permission_text.ts";

const shownMax = 300;
/** Where the daemon keeps the rules that are given here. */
const answersFile = "permissions.json";

type Action = (context: Context, input: Input, words: readonly string[]) => Promise<number>;

const actions: Readonly<Record<string, Action>> = {
  list,
  explain,
  allow: (context, input, words) => add(context, input, { action: "allow", words }),
  ask: (context, input, words) => add(context, input, { action: "ask", words }),
  deny: (context, input, words) => add(context, input, { action: "deny", words }),
  remove,
};

/** Does what the first word says; without one it lists. */
export async function runPermissions(context: Context, input: Input): Promise<number> {
  const [name = "list", ...words] = input.args;
  const action = Object.hasOwn(actions, name) ? actions[name] : undefined;
  if (action !== undefined) {
    onlyOwnOptions(input, name);
    return await action(context, input, words);
  }
  throw usage(name, `the action is one of ${Object.keys(actions).join(", ")}`);
}

/** An option that does nothing would be taken for one that did. */
function onlyOwnOptions(input: Input, name: string): void {
  const isExplain = name === "explain";
  const isRule = name !== "list" && !isExplain;
  if (!isRule && input.flag("everywhere")) {
    throw usage(name, "--everywhere belongs to allow, ask, deny and remove");
  }
  const foreign = ["tool", "args", "mode"].find((option) => !isExplain && input.text(option) !== undefined);
  if (foreign !== undefined) throw usage(name, `--${foreign} belongs to explain`);
}

async function list(context: Context, input: Input, words: readonly string[]): Promise<number> {
  only("list", words, 0);
  const { terminal, json } = context;
  const client = await context.clientOrStart();
  const view = await client.permissions(whereOf(input));
  if (json) {
    terminal.json(view);
    return 0;
  }
  for (const line of permissionLines(view, terminal.colours)) terminal.line(line);
  if (view.rules.length === 0) {
    terminal.talk("There are no rules; add one as in: jamey permissions allow 'Bash(npm run test:*)'");
  }
  await sayAwaiting({ terminal, client }, view.workspace);
  return 0;
}

async function explain(context: Context, input: Input, words: readonly string[]): Promise<number> {
  only("explain", words, 1);
  const [command] = words;
  const tool = input.text("tool");
  const given = input.text("args");
  if ((command === undefined) === (tool === undefined) || command?.trim() === "") {
    throw usage(
      "explain",
      command?.trim() === "" ? "the command is empty" : "it takes either a command or --tool",
      "jamey permissions explain 'git push origin main'",
    );
  }
  if (given !== undefined && tool === undefined) throw usage("explain", "--args belongs to --tool");
  const { session, workspace } = whereOf(input);
  const mode = modeOf(input);
  const body: ExplainBody = {
    ...(command === undefined ? {} : { command }),
    ...(tool === undefined ? {} : { tool, args: argsOf(given) }),
    ...(session === undefined ? {} : { session_id: session }),
    ...(workspace === undefined ? {} : { workspace }),
    ...(mode === undefined ? {} : { permission_mode: mode }),
  };
  const client = await context.clientOrStart();
  const answer = await client.explain(body);
  if (context.json) context.terminal.json(answer);
  else for (const line of explanationLines(answer, context.terminal.colours)) context.terminal.line(line);
  // A session's folder is the daemon's to know, and its list says them.
  if (workspace !== undefined) await sayRuleProblems({ terminal: context.terminal, client }, workspace);
  return 0;
}

async function add(
  context: Context,
  input: Input,
  { action, words }: { action: "allow" | "ask" | "deny"; words: readonly string[] },
): Promise<number> {
  const rule = ruleOf(action, words);
  const workspace = folderOf(input, action);
  const client = await context.clientOrStart();
  await client.addRule({ action, rule, workspace });
  if (context.json) context.terminal.json({ action, rule, workspace });
  else context.terminal.talk(`From now on: ${action} ${shown(rule)} ${placeText(workspace)}`);
  await sayUnknownTool(context, client, { rule, workspace });
  return 0;
}

/** Tools come and go with servers and settings, so it is no error; but a mistyped refusal refuses nothing. */
async function sayUnknownTool(
  { terminal }: Context,
  client: Client,
  { rule, workspace }: { rule: string; workspace: string | null },
): Promise<void> {
  const [name = ""] = rule.split("(");
  if (name === "*" || name.startsWith("mcp__")) return;
  const known = await client.tools(workspace ?? undefined).catch(() => undefined);
  if (known === undefined || known.tools.some((tool) => tool.name === name)) return;
  terminal.warn(terminal.talkColours.yellow(
    `There is no tool ${shown(name)} now: until there is one, the rule is about nothing (see: jamey tools)`,
  ));
}

/** Of whatever action: a person who takes a rule back knows its text. */
async function remove(context: Context, input: Input, words: readonly string[]): Promise<number> {
  const rule = ruleOf("remove", words);
  const workspace = folderOf(input, "remove");
  const client = await context.clientOrStart();
  const given = await givenRules(client, rule, workspace ?? workspaceOf(undefined));
  const here = given.filter((one) =>
    one.text === rule && isAnswer(one) && (one.workspace ?? null) === workspace
  );
  if (here.length === 0) throw unknownRule(rule, workspace, given[0]);
  for (const { action } of here) await client.removeRule({ action, rule, workspace });
  if (context.json) context.terminal.json({ rule, workspace, removed: here.length });
  else context.terminal.talk(`Removed: ${here.map(({ action }) => action).join(", ")} ${shown(rule)}`);
  return 0;
}

async function givenRules(client: Client, text: string, workspace: string) {
  const { rules } = await client.permissions({ workspace });
  const same = rules.filter((rule) => rule.text === text);
  // What "always" adds says behind the brackets where it holds.
  return same.length > 0 ? same : rules.filter((rule) => rule.text.startsWith(`${text} [`));
}

/** Given here or as an answer, not written into a file of settings. */
function isAnswer({ layer, source }: RuleView): boolean {
  return layer === "user" && basename(source) === answersFile;
}

function unknownRule(rule: string, workspace: string | null, other: RuleView | undefined): Problem {
  return new Problem(
    "not_found",
    `Cannot remove ${shown(rule)}: you gave no such rule ${placeText(workspace)}`,
    {
      hint: whereElse(rule, other),
    },
  );
}

function whereElse(rule: string, other: RuleView | undefined): string {
  if (other === undefined) return "See all rules with: jamey permissions";
  if (other.text !== rule) return `Name all of it: jamey permissions remove '${neutralLine(other.text)}'`;
  if (!isAnswer(other)) return `It stands in "${neutralLine(other.source)}": remove it there`;
  return other.workspace === undefined
    ? "It holds everywhere: add --everywhere"
    : "It holds in this folder only: leave out --everywhere";
}

function ruleOf(action: string, words: readonly string[]): string {
  only(action, words, 1);
  const text = words[0]?.trim() ?? "";
  if (text === "") {
    throw usage(action, "the rule is missing", `jamey permissions ${action} 'Bash(npm run test:*)'`);
  }
  const fault = action === "remove" ? null : ruleFault(text);
  if (fault === null) return text;
  throw usage(
    action,
    `${shown(text)} is no rule: ${fault}`,
    `jamey permissions ${action} 'Bash(npm run test:*)'`,
  );
}

/** The shell takes quotes away and shares words out: what came in pieces is not what was meant. */
function only(action: string, words: readonly string[], most: number): void {
  if (words.length <= most) return;
  const joined = neutralLine(words.join(" "));
  // Words of a rule that make none together would be refused again.
  const isUsable = action === "explain" || action === "remove" || ruleFault(joined) === null;
  const hint = most === 0
    ? undefined
    : `jamey permissions ${action} '${isUsable ? joined : "Bash(npm run test:*)"}'`;
  throw usage(
    action,
    most === 0 ? "it takes no words" : "more than one word came in, put it all between quotes",
    hint,
  );
}

function whereOf(input: Input): { session?: string; workspace?: string } {
  const session = input.text("session");
  if (session !== undefined) return { session };
  return { workspace: workspaceOf(input.text("workspace")) };
}

/** Null: everywhere. */
function folderOf(input: Input, action: string): string | null {
  const named = input.text("workspace");
  if (input.text("session") !== undefined) {
    throw usage(
      action,
      "a rule is for a folder or for all, not for a session",
      "jamey run --allowed-tools RULE",
    );
  }
  if (!input.flag("everywhere")) return workspaceOf(named);
  if (named === undefined) return null;
  throw usage(action, "give either --everywhere or --workspace");
}

function modeOf(input: Input) {
  const parsed = permissionMode.optional().safeParse(input.text("mode"));
  if (parsed.success) return parsed.data;
  throw usage("explain", `"--mode" is none of ${permissionMode.options.join(", ")}`);
}

function argsOf(text: string | undefined): JsonObject {
  try {
    const parsed = jsonObject.safeParse(JSON.parse(text ?? "{}"));
    if (parsed.success) return parsed.data;
  } catch {
    // Said below.
  }
  throw usage(
    "explain",
    '"--args" is no JSON object',
    `jamey permissions explain --tool Edit --args '{"file_path":"a.ts"}'`,
  );
}

function placeText(workspace: string | null): string {
  return workspace === null ? "everywhere" : `in ${neutralLine(workspace)}`;
}

function shown(rule: string): string {
  return `"${shortLine(rule, shownMax)}"`;
}

function usage(action: string, why: string, example?: string): Problem {
  return new Problem("usage", `Cannot run "jamey permissions ${shortLine(action, 60)}": ${why}`, {
    hint: example === undefined ? "See: jamey permissions --help" : `Write it as in: ${example}`,
  });
}
