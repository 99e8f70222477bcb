// Waiting on behalf of a request: ends with the work, with the client, with the daemon, or at the limit.
import { Problem } from "../protocol/problem.ts";
import type { Services } from "./route.ts";

/** Runs `wait` with a signal that ends it; the work waited for goes on in any case. */
export async function withinWait<Result>(
  request: Request,
  services: Services,
  wait: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const { stopping, limits } = services;
  const { signal } = request;
  const ended = new AbortController();
  const end = () => ended.abort();
  // By hand, since a listener that stays on the signal of a request is called when its answer was sent.
  signal.addEventListener("abort", end);
  stopping.addEventListener("abort", end);
  const timer = setTimeout(end, limits.waitMs);
  if (signal.aborted || stopping.aborted) end();
  try {
    const aborted = new Promise<never>((_, reject) => {
      ended.signal.addEventListener("abort", () => reject(endOfWait(stopping, limits.waitMs)));
      if (ended.signal.aborted) reject(endOfWait(stopping, limits.waitMs));
    });
    return await Promise.race([wait(ended.signal), aborted]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", end);
    stopping.removeEventListener("abort", end);
  }
}

function endOfWait(stopping: AbortSignal, waitMs: number): Problem {
  return stopping.aborted ? stoppingProblem() : tooLong(waitMs);
}

function stoppingProblem(): Problem {
  return new Problem("shutting_down", "Cannot wait for the end: the daemon is stopping", {
    hint: "What was accepted is on disk; work goes on when the daemon starts again",
  });
}

function tooLong(ms: number): Problem {
  return new Problem("unavailable", `Cannot wait longer: not finished after ${ms} ms`, {
    hint: "The work goes on; follow it with GET /sessions/:id/events",
  });
}
