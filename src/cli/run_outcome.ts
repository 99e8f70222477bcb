// What `jamey run` has to say at the end: folded from the events of the turn, as one result object.
import { type EventEnvelope, factData, mainActor, type PermissionMode } from "../protocol/facts.ts";
import type { TurnOutcome, Usage } from "../protocol/facts.ts";
import type { Problem } from "../protocol/problem.ts";
import { planTool } from "./approvals.ts";
import { neutralLine } from "./neutral.ts";
import { type Signal, signalExit } from "./signals.ts";
import { limitText } from "./work_text.ts";

/** The last line of `stream-json` and the only one of `json`. */
export interface RunResult {
  type: "result";
  subtype: string;
  is_error: boolean;
  result: string;
  session_id: string | null;
  /** Model calls of the main agent. */
  num_turns: number;
  duration_ms: number;
  /** Money and tokens of the whole turn, sub-agents and summaries with it. */
  total_cost_usd: number | null;
  usage: Omit<Usage, "cost_usd">;
  /** Calls that nobody could be asked about. */
  permission_denials: { call_id: string; name: string }[];
  /** The plan that was handed in; it stands in `result`, too. */
  plan?: string;
  error?: { code: string; message: string; hint?: string };
}

export interface RunFold {
  /** Called before the first fact. */
  begin(mode: PermissionMode): void;
  /** The turn that counts is that of the message with this number. */
  startAt(messageSeq: number): void;
  fact(event: EventEnvelope): void;
  /** Calls that were denied because nobody was there. */
  denied(call: { call_id: string; name: string }): void;
  /** How the turn ended; undefined while it runs. */
  end(): { outcome: TurnOutcome; error?: { code: string; message: string } | undefined } | undefined;
  result(sessionId: string | null, durationMs: number, why: Why): RunResult;
}

interface Why {
  signal?: Signal;
  problem?: Problem;
}

const exitLimit = 53;
const exitAuth = 41;
const exitLater = 75;

/** Folds the facts after `messageSeq`; the turn is over with the main agent's next `turn.ended`. */
export function createRunFold(): RunFold {
  let from = Infinity;
  let mode: PermissionMode = "default";
  let ended: ReturnType<RunFold["end"]>;
  let text = "";
  let plan: string | undefined;
  /** Limits that were met and not extended, by the agent that met them; the main agent's counts first. */
  const met = new Map<string, string>();
  let replies = 0;
  const used: Usage = { input_tokens: 0, output_tokens: 0 };
  const denials: { call_id: string; name: string }[] = [];

  /** What only the main agent's facts say. */
  function mainFact({ type, data }: EventEnvelope): void {
    const [replied, end] = [read("model.replied", type, data), read("turn.ended", type, data)];
    const proposed = read("call.proposed", type, data);
    if (replied !== undefined) {
      replies++;
      text = replied.text;
    }
    if (proposed?.name === planTool && typeof proposed.args === "object") {
      plan = typeof proposed.args["plan"] === "string" ? proposed.args["plan"] : plan;
    }
    ended ??= end;
  }

  /** The main agent of a mode calls no model: what the others found together is its answer. */
  function modeFact({ type, data }: EventEnvelope): void {
    const end = read("mode.finished", type, data);
    if (end === undefined) return;
    if (end.text !== "") text = end.text;
    if (end.outcome === "limit") met.set(mainActor, neutralLine(end.reason));
  }

  function limitFact({ type, data, actor }: EventEnvelope): void {
    const exceeded = read("budget.exceeded", type, data);
    if (exceeded !== undefined) met.set(actor, limitText(exceeded));
    // It goes on after all.
    if (type === "budget.extended" || type === "model.called") met.delete(actor);
  }

  return {
    begin: (given) => void (mode = given),
    startAt: (messageSeq) => void (from = messageSeq),
    fact(event) {
      if (event.seq < from) return;
      const { type, data, actor } = event;
      add(used, read("model.replied", type, data)?.usage ?? read("context.compacted", type, data)?.usage);
      // In this mode the daemon itself refuses what would ask: for whoever started the run it is the same.
      const refused = mode === "dontAsk" ? read("call.denied", type, data) : undefined;
      if (refused?.by === "policy") denials.push({ call_id: refused.call_id, name: refused.name });
      limitFact(event);
      modeFact(event);
      if (actor === mainActor) mainFact(event);
    },
    denied: (call) => void denials.push(call),
    end: () => ended,
    result(sessionId, durationMs, { signal, problem }) {
      // A plan is what a run in plan mode is for: that nobody accepts it is its good end.
      const refused = denials.filter(({ name }) => mode !== "plan" || name !== planTool).length;
      const subtype = subtypeOf({ signal, problem, ended, denials: refused, isCut: met.size > 0 });
      const limit = limitReason(ended?.outcome === "limit" ? met.get(mainActor) : undefined, met);
      const stopped = signal && stoppedError(signal, { sessionId, sent: from !== Infinity, ended });
      const error = stopped ?? problem?.toBody().error ?? ended?.error ?? limitError(subtype, limit);
      const isError = subtype !== "success";
      const { cost_usd, ...usage } = used;
      const answer = [plan ?? "", text].filter((part) => part.trim() !== "").join("\n\n");
      return {
        type: "result",
        subtype,
        is_error: isError,
        result: answer === "" && isError ? error?.message ?? explain(subtype) : answer,
        session_id: sessionId,
        num_turns: replies,
        duration_ms: durationMs,
        total_cost_usd: cost_usd ?? null,
        usage,
        permission_denials: denials,
        ...(plan === undefined ? {} : { plan }),
        ...(error === undefined ? {} : { error }),
      };
    },
  };
}

interface Stopped {
  sessionId: string | null;
  /** The message has reached the daemon. */
  sent: boolean;
  ended: ReturnType<RunFold["end"]>;
}

/** What became of the turn when a signal ended the run. */
function stoppedError(signal: Signal, { sessionId, sent, ended }: Stopped): RunResult["error"] {
  const code = "cancelled";
  if (!sent) return { code, message: `Stopped by ${signal} before the message was sent` };
  const how = ended?.outcome === "cancelled" ? "the turn was cancelled" : "the turn had ended";
  if (ended !== undefined) return { code, message: `Stopped by ${signal}: ${how}` };
  const message = `Stopped by ${signal} without waiting for the end of the turn`;
  return { code, message, hint: `Look whether it still runs, and end it, with: jamey cancel ${sessionId}` };
}

/** The turn's own limit, or those that ended somebody below it. */
function limitReason(own: string | undefined, met: ReadonlyMap<string, string>): string | undefined {
  if (own !== undefined) return `The turn was ended at a limit: ${own}`;
  const [first] = met;
  if (first === undefined) return undefined;
  const [actor, text] = first;
  const more = met.size > 1 ? ` (and ${met.size - 1} more)` : "";
  return `${neutralLine(actor)} was ended at a limit: ${text}${more}`;
}

function limitError(subtype: string, message: string | undefined) {
  if (subtype !== "error_max_turns" || message === undefined) return undefined;
  return { code: "limit_reached", message };
}

type Read = keyof typeof factData;

/** The data when the event is of this type and has its shape. */
function read<T extends Read>(wanted: T, type: string, data: unknown) {
  if (type !== wanted) return undefined;
  const parsed = factData[wanted].safeParse(data);
  // What the schema of this type read is of this type; the table's union hides it.
  return parsed.success ? parsed.data as ReturnType<(typeof factData)[T]["parse"]> : undefined;
}

const counted = [
  "input_tokens",
  "output_tokens",
  "cache_read_tokens",
  "cache_write_tokens",
  "cost_usd",
] as const;

/** What nobody reported stays unknown instead of zero. */
function add(total: Usage, more: Usage | undefined): void {
  for (const name of counted) {
    const value = more?.[name];
    if (value !== undefined) total[name] = (total[name] ?? 0) + value;
  }
}

/** A failed result in words, when nothing more exact is known. */
export function explain(subtype: string): string {
  switch (subtype) {
    case "error_permission_denied":
      return "A tool call was denied: there was nobody to ask; allow it with --allowed-tools, let commands run in the sandbox with --permission-mode auto, or use jamey chat";
    case "error_max_turns":
      return "The turn was ended: it reached its limit of model calls";
    case "error_cancelled":
      return "The turn was cancelled";
    default:
      return `The turn did not complete: ${subtype.replace(/^error_/, "").replaceAll("_", " ")}`;
  }
}

interface Ending {
  signal: Signal | undefined;
  problem: Problem | undefined;
  ended: ReturnType<RunFold["end"]>;
  denials: number;
  /** An agent below the main one was ended at a limit. */
  isCut: boolean;
}

function subtypeOf({ signal, problem, ended, denials, isCut }: Ending): string {
  if (signal !== undefined) return "error_cancelled";
  if (problem !== undefined) {
    return problem.code === "daemon_not_running" ? "error_daemon_lost" : `error_${problem.code}`;
  }
  if (ended === undefined) return "error_during_execution";
  if (ended.outcome === "limit") return "error_max_turns";
  if (ended.outcome === "cancelled" || ended.outcome === "interrupted") return `error_${ended.outcome}`;
  if (ended.outcome !== "completed") return failures[ended.error?.code ?? ""] ?? "error_during_execution";
  if (isCut) return "error_max_turns";
  return denials > 0 ? "error_permission_denied" : "success";
}

/** What a model call failed with, for the causes that a script can do something about. */
const failures: { readonly [code: string]: string } = {
  auth: "error_authentication",
  context_overflow: "error_context_overflow",
  rate_limited: "error_rate_limited",
  unavailable: "error_unavailable",
};

const exits: { readonly [subtype: string]: number } = {
  success: 0,
  error_max_turns: exitLimit,
  error_authentication: exitAuth,
  error_rate_limited: exitLater,
  error_unavailable: exitLater,
};

/** The exit code that goes with a result. */
export function exitOf(result: RunResult, why: Why): number {
  if (why.signal !== undefined) return signalExit[why.signal];
  return why.problem?.exitCode ?? exits[result.subtype] ?? 1;
}
