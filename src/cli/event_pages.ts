// All events of a session, read page by page.
import type { Client } from "../client/client.ts";
import type { EventEnvelope } from "../protocol/facts.ts";

const pageEvents = 1000;
/** A story longer than this is not for a person at a terminal. */
export const eventsMax = 200_000;

/** In order; ends at the last event there is, or after `eventsMax`. */
export async function readEvents(client: Client, session: string, upTo = Infinity): Promise<EventEnvelope[]> {
  const all: EventEnvelope[] = [];
  for (let after = 0; all.length < eventsMax;) {
    const { events, head } = await client.events(session, after, pageEvents);
    all.push(...events.filter(({ seq }) => seq <= upTo));
    after = events.at(-1)?.seq ?? head;
    if (events.length === 0 || after >= Math.min(head, upTo)) break;
  }
  return all;
}
