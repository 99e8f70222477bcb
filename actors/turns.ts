// Turns: work that is done one after the other for each key, in the order in which it came.

export interface Turns {
  /** Runs `work` when everything before it of the same key has ended, well or not. */
  take(key: string, work: () => Promise<void>): Promise<void>;
}

export function createTurns(): Turns {
  const last = new Map<string, Promise<void>>();
  return {
    take: (key, work) => {
      const before = last.get(key) ?? Promise.resolve();
      const mine = before.catch(() => {}).then(work);
      last.set(key, mine);
      const leave = () => {
        if (last.get(key) === mine) last.delete(key);
      };
      mine.then(leave, leave);
      return mine;
    },
  };
}
