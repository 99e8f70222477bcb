// Makes a tool from its definition: argument checks in words, the time limit, the output limit, outcomes for
// everything thrown, and the recovery default of the effect class.
import { z } from "zod";
import type { ToolSpec } from "../src/protocol/conversation.ts";
import { type JsonObject, jsonObject, type JsonValue } from "../src/protocol/json.ts";
import type { PreparedCall, Tool, ToolCall, ToolContext, ToolDefinition, ToolOutcome } from "./contract.ts";
import { cutMiddle } from "./cut.ts";
import { failureOf } from "./failure.ts";
import { visible } from "./visible.ts";
import { wordArgumentErrors } from "./argument_errors.ts";

/** How long a tool may take to wind down after its time limit or a cancel, before it is given up. */
export const windDownMs = 10_000;

/** See `DefineTool` in contract.ts. A tool that ignores its signal is given up after `windDownMs`. */
export function defineTool<Args>(definition: ToolDefinition<Args>): Tool {
  if (!definition.run === !definition.prepare) {
    throw new Error(`tool "${definition.name}" needs either run or prepare`);
  }
  // Made when it is first asked for: at the start of the daemon nobody does, and it takes as long as all the rest.
  let spec: ToolSpec | undefined;
  const specOf = () => spec ??= specFrom(definition);
  return {
    name: definition.name,
    description: definition.description,
    effect: definition.effect,
    requiresConfirmation: definition.requires_confirmation !== false,
    alwaysAsks: definition.always_asks ?? false,
    audience: definition.audience ?? "all",
    limits: definition.limits,
    get spec() {
      return specOf();
    },
    parse: (args) => parseArgs(definition, args, () => specOf().parameters),
  };
}

function specFrom<Args>({ name, description, parameters }: ToolDefinition<Args>): ToolSpec {
  const { $schema: _, ...schema } = jsonObject.parse(z.toJSONSchema(parameters, { io: "input" }));
  return { name, description, parameters: schema };
}

function parseArgs<Args>(
  definition: ToolDefinition<Args>,
  args: JsonObject | string,
  schema: () => JsonObject,
): ReturnType<Tool["parse"]> {
  if (typeof args === "string") {
    const error =
      `Cannot run ${definition.name}: the arguments are not a JSON object, send one object of named arguments`;
    return { ok: false, error };
  }
  const parsed = definition.parameters.safeParse(args);
  if (parsed.success) return { ok: true, call: bindCall(definition, parsed.data) };
  return { ok: false, error: wordArgumentErrors(definition.name, parsed.error.issues, args, schema()) };
}

function bindCall<Args>(definition: ToolDefinition<Args>, args: Args): ToolCall {
  return {
    prompt: definition.prompt?.(args) ?? `${definition.name} ${visible(JSON.stringify(args, null, 2))}`,
    grant: definition.grant?.(args) ?? definition.name,
    requiresConfirmation: typeof definition.requires_confirmation === "function"
      ? definition.requires_confirmation(args)
      : definition.requires_confirmation,
    subjects: definition.subjects?.(args) ?? [],
    refusal: (session) => definition.refuse?.(args, session) ?? null,
    allowedInPlan: (context) => isAllowedInPlan(definition, args, context),
    prepare: (context) => prepareCall(definition, args, context),
    recover: (evidence, context) => recoverCall(definition, args, evidence, context),
  };
}

function isAllowedInPlan<Args>(
  { allowed_in_plan: allowed, effect }: ToolDefinition<Args>,
  args: Args,
  context: { planFile: string; workspace: string },
): boolean {
  return typeof allowed === "function" ? allowed(args, context) : allowed ?? effect === "pure";
}

async function prepareCall<Args>(
  definition: ToolDefinition<Args>,
  args: Args,
  context: ToolContext,
): Promise<PreparedCall | ToolOutcome> {
  const limit = startLimit(definition, context);
  let preparing: Promise<PreparedCall | ToolOutcome> | undefined;
  const ready = await limit.during((inner) => preparing = prepareEither(definition, args, inner));
  if ("status" in ready) {
    preparing?.then(letGoLate, () => {});
    return capOutput(ready, definition.limits.outputCharsMax);
  }
  const spend = once(definition.name);
  return {
    evidence: ready.evidence,
    run: async () => {
      spend();
      return capOutput(await limit.during(() => ready.run()), definition.limits.outputCharsMax);
    },
    abandon: async () => {
      spend();
      await ready.abandon();
    },
  };
}

/** A preparation that was given up may still become ready: then nobody else would let it go. */
async function letGoLate(late: PreparedCall | ToolOutcome): Promise<void> {
  if (!("status" in late)) await late.abandon().catch(() => {});
}

async function prepareEither<Args>(
  definition: ToolDefinition<Args>,
  args: Args,
  context: ToolContext,
): Promise<PreparedCall | ToolOutcome> {
  const { prepare, run } = definition;
  if (prepare) return await prepare(args, context);
  if (!run) throw new Error(`tool "${definition.name}" has no run`);
  return { evidence: null, run: () => run(args, context), abandon: () => Promise.resolve() };
}

async function recoverCall<Args>(
  definition: ToolDefinition<Args>,
  args: Args,
  evidence: JsonValue,
  context: ToolContext,
): Promise<ToolOutcome | "again"> {
  const recover = definition.recover;
  if (!recover) return definition.effect === "unsafe" ? unknownEnd : "again";
  const outcome = await startLimit(definition, context).during((inner) => recover(args, evidence, inner));
  return outcome === "again" ? outcome : capOutput(outcome, definition.limits.outputCharsMax);
}

const unknownEnd: ToolOutcome = {
  status: "interrupted",
  reason: "the runtime stopped while this ran: it may or may not have completed, and is not run again",
};

interface Limit {
  /** Runs `work` with the clock on; whatever it throws becomes an outcome. */
  during<Result>(work: (context: ToolContext) => Promise<Result>): Promise<Result | ToolOutcome>;
}

/** One limit for one call: its signal aborts when the caller's does, or when a `during` takes too long. */
function startLimit<Args>(definition: ToolDefinition<Args>, context: ToolContext): Limit {
  const overtime = new AbortController();
  const signal = AbortSignal.any([context.signal, overtime.signal]);
  const inner = { ...context, signal };
  return {
    async during(work) {
      const timer = setTimeout(() => overtime.abort(), definition.limits.timeoutMs);
      const patience = losePatience(signal);
      try {
        const result = await Promise.race([work(inner), patience.lost]);
        return result === gaveUp ? stopped(definition, context) : result;
      } catch (thrown) {
        return signal.aborted ? stopped(definition, context) : failureOf(definition.name, thrown);
      } finally {
        clearTimeout(timer);
        patience.end();
      }
    },
  };
}

const gaveUp = Symbol("gave up");

/** Resolves `windDownMs` after the abort, unless ended before. */
function losePatience(signal: AbortSignal): { lost: Promise<typeof gaveUp>; end(): void } {
  const { promise, resolve } = Promise.withResolvers<typeof gaveUp>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const start = () => timer = setTimeout(() => resolve(gaveUp), windDownMs);
  signal.addEventListener("abort", start, { once: true });
  if (signal.aborted) start();
  return {
    lost: promise,
    end() {
      clearTimeout(timer);
      signal.removeEventListener("abort", start);
    },
  };
}

function stopped<Args>(definition: ToolDefinition<Args>, context: ToolContext): ToolOutcome {
  if (context.signal.aborted) return { status: "interrupted", reason: "cancelled" };
  return {
    status: "failed",
    error: `Cannot finish ${definition.name}: it ran longer than ${definition.limits.timeoutMs} ms`,
  };
}

function capOutput(outcome: ToolOutcome, charsMax: number): ToolOutcome {
  if (outcome.output === undefined) return outcome;
  const { text, cut } = cutMiddle(outcome.output, charsMax);
  if (!cut) return outcome;
  return outcome.status === "finished"
    ? { ...outcome, output: text, truncated: true }
    : { ...outcome, output: text };
}

/** A prepared call is used up by its first `run` or `abandon`; a second one is a bug of the caller. */
function once(toolName: string): () => void {
  let spent = false;
  return () => {
    if (spent) throw new Error(`a prepared call of "${toolName}" was used twice`);
    spent = true;
  };
}
