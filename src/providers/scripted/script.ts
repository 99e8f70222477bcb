// Explicit scripts: a message that says step by step what the scripted provider is to answer.
// So any scenario can be played through the public interface, without a model.
import { z } from "zod";
import { callArgs } from "../../protocol/facts.ts";
import { type Answer, say, type Turn } from "./turn.ts";

/** The most steps of one script. */
export const scriptStepsMax = 1_000;
/** The most calls of one step. */
export const stepCallsMax = 64;
/** The longest wait before each piece of a step's text. */
export const stepDelayMsMax = 60_000;

const step = z.strictObject({
  text: z.string().optional(),
  calls: z.array(z.strictObject({ name: z.string().min(1).max(128), args: callArgs.default({}) }))
    .max(stepCallsMax).optional(),
  delay_ms: z.number().int().min(0).max(stepDelayMsMax).optional(),
});
type Step = z.infer<typeof step>;
const script = z.array(step).min(1).max(scriptStepsMax);

/** The source of the script in a message: a fenced block or the whole message, opened by `script:`; else null. */
export function findScript(prompt: string): string | null {
  const fenced = /```(?:[a-z]*[ \t]*\r?\n\s*)?script:([\s\S]*?)```/.exec(prompt);
  if (fenced !== null) return fenced[1] ?? "";
  const whole = /^\s*script:([\s\S]*)$/.exec(prompt);
  return whole === null ? null : whole[1] ?? "";
}

/** Step `k` after `k` rounds of tool calls; a script that cannot be read is answered with what is wrong. */
export function followScript(source: string, turn: Turn): Answer {
  const parsed = parseScript(source);
  if (typeof parsed === "string") return say(parsed);
  const current = parsed[turn.rounds.length];
  if (current === undefined) {
    const calls = turn.rounds.flat();
    const failed = calls.filter((call) => call.isError).length;
    return say(`The script is done: ${parsed.length} steps, ${calls.length} tool calls, ${failed} failed.`);
  }
  return {
    text: current.text ?? "",
    calls: current.calls ?? [],
    ...(current.delay_ms === undefined ? {} : { delayMs: current.delay_ms }),
  };
}

function parseScript(source: string): Step[] | string {
  const json = readJson(source.trim());
  if ("error" in json) return `Cannot play the script: ${json.error}`;
  const parsed = script.safeParse(json.value);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const path = (issue?.path ?? []).join(".");
    return `Cannot play the script: ${path === "" ? "" : `"${path}": `}${issue?.message ?? "wrong shape"}`;
  }
  const early = parsed.data.slice(0, -1).findIndex((one) => (one.calls ?? []).length === 0);
  if (early >= 0) {
    return `Cannot play the script: step ${early} has no calls and would end the turn before the last step`;
  }
  return parsed.data;
}

/** One JSON array over any number of lines, or one step for each line. */
function readJson(source: string): { value: unknown } | { error: string } {
  if (source === "") {
    return { error: 'it is empty, expected [{"text"?, "calls"?: [{"name", "args"}]}, ...]' };
  }
  const whole = tryParse(source);
  if ("value" in whole) return Array.isArray(whole.value) ? whole : { value: [whole.value] };
  if (source.startsWith("[")) return whole;
  const steps: unknown[] = [];
  for (const [index, line] of source.split("\n").entries()) {
    if (line.trim() === "") continue;
    const one = tryParse(line);
    if ("error" in one) return { error: `line ${index + 1}: ${one.error}` };
    steps.push(one.value);
  }
  return { value: steps };
}

function tryParse(text: string): { value: unknown } | { error: string } {
  try {
    return { value: JSON.parse(text) };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}
