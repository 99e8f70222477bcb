// What keeps a session from going on, in words: a log that is damaged, one that folds to something else, a bug.
import type { SessionLog } from "../src/log/port.ts";
import { messageOf, Problem } from "../src/protocol/problem.ts";
import type { Folded } from "./fold.ts";

/** Why a log that was opened cannot be written; null when it can. */
export function troubleOf(log: SessionLog, { diverged, damage: met }: Folded): Problem | null {
  const { damage } = log.report;
  const hint = "It can be read and forked up to there, and is never written again";
  if (damage !== null) {
    const where = `segment "${damage.segment}", byte ${damage.offset}`;
    const message =
      `Cannot write to session "${log.sessionId}": record ${damage.seq} is damaged (${damage.reason}) in ${where}`;
    return new Problem("log_damaged", message, { hint });
  }
  if (diverged === null) return met;
  const { seq, expected, found } = diverged;
  const message =
    `Cannot go on with session "${log.sessionId}": record ${seq} folds to ${found}, not to ${expected}`;
  return new Problem("log_damaged", message, { hint });
}

/** What failed under a session: a problem as it is, a bug in words. */
export function cannotGoOn(sessionId: string, thrown: unknown): Problem {
  if (thrown instanceof Problem) return thrown;
  return new Problem("internal", `Cannot go on with session "${sessionId}": ${messageOf(thrown)}`, {
    cause: thrown,
  });
}

export function asProblem(thrown: unknown): Problem {
  return thrown instanceof Problem ? thrown : new Problem("internal", messageOf(thrown), { cause: thrown });
}
