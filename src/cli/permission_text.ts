// Permissions in words: the rules in force as a table, and a decision with the parts of the command it is about. All
// foreign text is neutral.
import type { Explanation, PermissionsView, RuleView, SandboxView } from "../protocol/permission_views.ts";
import { neutralLine, shortLine } from "./neutral.ts";
import { tableLines } from "./table.ts";
import type { Colours } from "./terminal.ts";

const ruleCharsMax = 100;
const partCharsMax = 200;
/** In the order in which they are heard. */
const actions = ["deny", "ask", "allow"] as const;

type Decision = Explanation["decision"];

/** Mode, sandbox, rules, standing answers and problems. */
export function permissionLines(view: PermissionsView, colours: Colours): string[] {
  const { bold, dim, red, yellow } = colours;
  const { permission_mode: mode, workspace, session_id, granted, refused, problems } = view;
  const head = [
    `${dim("folder ")} ${neutralLine(workspace)}`,
    ...session_id === undefined ? [] : [`${dim("session")} ${neutralLine(session_id)}`],
    `${dim("mode   ")} ${mode === "bypassPermissions" ? red(mode) : bold(mode)}`,
    `${dim("sandbox")} ${sandboxText(view.sandbox, colours)}`,
  ];
  const answers = [
    ...granted.map((grant) => `${tinted("allow", colours)} ${neutralLine(grant)} ${dim("in this session")}`),
    ...refused.map((grant) => `${tinted("deny", colours)} ${neutralLine(grant)} ${dim("in this session")}`),
  ];
  return [
    ...head,
    ...view.rules.length === 0 ? [] : ["", ...ruleTable(view.rules, colours)],
    ...answers.length === 0 ? [] : ["", ...answers],
    ...problems.length === 0 ? [] : ["", ...problems.map((problem) => yellow(neutralLine(problem)))],
  ];
}

function ruleTable(rules: readonly RuleView[], colours: Colours): string[] {
  const sorted = actions.flatMap((action) => rules.filter((rule) => rule.action === action));
  const rows = sorted.map(({ action, text, layer, source, workspace }) => [
    action,
    shortLine(text, ruleCharsMax),
    layer === "folder" || workspace !== undefined
      ? "this folder"
      : layer === "session"
      ? "session"
      : "everywhere",
    layer,
    neutralLine(source),
  ]);
  const tint = (cell: string, { row, column }: { row: number; column: number }) => {
    const action = sorted[row]?.action;
    return column === 0 && action !== undefined ? tinted(action, colours, cell) : cell;
  };
  return tableLines(["RULE", "", "HOLDS", "LAYER", "FROM"], rows, { colours, tint });
}

function sandboxText({ status, kind, reason }: SandboxView, { green, yellow }: Colours): string {
  const words = [status, ...kind === undefined ? [] : [`(${neutralLine(kind)})`]].join(" ");
  const shown = status === "works" ? green(words) : yellow(words);
  return reason === undefined ? shown : `${shown}: ${neutralLine(reason)}`;
}

/** The decision, then each part of a command, then the rules that speak of the tool. */
export function explanationLines(answer: Explanation, colours: Colours): string[] {
  const { bold, dim } = colours;
  const { decision, because, tool, permission_mode, confinement, parts, rules, rule } = answer;
  const how = confinement === null
    ? ""
    : confinement === "sandboxed"
    ? ", in the sandbox"
    : ", outside the sandbox";
  const partRows = parts.map((
    part,
  ) => [part.decision, shortLine(part.text, partCharsMax), neutralLine(part.because)]);
  const ruleRows = rules.map((one) => [
    one.applies ? "applies" : "does not",
    one.action,
    shortLine(one.text, ruleCharsMax),
    `${one.layer}, ${neutralLine(one.source)}`,
  ]);
  const tint = (cell: string, { row, column }: { row: number; column: number }) => {
    const part = parts[row];
    return column === 0 && part !== undefined ? tinted(part.decision, colours, cell) : cell;
  };
  return [
    `${tinted(decision, colours, bold(decision))}: ${neutralLine(because)}`,
    dim(`${neutralLine(tool)}, mode ${permission_mode}${how}`),
    ...parts.length < 2 ? [] : ["", ...tableLines(["PART", "", "WHY"], partRows, { colours, tint })],
    ...rules.length === 0 ? [] : ["", ...tableLines(["RULES", "", "", "FROM"], ruleRows, { colours })],
    ...rule === null ? [] : ["", `The answer "always" would add: ${neutralLine(rule)}`],
  ];
}

function tinted(decision: Decision, { green, yellow, red }: Colours, text: string = decision): string {
  switch (decision) {
    case "allow":
      return green(text);
    case "ask":
      return yellow(text);
    case "deny":
      return red(text);
  }
}
