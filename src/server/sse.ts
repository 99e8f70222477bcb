// Server-sent events: the same facts as the event pages, history and then live, with `id:` = seq.
import { Problem } from "../protocol/problem.ts";
import { type Feed, openFeed } from "./feed.ts";
import type { Services } from "./route.ts";

const headers = { "Content-Type": "text/event-stream; charset=utf-8", "X-Accel-Buffering": "no" };
const reconnectMs = 1_000;

/** A stream that the client pulls: one that does not read holds at most one batch. */
export async function eventStream(
  options: { session: string; after: number; services: Services },
): Promise<Response> {
  const { session, after, services } = options;
  const { host, limits, stopping, followers, report } = services;
  const leave = followers.enter();
  let feed: Feed;
  try {
    feed = await openFeed({ host, session, after, limits });
  } catch (thrown) {
    leave();
    throw thrown;
  }
  const close = () => {
    stopping.removeEventListener("abort", feed.wake);
    feed.close();
    leave();
  };
  if (after > feed.head) {
    close();
    throw new Problem("bad_request", `Cannot follow after ${after}: the session ends at ${feed.head}`);
  }
  stopping.addEventListener("abort", feed.wake);
  const encoder = new TextEncoder();

  const body = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(encoder.encode(`retry: ${reconnectMs}\n\n`)),
    async pull(controller) {
      try {
        const text = await nextText(feed, services);
        if (text !== null) return controller.enqueue(encoder.encode(text));
        controller.close();
      } catch (thrown) {
        if (!(thrown instanceof Problem)) report(`event stream of ${session}: ${String(thrown)}`);
        controller.error(thrown);
      }
      close();
    },
    cancel: close,
  });
  return new Response(body, { headers });
}

/** The next facts, a heartbeat when there are none for a while, null at the end. */
async function nextText(feed: Feed, { limits, stopping }: Services): Promise<string | null> {
  if (stopping.aborted) return null;
  let items = await feed.next();
  if (items.length === 0) {
    if (feed.ended() !== null) return null;
    await feed.wait(limits.heartbeatMs);
    if (stopping.aborted) return null;
    items = await feed.next();
  }
  if (items.length === 0) return feed.ended() === null ? ": still here\n\n" : null;
  return items.map(({ fact }) => `id: ${fact.seq}\ndata: ${JSON.stringify(fact)}\n\n`).join("");
}
