// A feed: the facts of one session from a position on, first out of the log, then live, each once and in order. The
// reader pulls at its own pace; what it does not take in time is dropped here and read from the log later.
import type { Host, Subscription } from "../../actors/host.ts";
import type { Fact } from "../protocol/facts.ts";
import type { DeltaFrame, NoticeFrame } from "../protocol/frames.ts";
import { Problem } from "../protocol/problem.ts";
import type { ServerLimits } from "./limits.ts";

export interface FeedItem {
  fact: Fact;
  /** The whole `event` frame as JSON. */
  encoded: string;
}

export interface Feed {
  /** Head of the session when the feed was opened: history ends here. */
  readonly head: number;
  readonly epoch: number;
  /** Sequence of the last fact handed out. */
  position(): number;
  /** The next facts; empty when there are none now. Rejects with a Problem when the log cannot be read. */
  next(): Promise<FeedItem[]>;
  /** Resolves when there may be more, when the feed has ended, or after `ms`. */
  wait(ms: number): Promise<void>;
  /** Ends a `wait` early. */
  wake(): void;
  /** Why nothing more will come, or null. */
  ended(): string | null;
  close(): void;
}

export interface FeedOptions {
  host: Host;
  session: string;
  after: number;
  limits: ServerLimits;
  /** Called synchronously as they happen; texts that were in the making before come first, from offset 0. */
  onDelta?: (frame: DeltaFrame) => void;
  onNotice?: (frame: NoticeFrame) => void;
  /** Called synchronously as facts happen, before the reader gets them; not for history. */
  onFact?: (fact: Fact) => void;
}

const earlyDeltasMax = 1_000;
const readFactsFirst = 8;

/** Subscribes first and reads history then, so that no fact falls in between. */
export async function openFeed(options: FeedOptions): Promise<Feed> {
  const { host, session, limits } = options;
  const live = createLiveQueue(limits);
  const read = createReader(options);
  let position = options.after;
  let head = 0;
  let reason: string | null = null;
  let wake = () => {};
  /** What comes while the subscription is being made has to follow the texts that it begins with. */
  let early: DeltaFrame[] | null = [];

  const subscription: Subscription = await host.subscribe(session, {
    event(fact, encoded) {
      head = Math.max(head, fact.seq);
      live.push({ fact, encoded });
      options.onFact?.(fact);
      wake();
    },
    delta(frame) {
      if (early === null) options.onDelta?.(frame);
      else if (early.length < earlyDeltasMax) early.push(frame);
    },
    notice: (frame) => options.onNotice?.(frame),
    closed(why) {
      reason = why;
      wake();
    },
  });
  head = Math.max(head, subscription.head);
  const waiting: DeltaFrame[] = [...subscription.partial, ...early];
  early = null;
  for (const frame of waiting) options.onDelta?.(frame);

  return {
    head: subscription.head,
    epoch: subscription.epoch,
    position: () => position,
    ended: () => reason,
    wake: () => wake(),
    async next() {
      let items = live.takeAfter(position);
      if (items.length === 0 && head > position) {
        items = await read(position);
        if (items.length === 0) throw endsEarly(position, head);
      }
      position = items.at(-1)?.fact.seq ?? position;
      return items;
    },
    wait(ms) {
      if (head > position || reason !== null) return Promise.resolve();
      return new Promise((resolve) => {
        const timer = setTimeout(() => wake(), ms);
        wake = () => {
          clearTimeout(timer);
          wake = () => {};
          resolve();
        };
      });
    },
    close() {
      subscription.unsubscribe();
      wake();
    },
  };
}

/** Live facts in a gap-free row, bounded: when it is full all of it is dropped, for the log has it. */
function createLiveQueue(limits: ServerLimits) {
  let items: FeedItem[] = [];
  let chars = 0;
  const clear = () => {
    items = [];
    chars = 0;
  };
  return {
    push(item: FeedItem): void {
      if (items.length >= limits.feedItemsMax || chars + item.encoded.length > limits.feedCharsMax) clear();
      if (item.encoded.length > limits.feedCharsMax) return;
      const last = items.at(-1);
      if (last !== undefined && item.fact.seq !== last.fact.seq + 1) clear();
      items.push(item);
      chars += item.encoded.length;
    },
    /** Everything after `position` when the row follows it without a gap; otherwise nothing, and it stays. */
    takeAfter(position: number): FeedItem[] {
      const first = items[0];
      if (first === undefined || first.fact.seq > position + 1) return [];
      const taken = items.filter((item) => item.fact.seq > position);
      clear();
      return taken;
    },
  };
}

/** Reads the log in pages whose size follows the size of the facts, so that large facts do not pile up in memory. */
export function createReader(
  options: { host: Host; session: string; limits: ServerLimits },
): (after: number) => Promise<FeedItem[]> {
  const { host, session, limits } = options;
  let count = Math.min(readFactsFirst, limits.readFactsMax);
  return async (after) => {
    const page = await host.events(session, after, count);
    const items = page.events.map((fact) => ({
      fact,
      encoded: JSON.stringify({ type: "event", event: fact }),
    }));
    items.forEach((item, index) => {
      if (item.fact.seq === after + 1 + index) return;
      throw new Problem(
        "log_damaged",
        `Cannot read on after fact ${after}: fact ${item.fact.seq} came instead`,
      );
    });
    if (items.length === 0 && page.head > after) throw endsEarly(after, page.head);
    const chars = items.reduce((sum, item) => sum + item.encoded.length, 0);
    if (chars > limits.readCharsAim) count = Math.max(limits.readFactsMin, count >> 1);
    else if (chars < limits.readCharsAim / 2) count = Math.min(limits.readFactsMax, count * 2);
    return items;
  };
}

function endsEarly(after: number, head: number): Problem {
  return new Problem(
    "log_damaged",
    `Cannot read on after fact ${after}: nothing follows, but the head is ${head}`,
  );
}
