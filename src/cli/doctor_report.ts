// What `jamey doctor` does: makes its checks and prints what they found.
import { messageOf } from "../protocol/problem.ts";
import type { Context, Input } from "./command.ts";
import { checkAgents } from "./doctor_agents.ts";
import { broken, type Check, type Finding } from "./doctor_finding.ts";
import { checkDaemon, checkData, checkDisk, checkPrograms, checkToken } from "./doctor_machine.ts";
import { checkFolder, checkSettings } from "./doctor_settings.ts";
import { checkSandbox } from "./doctor_sandbox.ts";
import { checkTrust } from "./doctor_trust.ts";
import { neutralLine } from "./neutral.ts";

const checks: readonly (readonly [name: string, check: Check])[] = [
  ["config", checkSettings],
  ["folder settings", checkFolder],
  ["data folder", checkData],
  ["token", checkToken],
  ["disk", checkDisk],
  ["daemon", checkDaemon],
  ["trust", checkTrust],
  ["agents", checkAgents],
  ["sandbox", checkSandbox],
  ["programs", checkPrograms],
];

/** Makes all checks, one after the other, and prints what they found. */
export async function runDoctor(context: Context, input: Input): Promise<number> {
  const findings: Finding[] = [];
  for (const [name, check] of checks) {
    // One check that fails must not hide what the others find.
    findings.push(...await check(context, input).catch((thrown) => [broken(name, messageOf(thrown))]));
  }
  const isBroken = findings.some(({ status }) => status === "broken");
  if (context.json) context.terminal.json({ ok: !isBroken, version: context.version, findings });
  else print(context, findings);
  return isBroken ? 1 : 0;
}

function print({ terminal, version }: Context, findings: readonly Finding[]): void {
  const { green, yellow, red, dim } = terminal.colours;
  const paint = { ok: green, missing: dim, warning: yellow, broken: red };
  const width = Math.max(...findings.map(({ check }) => check.length));
  terminal.line(`jamey ${version}`);
  for (const { check, status, message, fix } of findings) {
    terminal.line(`${paint[status](status.padEnd(7))} ${check.padEnd(width)}  ${neutralLine(message)}`);
    if (fix !== undefined) terminal.line(`${" ".repeat(8 + width)}  ${dim(neutralLine(fix))}`);
  }
  const count = (wanted: Finding["status"]) => findings.filter(({ status }) => status === wanted).length;
  terminal.line(`${count("broken")} broken, ${count("warning")} to look at`);
}
