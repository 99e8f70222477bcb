// Keeps the end, or the start, of a stream of bytes and forgets the rest: a flood costs time, not memory.

export interface ByteKeeper {
  push(bytes: Uint8Array): void;
  text(): string;
  /** How many bytes there were in all. */
  total(): number;
}

/** The last `bytesMax` bytes. */
export function keepTail(bytesMax: number): ByteKeeper {
  const ring = new Uint8Array(bytesMax);
  let total = 0;
  return {
    push(bytes) {
      const last = bytes.subarray(Math.max(0, bytes.length - bytesMax));
      total += bytes.length - last.length;
      const at = total % bytesMax;
      const room = bytesMax - at;
      ring.set(last.subarray(0, room), at);
      ring.set(last.subarray(room), 0);
      total += last.length;
    },
    text() {
      const decoder = new TextDecoder();
      if (total <= bytesMax) return decoder.decode(ring.subarray(0, total));
      const at = total % bytesMax;
      return decoder.decode(ring.subarray(at), { stream: true }) + decoder.decode(ring.subarray(0, at));
    },
    total: () => total,
  };
}

/** The first `bytesMax` bytes. */
export function keepHead(bytesMax: number): ByteKeeper {
  const pieces: Uint8Array[] = [];
  let kept = 0;
  let total = 0;
  return {
    push(bytes) {
      total += bytes.length;
      if (kept >= bytesMax) return;
      const piece = bytes.slice(0, bytesMax - kept);
      pieces.push(piece);
      kept += piece.length;
    },
    text() {
      const decoder = new TextDecoder();
      return pieces.map((piece) => decoder.decode(piece, { stream: true })).join("") + decoder.decode();
    },
    total: () => total,
  };
}
