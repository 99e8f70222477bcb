// What `jamey run` has to say at the end: folded from the events of the turn, as one result object.
import type { EventEnvelope } from "../protocol/facts.ts";
import { factData, mainActor, type TurnOutcome } from "../protocol/facts.ts";
import type { Problem } from "../protocol/problem.ts";
import { type Signal, signalExit } from "./signals.ts";

/** The last line of `stream-json` and the only one of `json`. */
export interface RunResult {
  type: "result";
  subtype: string;
  is_error: boolean;
  result: string;
  session_id: string | null;
  num_turns: number;
  duration_ms: number;
  total_cost_usd: number | null;
  usage: { input_tokens: number; output_tokens: number };
  /** Calls that nobody could be asked about. */
  permission_denials: { call_id: string; name: string }[];
  error?: { code: string; message: string; hint?: string };
}

export interface RunFold {
  fact(event: EventEnvelope): void;
  /** Calls that were denied because nobody was there. */
  denied(call: { call_id: string; name: string }): void;
  /** How the turn ended; undefined while it runs. */
  end(): { outcome: TurnOutcome; error?: { code: string; message: string } | undefined } | undefined;
  result(
    sessionId: string | null,
    durationMs: number,
    why: { signal?: Signal; problem?: Problem },
  ): RunResult;
}

const exitLimit = 53;
const exitAuth = 41;

/** Folds the facts after `messageSeq`; the turn is over with the main agent's next `turn.ended`. */
export function createRunFold(): RunFold & { startAt(messageSeq: number): void } {
  let from = Infinity;
  let ended: ReturnType<RunFold["end"]>;
  let text = "";
  let replies = 0;
  let cost: number | null = null;
  const tokens = { input_tokens: 0, output_tokens: 0 };
  const denials: { call_id: string; name: string }[] = [];

  return {
    startAt: (messageSeq) => from = messageSeq,
    fact(event) {
      if (event.seq < from) return;
      const replied = factData["model.replied"].safeParse(event.data);
      if (event.type === "model.replied" && replied.success) {
        const { usage } = replied.data;
        tokens.input_tokens += usage.input_tokens;
        tokens.output_tokens += usage.output_tokens;
        if (usage.cost_usd !== undefined) cost = (cost ?? 0) + usage.cost_usd;
        if (event.actor === mainActor) {
          replies++;
          text = replied.data.text;
        }
      }
      const end = factData["turn.ended"].safeParse(event.data);
      if (event.type === "turn.ended" && event.actor === mainActor && end.success) ended ??= end.data;
    },
    denied: (call) => void denials.push(call),
    end: () => ended,
    result(sessionId, durationMs, { signal, problem }) {
      const subtype = subtypeOf({ signal, problem, ended, denials: denials.length });
      const error = problem?.toBody().error ?? ended?.error;
      const isError = subtype !== "success";
      return {
        type: "result",
        subtype,
        is_error: isError,
        result: text === "" && isError ? error?.message ?? explain(subtype) : text,
        session_id: sessionId,
        num_turns: replies,
        duration_ms: durationMs,
        total_cost_usd: cost,
        usage: tokens,
        permission_denials: denials,
        ...(error === undefined ? {} : { error }),
      };
    },
  };
}

/** A failed result in words, when nothing more exact is known. */
export function explain(subtype: string): string {
  switch (subtype) {
    case "error_permission_denied":
      return "A tool call was denied: there was nobody to ask; use --permission-mode bypassPermissions or jamey chat";
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
}

function subtypeOf({ signal, problem, ended, denials }: Ending): string {
  if (signal !== undefined) return "error_cancelled";
  if (problem !== undefined) {
    return problem.code === "daemon_not_running" ? "error_daemon_lost" : `error_${problem.code}`;
  }
  if (ended === undefined) return "error_during_execution";
  if (ended.outcome === "limit") return "error_max_turns";
  if (ended.outcome === "cancelled" || ended.outcome === "interrupted") return `error_${ended.outcome}`;
  if (ended.outcome !== "completed") {
    return isAuth(ended.error?.code) ? "error_authentication" : "error_during_execution";
  }
  return denials > 0 ? "error_permission_denied" : "success";
}

/** The exit code that goes with a result. */
export function exitOf(result: RunResult, why: { signal?: Signal; problem?: Problem }): number {
  if (why.signal !== undefined) return signalExit[why.signal];
  if (why.problem !== undefined) return why.problem.exitCode;
  if (result.subtype === "error_max_turns") return exitLimit;
  if (result.subtype === "error_authentication") return exitAuth;
  return result.is_error ? 1 : 0;
}

function isAuth(code: string | undefined): boolean {
  return code === "auth" || code === "provider_auth" || code === "unauthorized";
}
