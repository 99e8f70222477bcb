// Reads a body up to a number of bytes and lets go of the rest.

/** `whole` is false when there was more, or when the connection broke. Never rejects. */
export async function readText(
  body: ReadableStream<Uint8Array> | null,
  bytesMax: number,
): Promise<{ text: string; whole: boolean }> {
  if (body === null) return { text: "", whole: true };
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let text = "";
  let read = 0;
  try {
    while (true) {
      const { value, done } = await reader.read();
      if (done) return { text: text + decoder.decode(), whole: true };
      text += decoder.decode(value.subarray(0, bytesMax - read), { stream: true });
      read += value.length;
      if (read > bytesMax) return { text, whole: false };
    }
  } catch {
    return { text, whole: false };
  } finally {
    // Not awaited: a cancel may wait for a connection that says nothing.
    reader.cancel().catch(() => {});
  }
}
