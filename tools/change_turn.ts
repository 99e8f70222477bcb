// Changes of one file take turns: calls of one model answer run at the same time, and between the last look at a file and
// its replacement nobody else of this program may come.

const lastTurns = new Map<string, Promise<unknown>>();

/** Runs `work` after all earlier work for the same path has ended, well or not. */
export async function inTurn<Result>(path: string, work: () => Promise<Result>): Promise<Result> {
  const before = lastTurns.get(path);
  const turn = before === undefined ? work() : before.then(work, work);
  lastTurns.set(path, turn);
  try {
    return await turn;
  } finally {
    if (lastTurns.get(path) === turn) lastTurns.delete(path);
  }
}
