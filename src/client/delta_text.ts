// Puts text in the making together: deltas may repeat after a reconnection, and the final fact carries all of it again.
import type { DeltaFrame } from "../protocol/frames.ts";

export interface DeltaText {
  /** Call for each `model.called`: deltas of requests that were not announced are left to the final fact. */
  started(requestId: string, seq: number): void;
  /** The part of this delta that was not given before; empty when all of it was. */
  fresh(delta: DeltaFrame): string;
  /** The part of the final text that was not given before. */
  rest(requestId: string, finalText: string): string;
}

/** More requests than this are never in the making at the same time in one session. */
const openRequestsMax = 1000;

/** Keeps, for each model request, how far its text was given; offsets count UTF-16 code units. */
export function createDeltaText(): DeltaText {
  const seqs = new Map<string, number>();
  const given = new Map<number, number>();

  return {
    started(requestId, seq) {
      if (seqs.size >= openRequestsMax) {
        seqs.clear();
        given.clear();
      }
      seqs.set(requestId, seq);
      given.set(seq, 0);
    },
    fresh({ of_seq: seq, offset, text }) {
      const length = given.get(seq);
      // A hole means that deltas were dropped: the rest comes with the final fact, in order.
      if (length === undefined || offset > length) return "";
      const part = text.slice(length - offset);
      given.set(seq, length + part.length);
      return part;
    },
    rest(requestId, finalText) {
      const seq = seqs.get(requestId);
      seqs.delete(requestId);
      if (seq === undefined) return finalText;
      const length = given.get(seq) ?? 0;
      given.delete(seq);
      return finalText.slice(length);
    },
  };
}
