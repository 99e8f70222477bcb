// Program output without what only a terminal understands: colours, cursor moves, titles, bells.

/** CSI, OSC (ended by BEL or ST), DCS and the like, and two-character escapes. */
const sequence =
  // deno-lint-ignore no-control-regex
  /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]{0,4096}(?:\u0007|\u001b\\)|[PX^_][^\u001b]{0,4096}\u001b\\|[ -/]*[0-~])/g;
// deno-lint-ignore no-control-regex
const control = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/g;
/** An escape sequence, or a CR, that may go on in the next piece. */
// deno-lint-ignore no-control-regex
const unfinished = /(?:\u001b(?:\[[0-?]*[ -/]*|\][^\u0007\u001b]*|[ -/]*)?|\r)$/;
const heldCharsMax = 256;

/** The text with escape sequences and control characters removed; CR LF and a lone CR become a line end. */
export function plainText(text: string): string {
  return text.replace(sequence, "").replace(/\r\n?/g, "\n").replace(control, "");
}

/** Decodes and cleans a stream piece by piece; sequences cut by a piece's end are put together again. */
export function plainStream(emit: (text: string) => void): { push(bytes: Uint8Array): void } {
  const decoder = new TextDecoder();
  let held = "";
  return {
    push(bytes) {
      const text = held + decoder.decode(bytes, { stream: true });
      const cut = text.match(unfinished);
      held = cut && cut[0].length <= heldCharsMax ? cut[0] : "";
      const clean = plainText(text.slice(0, text.length - held.length));
      if (clean !== "") emit(clean);
    },
  };
}
