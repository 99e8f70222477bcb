// An HTTP endpoint as a tool: each call is one POST to the address in the configuration, and nowhere else.
import { messageOf } from "../../src/protocol/problem.ts";
import type { JsonObject } from "../../src/protocol/json.ts";
import type { Tool, ToolContext, ToolOutcome } from "../contract.ts";
import { plainText } from "../plain_text.ts";
import { answerBytesMax, outcomeOf, outputCharsMax, questionText } from "./answer.ts";
import { keepHead } from "./byte_tail.ts";
import type { ExternalParts } from "./process_tool.ts";
import { looseTool } from "./loose_tool.ts";
import { type HttpToolSettings, timeoutDefaultS } from "./settings.ts";

const errorBytesMax = 8 * 1024;
const limitMarginMs = 5_000;

type Answer = { ok: true; text: string; isCut: boolean } | { ok: false; why: string; isFault: boolean };

export function httpTool(name: string, settings: HttpToolSettings, { breaker }: ExternalParts): Tool {
  const timeoutS = settings.timeoutS ?? timeoutDefaultS;
  const run = async (args: JsonObject, context: ToolContext): Promise<ToolOutcome> => {
    const refusal = breaker.refusal();
    if (refusal !== null) return { status: "failed", error: `Cannot run ${name}: ${refusal}` };
    const late = AbortSignal.timeout(timeoutS * 1000);
    const signal = AbortSignal.any([late, context.signal]);
    const answer = await ask(settings, questionText(name, args, context), signal).catch((thrown): Answer => {
      const why = late.aborted ? `it did not answer within ${timeoutS} s` : messageOf(thrown);
      return { ok: false, why, isFault: true };
    });
    if (context.signal.aborted) return { status: "interrupted", reason: "cancelled" };
    if (answer.ok) return outcomeOf(answer.text, answer.isCut);
    if (answer.isFault) breaker.failed(answer.why);
    return { status: "failed", error: `Cannot finish ${name}: ${answer.why}` };
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

async function ask(
  { url, headers }: HttpToolSettings,
  question: string,
  signal: AbortSignal,
): Promise<Answer> {
  const response = await fetch(url, {
    method: "POST",
    body: question,
    headers: { ...headers, "content-type": "application/json" },
    // Elsewhere nobody has agreed to send headers and arguments.
    redirect: "manual",
    signal,
  });
  const { status } = response;
  if (status >= 300 && status < 400) {
    await response.body?.cancel();
    const why = `it answers with a redirect (${status}), which is not followed: name the final address`;
    return { ok: false, why, isFault: false };
  }
  const { text, isCut } = await readBody(response, response.ok ? answerBytesMax : errorBytesMax);
  if (response.ok) return { ok: true, text, isCut };
  const said = plainText(text).trim();
  return { ok: false, why: `it answers with status ${status}${said && `: ${said}`}`, isFault: status >= 500 };
}

/** What comes after `bytesMax` is not read. */
async function readBody(response: Response, bytesMax: number): Promise<{ text: string; isCut: boolean }> {
  if (response.body === null) return { text: "", isCut: false };
  const kept = keepHead(bytesMax);
  for await (const piece of response.body) {
    kept.push(piece);
    if (kept.total() > bytesMax) break;
  }
  return { text: kept.text(), isCut: kept.total() > bytesMax };
}
