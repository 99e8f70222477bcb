// Waiting on behalf of a request: ends with the work, with the daemon, or at the limit. That the client went away is not
// watched: the runtime's request signal also fires, and warns, when an answer was sent in full.
import { Problem } from "../protocol/problem.ts";
import type { Services } from "./route.ts";

/** Runs `wait` with a signal that ends it; the work waited for goes on in any case. */
export async function withinWait<Result>(
  services: Services,
  wait: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const { stopping, limits, waits } = services;
  const leave = waits.enter();
  const ended = new AbortController();
  const end = () => ended.abort();
  stopping.addEventListener("abort", end);
  const timer = setTimeout(end, limits.waitMs);
  try {
    const aborted = new Promise<never>((_, reject) => {
      const give = () => reject(stopping.aborted ? stoppingProblem() : tooLong(limits.waitMs));
      ended.signal.addEventListener("abort", give);
    });
    if (stopping.aborted) end();
    return await Promise.race([wait(ended.signal), aborted]);
  } finally {
    clearTimeout(timer);
    stopping.removeEventListener("abort", end);
    leave();
  }
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
