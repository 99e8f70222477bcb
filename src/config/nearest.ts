// The known word that somebody probably meant.

const distanceMax = 2;
const charsMax = 64;

/** The known word that at most two letters lead to; undefined when none is that near. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  if (word.length > charsMax) return undefined;
  const ranked = known.map((name) => ({ name, away: distance(word, name) })).sort((a, b) => a.away - b.away);
  const [best] = ranked;
  return best !== undefined && best.away <= distanceMax && best.away < word.length ? best.name : undefined;
}

function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (const [i, letter] of [...from].entries()) {
    const next = [i + 1];
    for (let j = 0; j < to.length; j++) {
      const swap = (row[j] ?? 0) + (letter === to[j] ? 0 : 1);
      next.push(Math.min(swap, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
