// Who a command comes from: whoever holds the token is the user, and the program says by itself which one it is.

/** Recorded in facts as `by`. */
export const user = "user";

/** How a client names itself: `jamey-chat/0.1.0 (process 4711)`. */
export const clientHeader = "jamey-client";
const clientCharsMax = 120;

/** One line of plain characters, or nothing: it is shown to people, and proves nothing. */
export function clientOf(headers: Headers): string | undefined {
  const given = headers.get(clientHeader) ?? headers.get("user-agent") ?? "";
  const plain = given.slice(0, clientCharsMax * 4).replace(/[^\x21-\x7e]+/g, " ").trim();
  return plain === "" ? undefined : plain.slice(0, clientCharsMax);
}
