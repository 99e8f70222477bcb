// Cuts a stream of bytes into lines, each of a bounded size.

export interface LineSplitter {
  /** The lines that are whole now. Throws when a line grows beyond the limit. */
  push(bytes: Uint8Array): string[];
}

const newline = 10;

export function splitLines(lineBytesMax: number): LineSplitter {
  let pieces: Uint8Array[] = [];
  let held = 0;
  const hold = (piece: Uint8Array) => {
    held += piece.length;
    if (held > lineBytesMax) throw new Error(`a line has more than ${lineBytesMax} bytes`);
    pieces.push(piece);
  };
  const take = () => {
    const decoder = new TextDecoder();
    const line = pieces.map((piece) => decoder.decode(piece, { stream: true })).join("") + decoder.decode();
    pieces = [];
    held = 0;
    return line.replace(/\r$/, "");
  };
  return {
    push(bytes) {
      const lines: string[] = [];
      let from = 0;
      for (let at = bytes.indexOf(newline); at !== -1; at = bytes.indexOf(newline, from)) {
        hold(bytes.subarray(from, at));
        lines.push(take());
        from = at + 1;
      }
      if (from < bytes.length) hold(bytes.slice(from));
      return lines;
    },
  };
}
