// Cuts a text into the pieces in which an answer without a model is streamed.

/** Characters of one piece of streamed text. */
const pieceChars = 24;
/** A long text comes in larger pieces, so that no answer has more than this many. */
export const piecesMax = 2_000;

/** Cuts by code points, so that no piece holds half a character. */
export function* piecesOf(text: string): Iterable<string> {
  const size = Math.max(pieceChars, Math.ceil(text.length / piecesMax));
  let piece = "";
  for (const character of text) {
    piece += character;
    if (piece.length < size) continue;
    yield piece;
    piece = "";
  }
  if (piece !== "") yield piece;
}
