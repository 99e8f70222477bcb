// The fetch that the SDK uses: follows no redirect (the conversation goes to the configured address and nowhere else) and
// reads only the head of an error page, which the SDK would take in whole.

/** Bytes of an error body that are read. */
export const errorBytesMax = 64 * 1024;

/** As global fetch, bounded; the signal also ends the reading of an error body. */
export async function boundedFetch(input: string | URL | Request, init?: RequestInit): Promise<Response> {
  const response = await fetch(input, { ...init, redirect: "manual" });
  if (response.status < 400 || response.body === null) return response;
  const head = await readHead(response.body);
  return new Response(head, { status: response.status, headers: response.headers });
}

async function readHead(body: ReadableStream<Uint8Array>): Promise<string> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let text = "";
  let read = 0;
  try {
    while (read < errorBytesMax) {
      const { value, done } = await reader.read();
      if (done) return text + decoder.decode();
      text += decoder.decode(value.subarray(0, errorBytesMax - read), { stream: true });
      read += value.length;
    }
    return text;
  } catch {
    // The status says enough when its page breaks off.
    return text;
  } finally {
    reader.cancel().catch(() => {});
  }
}
