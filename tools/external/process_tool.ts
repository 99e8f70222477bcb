// A program as a tool: it is started for each call, told what is asked on stdin, and answers on stdout.
import type { JsonObject } from "../../src/protocol/json.ts";
import type { Tool, ToolContext, ToolOutcome } from "../contract.ts";
import { cleanEnvironment } from "../environment.ts";
import { plainText } from "../plain_text.ts";
import { answerBytesMax, outcomeOf, outputCharsMax, questionText } from "./answer.ts";
import type { Breaker } from "./breaker.ts";
import { looseTool } from "./loose_tool.ts";
import { type ProgramEnd, runProgram } from "./run_program.ts";
import { type ProcessToolSettings, timeoutDefaultS } from "./settings.ts";

export const stderrBytesMax = 8 * 1024;
/** Over the program's own limit, to end it and all it started. */
const limitMarginMs = 15_000;

export interface ExternalParts {
  breaker: Breaker;
  environment: Readonly<Record<string, string>>;
}

export function processTool(name: string, settings: ProcessToolSettings, parts: ExternalParts): Tool {
  const timeoutS = settings.timeoutS ?? timeoutDefaultS;
  const run = async (args: JsonObject, context: ToolContext): Promise<ToolOutcome> => {
    const refusal = parts.breaker.refusal();
    if (refusal !== null) return { status: "failed", error: `Cannot run ${name}: ${refusal}` };
    const end = await runProgram({
      command: settings.command,
      cwd: context.workspace,
      environment: cleanEnvironment(parts.environment),
      input: questionText(name, args, context),
      timeoutMs: timeoutS * 1000,
      stdoutBytesMax: answerBytesMax,
      stderrBytesMax,
      signal: context.signal,
    });
    return judge(name, end, { timeoutS, breaker: parts.breaker });
  };
  return looseTool({
    name,
    description: settings.description,
    parameters: settings.parameters,
    requiresConfirmation: settings.confirm ?? true,
    limits: { timeoutMs: timeoutS * 1000 + limitMarginMs, outputCharsMax },
    run,
  });
}

function judge(
  name: string,
  end: ProgramEnd,
  { timeoutS, breaker }: { timeoutS: number; breaker: Breaker },
): ToolOutcome {
  const said = plainText(end.stderr).trim();
  const fail = (why: string): ToolOutcome => {
    const error = `Cannot finish ${name}: ${why}${said && `; it said: ${said}`}`;
    return { status: "failed", error, ...(end.stdout === "" ? {} : { output: plainText(end.stdout) }) };
  };
  switch (end.how) {
    case "cancelled":
      return { status: "interrupted", reason: "cancelled", output: plainText(end.stdout) };
    case "not started":
      breaker.failed("it could not be started");
      return fail("it could not be started");
    case "timed out":
      breaker.failed("it took too long");
      return fail(`it ran longer than ${timeoutS} s and was ended`);
    case "exited":
      if (end.code === 0) return outcomeOf(end.stdout, end.stdoutBytes > answerBytesMax);
      // Up to 125 it is the program that says no; above, it could not be run or was killed.
      if (end.code === null || end.code > 125) breaker.failed(`exit code ${end.code}`);
      return fail(`exit code ${end.code}`);
    default:
      return end.how satisfies never;
  }
}
