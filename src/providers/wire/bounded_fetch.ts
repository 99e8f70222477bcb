// The fetch that the SDK uses: follows no redirect (the conversation goes to the configured address and nowhere else) and
// reads only the head of an error page, which the SDK would take in whole.
import { readText } from "./bounded_text.ts";

/** Bytes of an error body that are read. */
export const errorBytesMax = 64 * 1024;

/** As global fetch, bounded; the signal also ends the reading of an error body. */
export async function boundedFetch(input: string | URL | Request, init?: RequestInit): Promise<Response> {
  const response = await fetch(input, { ...init, redirect: "manual" });
  if (response.status < 400 || response.body === null) return response;
  // The status says enough when its page breaks off or is a book.
  const { text } = await readText(response.body, errorBytesMax);
  return new Response(text, { status: response.status, headers: response.headers });
}
