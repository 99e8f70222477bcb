// Decides about a shell command by allow and deny rules for Bash, through the same functions as the program.
import { isAllowed, isMeant } from "../../src/permission/match_command.ts";
import { type Analysis, openShell } from "../../src/permission/shell/analyse.ts";

export interface BashRules {
  allow: readonly string[];
  deny: readonly string[];
}

/** What a careful person would write into their settings. */
export const carefulRules: BashRules = {
  allow: [
    "ls:*",
    "cat:*",
    "echo:*",
    "git status",
    "git log:*",
    "git diff:*",
    "rg:*",
    "grep:*",
    "find:*",
    "npm run test:*",
    "sed -n:*",
    "sort:*",
  ],
  deny: ["rm:*", "curl:*"],
};

type Decision = "allow" | "ask" | "deny";

export async function openDecision(rules: BashRules): Promise<(command: string) => Decision> {
  const shell = await openShell();
  return (command) => decideOn(rules, command, shell.analyse(command));
}

export function decideOn({ allow, deny }: BashRules, command: string, analysis: Analysis): Decision {
  const subject = { kind: "command", command, outsideSandbox: false, analysis } as const;
  if (deny.some((specifier) => isMeant(specifier, subject))) return "deny";
  return isAllowed(allow, subject) ? "allow" : "ask";
}

/** Lines of a fixture: controls are written as their pictures, other characters as ⟦U+200B⟧; `#!` begins a title. */
export function readCommands(path: string): { title: string; command: string }[] {
  let title = "";
  return Deno.readTextFileSync(path).split("\n").flatMap((line) => {
    if (line.startsWith("#! ")) title = line.slice(3);
    if (line === "" || line.startsWith("#! ")) return [];
    const command = line.replaceAll("␊", "\n").replaceAll("␍", "\r")
      .replace(/⟦U\+([0-9A-F]+)⟧/g, (_, code: string) => String.fromCodePoint(Number.parseInt(code, 16)));
    return [{ title, command }];
  });
}
