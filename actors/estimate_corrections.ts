// How far estimates of a request's size were wrong, as endpoints showed it: by what they counted, and by what they refused.

/** Bounds of a correction: what goes beyond is a slip of the endpoint rather than a matter of the text. */
export const correctionMin = 0.7;
export const correctionMax = 3;
const keysKept = 1_000;

export interface EstimateCorrections {
  /** What to multiply an estimate with before it is held against `limit`; 1 when nothing is known. */
  of(key: string, limit: number): number;
  /** The endpoint took a request and counted so many tokens. */
  counted(key: string, request: { tokens: number; estimate: number }): void;
  /** The endpoint refused a request of this estimate as too large. */
  refused(key: string, estimate: number): void;
}

interface Seen {
  ratio: number;
  /** The smallest estimate that was refused. */
  refusedAt: number;
}

/** Kept in memory only: a new daemon learns it again. */
export function estimateCorrections(): EstimateCorrections {
  const known = new Map<string, Seen>();
  const of = (key: string): Seen => known.get(key) ?? { ratio: 1, refusedAt: Infinity };
  const keep = (key: string, seen: Seen) => {
    // Whatever was not used for longest is estimated anew.
    const [oldest] = known.keys();
    if (known.size >= keysKept && oldest !== undefined && !known.has(key)) known.delete(oldest);
    known.delete(key);
    known.set(key, seen);
  };
  return {
    of: (key, limit) => {
      const { ratio, refusedAt } = of(key);
      return bounded(Math.max(ratio, limit / refusedAt));
    },
    counted: (key, { tokens, estimate }) => {
      const { ratio, refusedAt } = of(key);
      keep(key, {
        // An endpoint that counts nothing says nothing about the estimate.
        ratio: tokens > 0 ? bounded(tokens / estimate) : ratio,
        // What is taken now was refused for another reason than its size.
        refusedAt: estimate >= refusedAt ? Infinity : refusedAt,
      });
    },
    refused: (key, estimate) => {
      const seen = of(key);
      keep(key, { ...seen, refusedAt: Math.min(seen.refusedAt, estimate) });
    },
  };
}

function bounded(correction: number): number {
  return Math.min(correctionMax, Math.max(correctionMin, correction));
}
