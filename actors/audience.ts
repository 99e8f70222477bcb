// The audience: who watches a session, and the texts in the making that a newcomer is given first.
import type { Fact } from "../src/protocol/facts.ts";
import type { DeltaFrame, NoticeFrame } from "../src/protocol/frames.ts";
import type { SessionListener } from "./host.ts";

export interface Audience {
  add(listener: SessionListener): { partial: DeltaFrame[]; leave: () => void };
  /** One encoding serves all. */
  show(fact: Fact): void;
  delta(frame: Omit<DeltaFrame, "type">): void;
  notice(frame: Omit<NoticeFrame, "type">): void;
  /** The text that belongs to this fact is complete and logged. */
  endText(ofSeq: number): void;
  /** Tells everybody that there is nothing more to see here. */
  dismiss(reason: string): void;
  readonly size: number;
}

export function createAudience(): Audience {
  const listeners = new Set<SessionListener>();
  const partial = new Map<number, DeltaFrame>();
  return {
    add: (listener) => {
      listeners.add(listener);
      return { partial: [...partial.values()], leave: () => void listeners.delete(listener) };
    },
    show: (fact) => {
      if (listeners.size === 0) return;
      const encoded = JSON.stringify({ type: "event", event: fact });
      for (const listener of listeners) listener.event(fact, encoded);
    },
    delta: ({ actor, of_seq, offset, text }) => {
      const frame: DeltaFrame = { type: "delta", actor, of_seq, offset, text };
      const known = partial.get(of_seq);
      partial.set(of_seq, known === undefined ? frame : { ...known, text: known.text + text });
      for (const listener of listeners) listener.delta(frame);
    },
    notice: ({ actor, of_seq, text }) => {
      for (const listener of listeners) listener.notice?.({ type: "notice", actor, of_seq, text });
    },
    endText: (ofSeq) => void partial.delete(ofSeq),
    dismiss: (reason) => {
      for (const listener of listeners) listener.closed(reason);
      listeners.clear();
      partial.clear();
    },
    get size() {
      return listeners.size;
    },
  };
}
