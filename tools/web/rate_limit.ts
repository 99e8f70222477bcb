// At most so many requests a minute to one host: a model in a loop is not to become a nuisance to others.
import { Problem } from "../../src/protocol/problem.ts";

export const requestsPerMinuteMax = 10;
const minuteMs = 60_000;
const hostsMax = 1_000;

export interface RateLimit {
  /** Counts one request; a Problem when the host has had its share. */
  spend(host: string): void;
}

export function openRateLimit(now: () => number = Date.now): RateLimit {
  const times = new Map<string, number[]>();
  return {
    spend(host) {
      const recent = (times.get(host) ?? []).filter((time) => time > now() - minuteMs);
      if (recent.length >= requestsPerMinuteMax) {
        const waitMs = (recent[0] ?? now()) + minuteMs - now();
        throw new Problem(
          "too_many_requests",
          `Cannot request "${host}": it was asked ${requestsPerMinuteMax} times in a minute, wait ${
            Math.ceil(waitMs / 1000)
          } s`,
        );
      }
      // Put at the end again, so that the first of the map is the one that was asked the longest ago.
      times.delete(host);
      times.set(host, [...recent, now()]);
      const oldest = times.keys().next();
      if (times.size > hostsMax && !oldest.done) times.delete(oldest.value);
    },
  };
}
