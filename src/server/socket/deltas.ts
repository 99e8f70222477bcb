// Deltas for one client: texts in the making, merged while the client is behind, forgotten when the fact that carries
// the whole text is there. Offsets stay exact, so a client always knows what it has.
import type { Fact } from "../../protocol/facts.ts";
import type { DeltaFrame } from "../../protocol/frames.ts";

interface Stream {
  actor: string;
  ofSeq: number;
  /** Everything before this offset was handed out. */
  offset: number;
  held: string;
  /** Something is missing for good: the client gets the text with the final fact. */
  broken: boolean;
}

export interface Deltas {
  add(frame: DeltaFrame): void;
  /** Forgets the streams that a fact ends. Noting a fact twice is harmless. */
  note(fact: Fact): void;
  /** What may be sent to a client that has all facts up to `position`. */
  take(position: number): DeltaFrame[];
  pending(): boolean;
}

/** Holds at most `heldTextCharsMax` characters in at most `deltaStreamsMax` streams. */
export function createDeltas(limits: { heldTextCharsMax: number; deltaStreamsMax: number }): Deltas {
  const streams = new Map<string, Stream>();
  /** Sequences of `call.started` by call, to know which stream a result ends. */
  const started = new Map<string, number>();
  let held = 0;

  const drop = (key: string) => {
    held -= streams.get(key)?.held.length ?? 0;
    streams.delete(key);
  };
  const breakOff = (stream: Stream) => {
    held -= stream.held.length;
    stream.held = "";
    stream.broken = true;
  };
  const open = (frame: DeltaFrame): Stream => {
    const key = keyOf(frame.actor, frame.of_seq);
    const known = streams.get(key);
    if (known !== undefined) return known;
    dropOldest(streams, limits.deltaStreamsMax, drop);
    const { actor, of_seq: ofSeq, offset } = frame;
    const stream = { actor, ofSeq, offset, held: "", broken: false };
    streams.set(key, stream);
    return stream;
  };

  return {
    add(frame) {
      const stream = open(frame);
      if (stream.broken) return;
      const end = stream.offset + stream.held.length;
      const text = frame.text.slice(Math.max(0, end - frame.offset));
      if (frame.offset > end || held + text.length > limits.heldTextCharsMax) return breakOff(stream);
      stream.held += text;
      held += text.length;
    },
    note(fact) {
      if (fact.type === "call.started") {
        dropOldest(started, limits.deltaStreamsMax, (call) => started.delete(call));
        started.set(fact.data.call_id, fact.seq);
      } else if (
        fact.type === "call.finished" || fact.type === "call.failed" || fact.type === "call.interrupted"
      ) {
        drop(keyOf(fact.actor, started.get(fact.data.call_id) ?? 0));
        started.delete(fact.data.call_id);
      } else if (endsAll.has(fact.type)) {
        for (const [key, stream] of streams) {
          if (stream.actor === fact.actor && stream.ofSeq < fact.seq) drop(key);
        }
      }
    },
    take(position) {
      const frames: DeltaFrame[] = [];
      for (const stream of streams.values()) {
        if (stream.held === "" || stream.ofSeq > position) continue;
        const { actor, ofSeq, offset, held: text } = stream;
        frames.push({ type: "delta", actor, of_seq: ofSeq, offset, text });
        stream.offset += text.length;
        stream.held = "";
        held -= text.length;
      }
      return frames;
    },
    pending: () => held > 0,
  };
}

/** An actor thinks or acts, never both: when a model call ends, nothing of that actor is in the making. */
const endsAll: ReadonlySet<string> = new Set(["model.replied", "model.failed", "turn.ended"]);

function keyOf(actor: string, ofSeq: number): string {
  return `${ofSeq} ${actor}`;
}

function dropOldest(map: Map<string, unknown>, sizeMax: number, drop: (key: string) => void): void {
  const oldest = map.keys().next();
  if (map.size >= sizeMax && !oldest.done) drop(oldest.value);
}
