// What the end of a hook means: exit codes and JSON answers as most agents have them. An answer can only tighten.
import { z } from "zod";
import type { JsonValue } from "../protocol/json.ts";
import type { HookEvent } from "../protocol/work_facts.ts";
import { type HookRun, isGate } from "./contract.ts";

export const contextCharsMax = 10_000;
export const reasonCharsMax = 2_000;

/** How a program ended: what `runProgram` in tools/external gives. */
export interface HookEnd {
  how: "exited" | "timed out" | "cancelled" | "not started";
  code: number | null;
  stdout: string;
  /** More than the length of `stdout` when it was cut. */
  stdoutBytes: number;
  stderr: string;
}

type Verdict = Pick<HookRun, "outcome" | "reason" | "context">;

const text = z.string().optional().catch(undefined);
const answerShape = z.object({
  continue: z.boolean().optional().catch(undefined),
  stopReason: text,
  decision: text,
  reason: text,
  additionalContext: text,
  hookSpecificOutput: z.object({
    permissionDecision: text,
    permissionDecisionReason: text,
    additionalContext: text,
  }).optional().catch(undefined),
});

const canBlock: readonly HookEvent[] = [
  "PreToolUse",
  "PostToolUse",
  "UserPromptSubmit",
  "Stop",
  "SubagentStop",
  "PreCompact",
];
/** Plain output of these is meant for the model. */
const speaks: readonly HookEvent[] = ["UserPromptSubmit", "SessionStart"];

/** The verdict of one hook. */
export function judge(event: HookEvent, name: string, end: HookEnd, timeoutS: number): Verdict {
  const objection = isGate(event) ? "blocked" : "failed";
  switch (end.how) {
    case "timed out":
      return {
        outcome: "timed_out",
        reason: `Cannot wait for hook "${name}": it ran longer than ${timeoutS} s`,
      };
    case "cancelled":
      return { outcome: objection, reason: `Cannot finish hook "${name}": cancelled` };
    case "not started":
      return {
        outcome: objection,
        reason: cut(`Cannot run hook "${name}": ${end.stderr.trim()}`, reasonCharsMax),
      };
    case "exited":
      return judgeExit(event, name, end);
    default:
      return end.how satisfies never;
  }
}

function judgeExit(event: HookEvent, name: string, end: HookEnd): Verdict {
  const said = cut(end.stderr.trim(), reasonCharsMax);
  if (end.code === 0) return judgeAnswer(event, name, end);
  if (end.code === 2 && canBlock.includes(event)) {
    return { outcome: "blocked", reason: said || `hook "${name}" objects` };
  }
  // What a shell says about a command that is not there, or that it may not run: nobody looked at the call.
  const notRun = end.code === 126 || end.code === 127;
  const reason = cut(
    `Cannot use hook "${name}": exit code ${end.code}${said && `, ${said}`}`,
    reasonCharsMax,
  );
  return { outcome: notRun && isGate(event) ? "blocked" : "failed", reason };
}

function judgeAnswer(event: HookEvent, name: string, end: HookEnd): Verdict {
  const plain = end.stdout.trim();
  if (!plain.startsWith("{")) {
    return { outcome: "passed", ...(speaks.includes(event) ? contextOf(plain) : {}) };
  }
  const json = parseJson(plain);
  const parsed = answerShape.safeParse(json);
  if (!parsed.success) {
    const reason =
      `Cannot read the answer of hook "${name}": it is not whole JSON, of ${end.stdoutBytes} bytes`;
    return { outcome: isGate(event) ? "blocked" : "failed", reason };
  }
  return judgeJson(event, name, parsed.data);
}

function judgeJson(event: HookEvent, name: string, answer: z.infer<typeof answerShape>): Verdict {
  const specific = answer.hookSpecificOutput;
  const context = contextOf(specific?.additionalContext ?? answer.additionalContext);
  const reason = specific?.permissionDecisionReason ?? answer.reason ?? answer.stopReason;
  const words = cut(reason ?? `hook "${name}" objects`, reasonCharsMax);
  const decisions = [answer.decision, specific?.permissionDecision];
  const objects = decisions.includes("block") || decisions.includes("deny") || answer.continue === false;
  if (objects) return { outcome: "blocked", reason: words, ...context };
  if (decisions.includes("ask") && event === "PreToolUse") {
    return { outcome: "asked", reason: words, ...context };
  }
  // "allow" and "approve" say no more than that this hook does not mind.
  return { outcome: "passed", ...context };
}

function contextOf(words: string | undefined): { context?: string } {
  return words === undefined || words === "" ? {} : { context: cut(words, contextCharsMax) };
}

function cut(words: string, charsMax: number): string {
  return words.length <= charsMax ? words : `${words.slice(0, charsMax)} [cut]`;
}

function parseJson(words: string): JsonValue | undefined {
  try {
    return JSON.parse(words);
  } catch {
    return undefined;
  }
}
