// Dedupe: ids of accepted commands and where they are in the log, bounded; the same id twice is one fact.
export const dedupeMax = 10_000;

export interface Dedupe {
  seqOf(id: string): number | undefined;
  add(id: string, seq: number): void;
  entries(): [string, number][];
}

export function createDedupe(known: Iterable<[string, number]> = []): Dedupe {
  const seqs = new Map<string, number>([...known].slice(-dedupeMax));
  return {
    seqOf: (id) => seqs.get(id),
    add: (id, seq) => {
      seqs.set(id, seq);
      if (seqs.size <= dedupeMax) return;
      for (const oldest of seqs.keys()) {
        seqs.delete(oldest);
        break;
      }
    },
    entries: () => [...seqs],
  };
}
