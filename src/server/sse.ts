// Server-sent events: the same facts as the event pages, history and then live, with `id:` = seq.
import { Problem } from "../protocol/problem.ts";
import { toProblem } from "./errors.ts";
import { type Feed, openFeed } from "./feed.ts";
import type { Services } from "./route.ts";

const headers = { "Content-Type": "text/event-stream; charset=utf-8", "X-Accel-Buffering": "no" };
const reconnectMs = 1_000;

/**
 * A stream that the client pulls: one that does not read holds one batch, and after `stallMs` its connection is cut.
 * Rejects with a Problem `bad_request` when `after` lies beyond the end.
 */
export async function eventStream(
  options: { session: string; after: number; services: Services },
): Promise<Response> {
  const { session, after, services } = options;
  const { host, limits, stopping, followers } = services;
  const leave = followers.enter();
  const feed = await openFeed({ host, session, after, limits }).catch((thrown) => {
    leave();
    throw thrown;
  });
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
  return new Response(streamOf(feed, services, close), { headers });
}

/** `close` is called once, whoever ends the stream. */
function streamOf(feed: Feed, services: Services, close: () => void): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let over = false;
  let stalled: ReturnType<typeof setTimeout> | undefined;
  const end = () => {
    if (over) return;
    over = true;
    clearTimeout(stalled);
    close();
  };
  return new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(encoder.encode(`retry: ${reconnectMs}\n\n`)),
    async pull(controller) {
      clearTimeout(stalled);
      const { text, last } = await nextBlock(feed, services);
      // The client may have left during the wait.
      if (over) return;
      controller.enqueue(encoder.encode(text));
      if (last) {
        controller.close();
        return end();
      }
      stalled = setTimeout(() => {
        end();
        controller.error(new Error("the client reads nothing"));
      }, services.limits.stallMs);
    },
    cancel: end,
  });
}

interface Block {
  text: string;
  last: boolean;
}

const ending: Block = { text: ": the stream ends here\n\n", last: true };
const heartbeat: Block = { text: ": still here\n\n", last: false };

/** The next facts, a heartbeat when there are none for a while, or the end. Never rejects. */
async function nextBlock(feed: Feed, { limits, stopping, report }: Services): Promise<Block> {
  try {
    if (stopping.aborted) return ending;
    let items = await feed.next();
    if (items.length === 0 && feed.ended() === null) {
      await feed.wait(limits.heartbeatMs);
      if (stopping.aborted) return ending;
      items = await feed.next();
    }
    if (items.length === 0) return feed.ended() === null ? heartbeat : ending;
    const text = items.map(({ fact }) => `id: ${fact.seq}\ndata: ${JSON.stringify(fact)}\n\n`).join("");
    return { text, last: false };
  } catch (thrown) {
    const problem = toProblem(thrown, report);
    return { text: `event: error\ndata: ${JSON.stringify(problem.toBody())}\n\n`, last: true };
  }
}
